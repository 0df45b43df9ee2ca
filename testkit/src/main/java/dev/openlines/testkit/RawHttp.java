// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.TreeSet;
import java.util.function.LongFunction;

/** Requests as bytes on a socket, one connection each, and whole answers as they came. */
public final class RawHttp {

    private final int port;

    public RawHttp(URI url) {
        this.port = url.getPort();
    }

    public Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), port);
    }

    /** Connects from another address of the loopback interface, which takes all of 127.0.0.0/8. */
    public Socket connectFrom(String address) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName(address), 0);
    }

    /** Posts a form to {@code /in}, with further header lines; a content type replaces that of a form. */
    public String post(String body, String... headers) throws IOException {
        return exchange(request("POST /in", body, headers));
    }

    public String send(String methodAndTarget, String body) throws IOException {
        return exchange(request(methodAndTarget, body));
    }

    public String get(String path) throws IOException {
        return exchange("GET " + path + " HTTP/1.1\r\nHost: receiver\r\nConnection: close\r\n\r\n");
    }

    /** Sends headers only, and a body never. */
    public String head(String length) throws IOException {
        return exchange(start("POST /in") + length + "\r\n\r\n");
    }

    /** Sends a body in chunks for as long as it is read. */
    public String endless(String body) throws IOException {
        try (Socket socket = connect()) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream()
                    .write((start("POST /in") + "Transfer-Encoding: chunked\r\n\r\n"
                                    + Integer.toHexString(body.length()) + "\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
            try {
                socket.getOutputStream().write(bytes);
            } catch (SocketException e) {
                // The receiver has closed the connection.
            }
            return read(socket.getInputStream());
        }
    }

    /** Posts many bodies on one connection. Returns the statuses seen. */
    public String kept(int count, LongFunction<String> body) {
        TreeSet<String> statuses = new TreeSet<>();
        try (Socket socket = connect()) {
            socket.setSoTimeout(30_000);
            for (int i = 0; i < count; i++) {
                String request = request("POST /in", body.apply(i)).replace("Connection: close\r\n", "");
                socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
                statuses.add(head(socket).substring(9, 12));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return String.join(" ", statuses);
    }

    public String request(String methodAndTarget, String body, String... headers) {
        StringBuilder request = new StringBuilder(start(methodAndTarget));
        for (String header : headers) {
            if (header.startsWith("Content-Type")) {
                request.setLength(request.indexOf("Content-Type"));
            }
            request.append(header).append("\r\n");
        }
        return request + "Content-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static String start(String methodAndTarget) {
        return methodAndTarget + " HTTP/1.1\r\nHost: receiver\r\nUser-Agent: Bitrix24 Webhook Engine\r\n"
                + "Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    }

    private String exchange(String request) throws IOException {
        try (Socket socket = connect()) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            return read(socket.getInputStream());
        }
    }

    private static String read(InputStream in) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        byte[] part = new byte[8192];
        try {
            for (int count = in.read(part); count >= 0; count = in.read(part)) {
                answer.write(part, 0, count);
            }
        } catch (IOException e) {
            // Closed with some of the request unread: what came before that is the answer.
            if (answer.size() == 0) {
                throw e;
            }
        }
        return answer.toString(StandardCharsets.ISO_8859_1);
    }

    /** Reads the head of an answer that has no body. */
    public static String head(Socket socket) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new IOException("the connection ended after: " + head);
            }
            head.append((char) next);
        }
        return head.toString();
    }
}
