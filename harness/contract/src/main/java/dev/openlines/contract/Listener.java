// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/** A bare HTTP server that keeps every byte it gets. Answers each request on a connection of its own. */
final class Listener implements AutoCloseable {

    private static final int LIMIT = 1 << 20;

    /** One request, or whatever else came over a connection. */
    static final class Seen {

        private final Instant at;
        private final String head;
        private final byte[] body;

        Seen(Instant at, String head, byte[] body) {
            this.at = at;
            this.head = head;
            this.body = body;
        }

        Instant at() {
            return at;
        }

        String head() {
            return head;
        }

        byte[] body() {
            return body;
        }

        String line() {
            return head.lines().findFirst().orElse("");
        }

        String header(String name) {
            return Reply.header(head, name).orElse("");
        }

        String text() {
            return head + new String(body, StandardCharsets.UTF_8);
        }
    }

    /** Answers a request; null closes the connection without an answer. */
    interface Answers {
        byte @org.jspecify.annotations.Nullable [] to(Seen request) throws IOException, InterruptedException;
    }

    private final ServerSocket socket;
    private final Answers answers;
    private final List<Seen> seen = new ArrayList<>();
    private final ExecutorService workers = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "contract-listener");
        thread.setDaemon(true);
        return thread;
    });

    private Listener(ServerSocket socket, Answers answers) {
        this.socket = socket;
        this.answers = answers;
    }

    /** Listens on the first of the addresses that this machine has. */
    static Listener start(Answers answers, String... addresses) {
        IOException last = null;
        for (String address : addresses) {
            try {
                ServerSocket socket = new ServerSocket();
                socket.bind(new InetSocketAddress(InetAddress.getByName(address), 0), 1024);
                Listener listener = new Listener(socket, answers);
                listener.workers.execute(listener::accept);
                return listener;
            } catch (IOException e) {
                last = e;
            }
        }
        throw new UncheckedIOException("no address to listen on", last == null ? new IOException() : last);
    }

    URI uri() {
        return URI.create("http://" + socket.getInetAddress().getHostAddress() + ":" + socket.getLocalPort() + "/");
    }

    synchronized List<Seen> seen() {
        return List.copyOf(seen);
    }

    static byte[] json(int status, String json) {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 " + status + " -\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: "
                + body.length + "\r\nConnection: close\r\n\r\n";
        return EventBody.join(head.getBytes(StandardCharsets.ISO_8859_1), body);
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket connection = socket.accept();
                try {
                    workers.execute(() -> serve(connection));
                } catch (RejectedExecutionException e) {
                    connection.close();
                }
            } catch (IOException e) {
                // A closed listener ends the loop; any other trouble is that connection's.
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            connection.setSoTimeout(60_000);
            Seen request = read(connection.getInputStream());
            synchronized (this) {
                seen.add(request);
            }
            byte[] answer = answers.to(request);
            if (answer == null) {
                connection.setSoLinger(true, 0);
                return;
            }
            OutputStream out = connection.getOutputStream();
            out.write(answer);
            out.flush();
        } catch (IOException e) {
            // The caller has gone.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Seen read(InputStream in) {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        Instant at = Instant.now();
        try {
            int matched = 0;
            while (matched < 2 && head.size() < LIMIT) {
                int b = in.read();
                if (b < 0) {
                    break;
                }
                head.write(b);
                matched = b == '\n' ? matched + 1 : b == '\r' ? matched : 0;
            }
            Seen so = new Seen(at, head.toString(StandardCharsets.ISO_8859_1), new byte[0]);
            String length = so.header("content-length");
            if (!length.isEmpty()) {
                body.writeBytes(in.readNBytes(Math.min(LIMIT, Integer.parseInt(length))));
            } else if (so.header("transfer-encoding").equalsIgnoreCase("chunked")) {
                chunks(in, body);
            }
        } catch (IOException | NumberFormatException e) {
            // All that arrived is kept.
        }
        return new Seen(at, head.toString(StandardCharsets.ISO_8859_1), body.toByteArray());
    }

    private static void chunks(InputStream in, ByteArrayOutputStream body) throws IOException {
        int size;
        do {
            size = Integer.parseInt(line(in).split(";", 2)[0].trim(), 16);
            body.writeBytes(in.readNBytes(size));
            line(in);
        } while (size > 0 && body.size() < LIMIT);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
            line.append((char) b);
        }
        return line.toString().trim();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            workers.shutdownNow();
        }
    }
}
