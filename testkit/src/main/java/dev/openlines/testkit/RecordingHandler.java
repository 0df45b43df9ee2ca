// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A handler on a bare socket that records the bytes of every connection and gives fixed answers. Reads by
 * Content-Length, or to the last chunk, so that nothing comes between the test and the wire.
 */
public final class RecordingHandler implements AutoCloseable {

    /** An answer: 200 with an empty body, the last of its connection. */
    public static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    private static final String EXPECTS = "\r\nExpect: 100-continue\r\n";

    private final ServerSocket listener;
    private final boolean continues;
    private final UnaryOperator<String> answers;
    private final List<String> requests = new ArrayList<>();

    private RecordingHandler(boolean continues, UnaryOperator<String> answers) {
        this.continues = continues;
        this.answers = answers;
        try {
            listener = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        thread(this::accept);
    }

    /**
     * Starts a handler that always gives the same answer.
     *
     * @param answer the raw answer
     * @return a handler, to be closed
     */
    public static RecordingHandler answering(String answer) {
        return answering(request -> answer);
    }

    /**
     * Starts a handler that makes an answer for each request.
     *
     * @param answers gives the raw answer to a raw request; called by several threads
     * @return a handler, to be closed
     */
    public static RecordingHandler answering(UnaryOperator<String> answers) {
        return new RecordingHandler(true, answers);
    }

    /**
     * Starts a handler that answers 417 instead of 100 Continue.
     *
     * @return a handler, to be closed
     */
    public static RecordingHandler refusingExpectations() {
        return new RecordingHandler(
                false, request -> "HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }

    /**
     * Starts a handler that always answers {@link #OK}.
     *
     * @return a handler, to be closed
     */
    public static RecordingHandler start() {
        return answering(OK);
    }

    /**
     * Returns its address.
     *
     * @return with a path and a query
     */
    public URI uri() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/bitrix/events?site=1");
    }

    /**
     * Returns the raw requests, one for each connection.
     *
     * @return in the order they ended, as ISO 8859-1
     */
    public synchronized List<String> requests() {
        return List.copyOf(requests);
    }

    /**
     * Returns the body of a request.
     *
     * @param number from 0
     * @return the bytes after its head
     */
    public String body(int number) {
        return requests().get(number).split("\r\n\r\n", 2)[1];
    }

    private static void thread(Runnable task) {
        Thread thread = new Thread(task, "recording-handler");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket connection = listener.accept();
                thread(() -> serve(connection));
            } catch (IOException e) {
                // The next connection is a new chance; a closed listener ends the loop.
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            String request = read(connection);
            synchronized (this) {
                requests.add(request);
            }
            connection.getOutputStream().write(answers.apply(request).getBytes(StandardCharsets.ISO_8859_1));
            connection.getOutputStream().flush();
        } catch (IOException e) {
            // The caller has gone.
        }
    }

    private String read(Socket connection) throws IOException {
        InputStream in = connection.getInputStream();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        until(in, bytes, "\r\n\r\n");
        String head = bytes.toString(StandardCharsets.ISO_8859_1);
        if (head.contains(EXPECTS)) {
            if (!continues) {
                return head;
            }
            connection.getOutputStream().write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        if (head.contains("\r\nTransfer-Encoding: chunked\r\n")) {
            until(in, bytes, "\r\n0\r\n\r\n");
        } else {
            bytes.writeBytes(in.readNBytes(head.lines()
                    .filter(line -> line.matches("Content-Length: [0-9]{1,9}"))
                    .mapToInt(line -> Integer.parseInt(line.substring(16)))
                    .findFirst()
                    .orElse(0)));
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    /** Reads up to and with these characters, or to the end of the connection. */
    private static void until(InputStream in, ByteArrayOutputStream bytes, String end) throws IOException {
        StringBuilder last = new StringBuilder();
        while (!end.contentEquals(last)) {
            int b = in.read();
            if (b < 0) {
                return;
            }
            bytes.write(b);
            last.append((char) b);
            if (last.length() > end.length()) {
                last.deleteCharAt(0);
            }
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
