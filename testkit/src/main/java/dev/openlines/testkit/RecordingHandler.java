// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

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

/**
 * A handler on a bare socket: keeps the bytes of every connection and answers what it was told. Reads
 * by Content-Length, or to the last chunk, so that nothing comes between the test and the wire.
 */
final class RecordingHandler implements AutoCloseable {

    static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    private final ServerSocket listener;
    private final String answer;
    private final List<String> requests = new ArrayList<>();

    private RecordingHandler(String answer) {
        this.answer = answer;
        try {
            listener = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread thread = new Thread(this::run, "recording-handler");
        thread.setDaemon(true);
        thread.start();
    }

    static RecordingHandler answering(String answer) {
        return new RecordingHandler(answer);
    }

    /** Says 417 where it should say to continue. */
    static RecordingHandler refusingExpectations() {
        return answering("HTTP/1.1 417 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }

    static RecordingHandler start() {
        return answering(OK);
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort() + "/bitrix/events?site=1");
    }

    /** The raw requests, one for each connection, in the order they ended. */
    synchronized List<String> requests() {
        return List.copyOf(requests);
    }

    String body(int number) {
        return requests().get(number).split("\r\n\r\n", 2)[1];
    }

    private void run() {
        while (!listener.isClosed()) {
            try (Socket socket = listener.accept()) {
                String request = read(socket, answer);
                synchronized (this) {
                    requests.add(request);
                }
                socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
                socket.getOutputStream().flush();
            } catch (IOException e) {
                // The next connection is a new chance; a closed listener ends the loop.
            }
        }
    }

    private static String read(Socket socket, String answer) throws IOException {
        InputStream in = socket.getInputStream();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int left = Integer.MAX_VALUE;
        while (left > 0) {
            int b = in.read();
            if (b < 0) {
                break;
            }
            bytes.write(b);
            left--;
            String text = bytes.toString(StandardCharsets.ISO_8859_1);
            if (left > 1 << 28 && text.contains("\r\nTransfer-Encoding: chunked\r\n")) {
                left = text.endsWith("\r\n0\r\n\r\n") ? 0 : left;
            } else if (left > 1 << 28 && text.endsWith("\r\n\r\n")) {
                if (text.contains("\r\nExpect: 100-continue\r\n")) {
                    if (answer.startsWith("HTTP/1.1 417")) {
                        break;
                    }
                    socket.getOutputStream().write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                }
                left = text.lines()
                        .filter(line -> line.startsWith("Content-Length: "))
                        .mapToInt(line -> Integer.parseInt(line.substring(16)))
                        .findFirst()
                        .orElse(0);
            }
        }
        return bytes.toString(StandardCharsets.ISO_8859_1);
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
