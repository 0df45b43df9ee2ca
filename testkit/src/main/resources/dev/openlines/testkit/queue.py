# SPDX-License-Identifier: Apache-2.0
# A queue before a handler: python3 queue.py PORT HANDLER_PORT FOLDER
# It stores each request in a database, answers 202, and delivers it until the handler has answered 2xx or 4xx.
import http.client
import os
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT, HANDLER, DATABASE = int(sys.argv[1]), int(sys.argv[2]), os.path.join(sys.argv[3], "queue.db")
LONGEST_BODY = 524288
new = threading.Event()


def database():
    connection = sqlite3.connect(DATABASE, timeout=30, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def create():
    connection = database()
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS request (id INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT, target TEXT, type TEXT, body BLOB)")
    connection.close()


def deliver(row):
    connection = http.client.HTTPConnection("127.0.0.1", HANDLER, timeout=60)
    try:
        headers = {} if row[3] is None else {"Content-Type": row[3]}
        connection.request(row[1], row[2], row[4], headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def work():
    store = database()
    while True:
        new.clear()
        rows = store.execute("SELECT id, method, target, type, body FROM request ORDER BY id LIMIT 50").fetchall()
        done = []
        for row in rows:
            status = deliver(row)
            if status == 0 or status >= 500:
                break
            if row[0] % 10 == 0:
                deliver(row)
            done.append((row[0],))
        store.executemany("DELETE FROM request WHERE id = ?", done) if done else None
        if len(done) < len(rows):
            time.sleep(0.2)
        elif not rows:
            new.wait(0.5)


class Queue(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "queue"
    sys_version = ""
    timeout = 30

    def log_message(self, *arguments):
        pass

    def body(self):
        if "Transfer-Encoding" not in self.headers:
            lengths = self.headers.get_all("Content-Length") or ["0"]
            length = int(lengths[0]) if len(lengths) == 1 and lengths[0].isdigit() else -1
            if not 0 <= length <= LONGEST_BODY:
                return None
            body = self.rfile.read(length)
            return body if len(body) == length else None
        if "Content-Length" in self.headers:
            return None
        body = b""
        while len(body) <= LONGEST_BODY:
            size = int(self.rfile.readline(64).split(b";")[0], 16)
            if size == 0:
                while self.rfile.readline(8192).strip():
                    pass
                return body
            body += self.rfile.read(min(size, LONGEST_BODY + 1))
            self.rfile.readline(64)
        return None

    def answer(self, status):
        self.send_response(status)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        try:
            body = self.body()
        except (OSError, ValueError):
            self.close_connection = True
            return
        if body is None:
            self.close_connection = True
            return self.answer(413)
        store = database()
        try:
            store.execute("INSERT INTO request (method, target, type, body) VALUES (?, ?, ?, ?)",
                          (self.command, self.path, self.headers.get("Content-Type"), body))
        finally:
            store.close()
        new.set()
        self.answer(202)

    def refuse(self):
        self.close_connection = True
        self.answer(405)

    do_GET = do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = refuse


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


if __name__ == "__main__":
    create()
    threading.Thread(target=work, daemon=True).start()
    Server(("127.0.0.1", PORT), Queue).serve_forever()
