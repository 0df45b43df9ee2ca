// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One connection to the handler, controlled byte by byte. Nothing here throws because of the other side; the reply
 * describes what happened. For use by one thread.
 */
final class Connection implements AutoCloseable {

    private static final int PIECE = 16 * 1024;
    private static final int ANSWER_LIMIT = 1 << 20;

    private final boolean dry;
    private @Nullable Socket socket;
    private @Nullable InputStream in;
    private @Nullable String broken;
    private final Instant opened = Instant.now();
    private final long begun = System.nanoTime();
    private long connected;
    private long requestBegun = begun;
    private boolean first = true;
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private long sentLength;
    private boolean interim;

    private Connection(boolean dry) {
        this.dry = dry;
    }

    static Connection open(Wire wire) {
        Connection connection = new Connection(wire.isDry());
        if (!wire.isDry()) {
            connection.connect(wire);
        }
        connection.connected = System.nanoTime();
        return connection;
    }

    /** Returns a connection to a handler that no longer answers. It fails at once. */
    static Connection dead() {
        Connection connection = new Connection(false);
        connection.broken = "no connection: the handler no longer answers";
        connection.connected = System.nanoTime();
        return connection;
    }

    private void connect(Wire wire) {
        try {
            Socket made = wire.connect();
            socket = made;
            in = new BufferedInputStream(made.getInputStream(), 8192);
        } catch (UnknownHostException e) {
            broken = "no connection: the host is unknown";
        } catch (ConnectException e) {
            broken = "no connection: nothing listens there";
        } catch (SocketTimeoutException e) {
            broken = "no connection in time";
        } catch (IOException e) {
            broken = "no connection: " + e.getMessage();
        }
    }

    boolean isOpen() {
        return dry || (socket != null && broken == null);
    }

    /** Writes, and stops if an answer comes early, as it does to a body that is too large. */
    Connection write(byte[] bytes) {
        note(bytes);
        Socket to = socket;
        if (to == null || broken != null) {
            return this;
        }
        try {
            for (int from = 0; from < bytes.length && (bytes.length <= PIECE || !answerWaits()); from += PIECE) {
                to.getOutputStream().write(bytes, from, Math.min(PIECE, bytes.length - from));
            }
            to.getOutputStream().flush();
        } catch (IOException e) {
            // The other side may have answered and closed before it had read everything.
            broken = "the connection broke while sending: " + e.getMessage();
        }
        return this;
    }

    private void note(byte[] bytes) {
        if (first && sentLength == 0 && sent.size() == 0) {
            requestBegun = begun;
        }
        sentLength += bytes.length;
        // Nothing is sent in a dry run, which only asks for all bytes.
        int room = (dry ? Integer.MAX_VALUE : Reply.KEPT) - sent.size();
        if (room > 0) {
            sent.write(bytes, 0, Math.min(room, bytes.length));
        }
    }

    /** Returns whether there is something to read, or the end of the connection. */
    boolean answerWaits() {
        try {
            InputStream from = in;
            return from != null && from.available() > 0;
        } catch (IOException e) {
            return true;
        }
    }

    /** Waits without sending. */
    Connection pause(Duration time) throws InterruptedException {
        if (!dry && isOpen()) {
            Thread.sleep(time.toMillis());
        }
        return this;
    }

    /** Ends the sending direction. */
    Connection half() {
        try {
            Socket to = socket;
            if (to != null) {
                to.shutdownOutput();
            }
        } catch (IOException e) {
            broken = "the connection broke: " + e.getMessage();
        }
        return this;
    }

    /** Closes the connection with a reset. */
    void reset() {
        try {
            Socket to = socket;
            if (to != null) {
                to.setSoLinger(true, 0);
                to.close();
            }
        } catch (IOException e) {
            broken = "the connection broke: " + e.getMessage();
        }
    }

    /** Returns whether the other side closes the connection within a time. */
    boolean endsWithin(Duration atMost) {
        Socket to = socket;
        InputStream from = in;
        if (to == null || from == null) {
            return true;
        }
        long end = System.nanoTime() + atMost.toNanos();
        try {
            while (true) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    return false;
                }
                to.setSoTimeout(Math.toIntExact(left));
                if (from.read() < 0) {
                    return true;
                }
            }
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    Reply read(Duration atMost) {
        return read(atMost, false);
    }

    /** Reads one answer, however the request went out. */
    Reply read(Duration atMost, boolean noBody) {
        if (dry) {
            return reply(new Answer(), System.nanoTime(), null, 200);
        }
        Answer answer = new Answer();
        Socket from = socket;
        InputStream bytes = in;
        if (from == null || bytes == null) {
            return reply(answer, 0, String.valueOf(broken), 0);
        }
        String failure = null;
        try {
            answer.end = System.nanoTime() + atMost.toNanos();
            answer.read(from, bytes, noBody);
        } catch (SocketTimeoutException e) {
            failure = answer.raw.size() == 0
                    ? Reply.NO_ANSWER + " in " + atMost.toSeconds() + " s"
                    : "no complete answer in time";
        } catch (IOException e) {
            failure = answer.raw.size() == 0 ? "closed without an answer" : "the answer ended early";
            broken = broken == null ? failure : broken;
        } catch (IllegalArgumentException e) {
            failure = Reply.NOT_HTTP;
        }
        return reply(answer, answer.firstByteAt, failure, answer.status);
    }

    private Reply reply(Answer answer, long firstByteAt, @Nullable String failure, int status) {
        long end = System.nanoTime();
        Duration connect = first ? Duration.ofNanos(connected - begun) : Duration.ZERO;
        long from = first ? begun : requestBegun;
        Reply reply = new Reply(
                first ? opened : Instant.now().minusNanos(end - from),
                sent.toByteArray(),
                sentLength,
                status,
                answer.head,
                answer.body.toByteArray(),
                interim,
                connect,
                firstByteAt == 0
                        ? Duration.ZERO
                        : Duration.ofNanos(firstByteAt - from).minus(connect),
                Duration.ofNanos(end - from),
                failure);
        first = false;
        interim = false;
        sent.reset();
        sentLength = 0;
        requestBegun = System.nanoTime();
        return reply;
    }

    @Override
    public void close() {
        try {
            Socket to = socket;
            if (to != null) {
                to.close();
            }
        } catch (IOException e) {
            broken = "the connection broke: " + e.getMessage();
        }
    }

    /** Reads an answer by its length, its chunks or the end of the connection. */
    private final class Answer {

        private final ByteArrayOutputStream raw = new ByteArrayOutputStream(512);
        private final ByteArrayOutputStream body = new ByteArrayOutputStream(64);
        private String head = "";
        private int status;
        private long firstByteAt;
        private long end;

        void read(Socket from, InputStream bytes, boolean noBody) throws IOException {
            do {
                raw.reset();
                readHead(from, bytes);
                interim |= status == 100;
            } while (status / 100 == 1);
            if (noBody || status == 204 || status == 304) {
                return;
            }
            String length = header("content-length");
            if (header("transfer-encoding").equalsIgnoreCase("chunked")) {
                readChunks(from, bytes);
            } else if (!length.isEmpty()) {
                for (long left = Long.parseLong(length.trim()); left > 0; left--) {
                    body.write(next(from, bytes));
                }
            } else {
                for (int b = one(from, bytes); b >= 0 && body.size() < ANSWER_LIMIT; b = one(from, bytes)) {
                    body.write(b);
                }
            }
        }

        private void readHead(Socket from, InputStream bytes) throws IOException {
            int matched = 0;
            while (matched < 2) {
                int b = next(from, bytes);
                raw.write(b);
                if (b == '\n') {
                    matched++;
                } else if (b != '\r') {
                    matched = 0;
                }
            }
            head = raw.toString(StandardCharsets.ISO_8859_1);
            String[] line = head.split("[ \r\n]", 3);
            if (!line[0].startsWith("HTTP/1.") || line.length < 2 || !line[1].matches("[1-5][0-9][0-9]")) {
                throw new IllegalArgumentException("not a status line");
            }
            status = Integer.parseInt(line[1]);
        }

        private void readChunks(Socket from, InputStream bytes) throws IOException {
            int size;
            do {
                size = Integer.parseInt(line(from, bytes).split(";", 2)[0].trim(), 16);
                for (int i = 0; i < size; i++) {
                    body.write(next(from, bytes));
                }
                if (size > 0) {
                    line(from, bytes);
                }
            } while (size > 0);
            while (!line(from, bytes).isEmpty()) {
                // Trailers are ignored.
            }
        }

        private String line(Socket from, InputStream bytes) throws IOException {
            StringBuilder line = new StringBuilder();
            for (int b = next(from, bytes); b != '\n'; b = next(from, bytes)) {
                line.append((char) b);
            }
            return line.toString().trim();
        }

        private int next(Socket from, InputStream bytes) throws IOException {
            int b = one(from, bytes);
            if (b < 0 || body.size() >= ANSWER_LIMIT || raw.size() >= ANSWER_LIMIT) {
                throw new IOException("ended");
            }
            return b;
        }

        private int one(Socket from, InputStream bytes) throws IOException {
            if (bytes.available() == 0) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    throw new SocketTimeoutException();
                }
                from.setSoTimeout(Math.toIntExact(left));
            }
            int b = bytes.read();
            if (b >= 0 && firstByteAt == 0) {
                firstByteAt = System.nanoTime();
            }
            return b;
        }

        private String header(String name) {
            return Reply.header(head, name).orElse("");
        }
    }

    /** Returns the bytes that were sent so far, for a log. */
    byte[] sentSoFar() {
        return Arrays.copyOf(sent.toByteArray(), sent.size());
    }
}
