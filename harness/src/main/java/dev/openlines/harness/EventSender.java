// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Sends requests over sockets of its own, because no HTTP client sends the platform's header lines or
 * a broken request. One connection for each event, closed after the answer; at most once, never again.
 *
 * <p>Blocks the calling thread; safe for use by several.
 */
final class EventSender {

    private static final int CHUNK = 16 * 1024;

    /** How the sender behaves towards every target. */
    record Settings(Duration connectTimeout, Duration answerTimeout, boolean allowPublic) {

        static Settings defaults() {
            return new Settings(Duration.ofSeconds(10), Duration.ofSeconds(60), false);
        }
    }

    private final Settings settings;

    EventSender(Settings settings) {
        this.settings = settings;
    }

    /** The captured request line and header lines of the platform, with the blank line. */
    static byte[] head(URI target, int bodyLength, String contentType) {
        String query = target.getRawQuery() == null ? "" : "?" + target.getRawQuery();
        String path = target.getRawPath() == null || target.getRawPath().isEmpty() ? "/" : target.getRawPath();
        String host = target.getPort() < 0 ? target.getHost() : target.getHost() + ":" + target.getPort();
        return ("POST " + path + query + " HTTP/1.1\r\n"
                        + "Host: " + host + "\r\n"
                        + "User-Agent: Bitrix24 Webhook Engine\r\n"
                        + "Content-Type: " + contentType + "\r\n"
                        + "Content-Length: " + bodyLength + "\r\n"
                        + "Accept-Encoding: gzip\r\n"
                        + "Connection: close\r\n"
                        + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] join(byte[] head, byte[] body) {
        byte[] request = new byte[head.length + body.length];
        System.arraycopy(head, 0, request, 0, head.length);
        System.arraycopy(body, 0, request, head.length, body.length);
        return request;
    }

    /** Sends the bytes and reads one answer. Never throws: what went wrong stands in the outcome. */
    Exchange send(URI target, byte[] request) {
        Exchange.Recorder recorder = new Exchange.Recorder();
        try {
            InetAddress address = InetAddress.getByName(target.getHost());
            if (!settings.allowPublic() && !isPrivate(address)) {
                return recorder.failed("the target is not on a loopback or private address");
            }
            exchange(target, address, request, recorder);
            return recorder.done();
        } catch (UnknownHostException e) {
            return recorder.failed("the host " + target.getHost() + " is unknown");
        } catch (ConnectException e) {
            return recorder.failed("nothing listens at " + target.getHost() + " port " + port(target));
        } catch (SocketTimeoutException e) {
            return recorder.failed(recorder.timeout());
        } catch (IOException e) {
            return recorder.failed("the connection broke: " + e.getMessage());
        }
    }

    /** Loopback, link-local, site-local and unique local addresses. */
    static boolean isPrivate(InetAddress address) {
        byte[] bytes = address.getAddress();
        boolean uniqueLocal = bytes.length == 16 && (bytes[0] & 0xfe) == 0xfc;
        return address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isSiteLocalAddress()
                || uniqueLocal;
    }

    private void exchange(URI target, InetAddress address, byte[] request, Exchange.Recorder recorder)
            throws IOException {
        try (Socket socket = new Socket()) {
            socket.setTcpNoDelay(true);
            recorder.connecting();
            socket.connect(
                    new InetSocketAddress(address, port(target)),
                    Math.toIntExact(settings.connectTimeout().toMillis()));
            recorder.connected();
            socket.setSoTimeout(Math.toIntExact(settings.answerTimeout().toMillis()));
            if ("https".equalsIgnoreCase(target.getScheme())) {
                try (SSLSocket secure = secure(socket, target)) {
                    recorder.connected();
                    talk(secure, request, recorder);
                }
            } else {
                talk(socket, request, recorder);
            }
        }
    }

    private static SSLSocket secure(Socket socket, URI target) throws IOException {
        SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
        SSLSocket secure = (SSLSocket) factory.createSocket(socket, target.getHost(), port(target), true);
        SSLParameters parameters = secure.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        secure.setSSLParameters(parameters);
        secure.startHandshake();
        return secure;
    }

    /** Writes piece by piece and stops where the answer comes early, as one to a body too large does. */
    private static void talk(Socket socket, byte[] request, Exchange.Recorder recorder) throws IOException {
        OutputStream out = socket.getOutputStream();
        InputStream in = socket.getInputStream();
        try {
            for (int sent = 0; sent < request.length && in.available() == 0; sent += CHUNK) {
                out.write(request, sent, Math.min(CHUNK, request.length - sent));
            }
            out.flush();
        } catch (IOException e) {
            // The other side may have answered and closed before it had read everything.
            recorder.writeBroke(e);
        }
        new AnswerReader(in, recorder).read();
    }

    private static int port(URI target) {
        if (target.getPort() >= 0) {
            return target.getPort();
        }
        return "https".equalsIgnoreCase(target.getScheme()) ? 443 : 80;
    }

    /** Reads one answer by its length, its chunks or the end of the connection. */
    private static final class AnswerReader {

        /** More of an answer than this is not kept. */
        private static final int LIMIT = 1 << 20;

        private final InputStream in;
        private final Exchange.Recorder recorder;
        private final ByteArrayOutputStream raw = new ByteArrayOutputStream(512);

        AnswerReader(InputStream in, Exchange.Recorder recorder) {
            this.in = new BufferedInputStream(in, 8192);
            this.recorder = recorder;
        }

        void read() throws IOException {
            try {
                String head = head();
                while (head.startsWith("HTTP/1.1 1")) {
                    raw.reset();
                    head = head();
                }
                recorder.head(head);
                body(head);
            } finally {
                recorder.answer(raw.toByteArray());
            }
        }

        private String head() throws IOException {
            int matched = 0;
            while (matched < 4) {
                int b = next();
                boolean expected = b == (matched % 2 == 0 ? '\r' : '\n');
                matched = expected ? matched + 1 : b == '\r' ? 1 : 0;
            }
            return raw.toString(StandardCharsets.ISO_8859_1);
        }

        private void body(String head) throws IOException {
            String status = head.substring(0, head.indexOf("\r\n"));
            if (status.contains(" 204") || status.contains(" 304")) {
                return;
            }
            String length = header(head, "content-length");
            if ("chunked".equalsIgnoreCase(header(head, "transfer-encoding"))) {
                int size;
                do {
                    size = Integer.parseInt(line().split(";", 2)[0].trim(), 16);
                    for (int i = 0; i < size; i++) {
                        next();
                    }
                    line();
                } while (size > 0);
            } else if (!length.isEmpty()) {
                for (long left = Long.parseLong(length); left > 0; left--) {
                    next();
                }
            } else {
                while (raw.size() < LIMIT && !ended()) {
                    // Everything up to the end of the connection is body.
                }
            }
        }

        private boolean ended() throws IOException {
            int b = in.read();
            if (b >= 0) {
                raw.write(b);
            }
            return b < 0;
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int b = next(); b != '\n'; b = next()) {
                line.append((char) b);
            }
            return line.toString().trim();
        }

        private int next() throws IOException {
            int b = in.read();
            if (b < 0) {
                throw new IOException(raw.size() == 0 ? "closed without an answer" : "the answer ended early");
            }
            if (raw.size() == 0) {
                recorder.firstByte();
            }
            if (raw.size() >= LIMIT) {
                throw new IOException("the answer is longer than " + LIMIT + " bytes");
            }
            raw.write(b);
            return b;
        }

        private static String header(String head, String name) {
            return head.lines()
                    .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                    .map(line -> line.substring(name.length() + 1).trim())
                    .findFirst()
                    .orElse("");
        }
    }
}
