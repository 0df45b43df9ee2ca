# SPDX-License-Identifier: Apache-2.0
# A handler in Python 3.9 or newer, without libraries: PORT=8080 python3 hook.py
# MEMBER_ID and APPLICATION_TOKEN: the portal to trust. STORE: a folder for the database.
import hashlib
import hmac
import json
import os
import re
import sqlite3
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

MEMBER_ID = os.environ["MEMBER_ID"]
APPLICATION_TOKEN = os.environ["APPLICATION_TOKEN"]
DATABASE = os.path.join(os.environ["STORE"], "events.db")
LONGEST_BODY = 524288
LONGEST_SECONDS = 30
FORM = "application/x-www-form-urlencoded"
FIELD = re.compile(r"data\[DATA\](?:\[(\d{1,4})\])?\[(connector|chat|line|user)\]\[(\w+)\]")
CHAT_ID = re.compile(r"0*([1-9][0-9]{0,18})", re.ASCII)


def database():
    """Opens the database; what is committed is on disk."""
    connection = sqlite3.connect(DATABASE, timeout=4, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def create():
    connection = database()
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS event (key TEXT PRIMARY KEY, member_id TEXT NOT NULL)")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS closed (member_id TEXT, chat_id TEXT, line_id TEXT, connector_id TEXT, line_name TEXT)")
    connection.execute("CREATE TABLE IF NOT EXISTS uninstalled (member_id TEXT PRIMARY KEY)")
    connection.close()


def equal(a, b):
    """Compares in a time that tells nothing, texts of any characters."""
    return hmac.compare_digest(hashlib.sha256(a.encode("utf-8", "replace")).digest(),
                               hashlib.sha256(b.encode("utf-8", "replace")).digest())


def closes(form):
    """Yields the closed chats of an event: one, or a list of them, the documentation has shown both."""
    chats = {}
    for name, value in form.items():
        field = FIELD.fullmatch(name)
        if field:
            chats.setdefault(field[1] or "", {})[field[2] + "." + field[3]] = value
    for chat in chats.values():
        number = CHAT_ID.fullmatch(chat.get("connector.chat_id") or chat.get("chat.id") or "")
        if number:
            yield (MEMBER_ID, number[1], chat.get("connector.line_id", chat.get("line.id")),
                   chat.get("connector.connector_id"), chat.get("line.name", chat.get("user.name")))


def judge(body):
    """Decides about a body and stores its event; returns the status of the answer."""
    if body.count(b"&") >= 1000:
        return 400
    pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace")
    auth = [name for name, _ in pairs if name == "auth" or name.startswith("auth[")]
    # A token that comes twice, or as a list, proves nothing.
    if not auth or len(set(auth)) != len(auth) or any(not re.fullmatch(r"auth\[[^\[\]]+\]", name) for name in auth):
        return 400
    form = dict(pairs)
    event = form.get("event", "").upper()
    # Both are compared before anything else of the event is read.
    right = equal(form.get("auth[application_token]", ""), APPLICATION_TOKEN) & equal(form.get("auth[member_id]", ""), MEMBER_ID)
    if not right:
        return 403
    if event == "":
        return 400
    connection = database()
    try:
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("SELECT 1 FROM uninstalled WHERE member_id = ?", (MEMBER_ID,)).fetchone():
            connection.execute("ROLLBACK")
            return 403
        if event == "ONAPPUNINSTALL":
            connection.execute("INSERT INTO uninstalled VALUES (?)", (MEMBER_ID,))
        if event == "ONSESSIONFINISH":
            # No delivery has an id: portal, time and data are what makes an event the same. auth differs each time.
            data = sorted(pair for pair in form.items() if pair[0].startswith("data"))
            key = hashlib.sha256(json.dumps([MEMBER_ID, form.get("ts"), data]).encode()).hexdigest()
            new = connection.execute("INSERT INTO event VALUES (?, ?) ON CONFLICT DO NOTHING", (key, MEMBER_ID)).rowcount
            if new:
                connection.executemany("INSERT INTO closed VALUES (?, ?, ?, ?, ?)", closes(form))
        connection.execute("COMMIT")
        return 200
    finally:
        connection.close()


class Hook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "hook"
    sys_version = ""
    timeout = 50

    def log_message(self, *arguments):
        pass

    def wait(self):
        """Lets a read wait until the deadline at most. Setting the time-out costs a system call, so once a second must do."""
        now = time.monotonic()
        if now >= self.deadline:
            raise TimeoutError("the body took too long")
        if now >= self.set_again:
            self.connection.settimeout(self.deadline - now)
            self.set_again = now + 1

    def read(self, count):
        """Reads so many bytes, or what there is before the end. However slowly they come, it stops at the deadline."""
        parts = []
        while count > 0:
            self.wait()
            part = self.rfile.read1(count)
            if not part:
                break
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def line(self, longest):
        """Reads a line, or its beginning if it is too long."""
        line = b""
        while len(line) < longest and not line.endswith(b"\n"):
            self.wait()
            there = self.rfile.peek(1)[: longest - len(line)]
            part = self.rfile.read1(there.find(b"\n") + 1 or len(there)) if there else b""
            if not part:
                break
            line += part
        return line

    def body(self):
        """Reads the body; None if it is too long or not whole."""
        self.set_again = time.monotonic()
        self.deadline = self.set_again + LONGEST_SECONDS
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            length = int(self.headers.get("Content-Length") or 0)
            body = self.read(length) if 0 <= length <= LONGEST_BODY else None
            return body if body is None or len(body) == length else None
        body = b""
        while len(body) <= LONGEST_BODY:
            size = int(self.line(64).split(b";")[0], 16)
            if size == 0:
                while self.line(8192).strip():
                    pass
                return body
            body += self.read(min(size, LONGEST_BODY + 1))
            self.line(64)
        return None

    def answer(self, status):
        self.close_connection |= status in (405, 413, 415)
        self.send_response(status)
        if status == 405:
            self.send_header("Allow", "POST")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def refuse(self):
        self.answer(405)

    do_GET = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = refuse

    def do_POST(self):
        if self.headers.get("Content-Type", "").split(";")[0].strip().lower() != FORM:
            return self.answer(415)
        try:
            body = self.body()
        except TimeoutError:
            self.close_connection = True
            return
        self.connection.settimeout(self.timeout)
        if body is None:
            return self.answer(413)
        try:
            status = judge(body)
        except sqlite3.Error:
            status = 503
        self.answer(status)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


if __name__ == "__main__":
    create()
    Server(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Hook).serve_forever()
