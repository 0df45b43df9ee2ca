// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal.wire;

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
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests over plain sockets, because no HTTP client sends the platform's header lines or a broken request. Each
 * event has its own connection, which is closed after the answer. Nothing is sent twice.
 *
 * <p>Blocks the calling thread; safe for use by several.
 */
public final class EventSender {

    private static final int CHUNK = 16 * 1024;

    /** The time that a handler has to answer {@code 100 Continue}. */
    private static final int CONTINUE_MILLIS = 1000;

    /**
     * The settings of a sender, the same for every target.
     *
     * @param connectTimeout how long connecting may take
     * @param answerTimeout how long to wait for the answer
     * @param allowPublic whether targets may be outside loopback and private networks
     * @param tls makes connections to https targets, or null for the Java platform's own rules
     */
    public record Settings(
            Duration connectTimeout,
            Duration answerTimeout,
            boolean allowPublic,
            @Nullable SSLContext tls) {

        /**
         * Makes settings with the Java platform's own rules for TLS.
         *
         * @param connectTimeout how long connecting may take
         * @param answerTimeout how long to wait for the answer
         * @param allowPublic whether targets may be outside loopback and private networks
         */
        public Settings(Duration connectTimeout, Duration answerTimeout, boolean allowPublic) {
            this(connectTimeout, answerTimeout, allowPublic, null);
        }

        /**
         * Returns the defaults: 10 s to connect, 60 s for the answer, private targets only.
         *
         * @return the defaults
         */
        public static Settings defaults() {
            return new Settings(Duration.ofSeconds(10), Duration.ofSeconds(60), false);
        }

        /**
         * Returns these settings, but with every certificate accepted. It is for tests.
         *
         * @return such settings
         */
        public Settings insecure() {
            return new Settings(connectTimeout, answerTimeout, allowPublic, TrustEverything.context());
        }
    }

    private final Settings settings;

    /**
     * Makes a sender.
     *
     * @param settings its settings
     */
    public EventSender(Settings settings) {
        this.settings = settings;
    }

    /**
     * Returns the request line and header lines of the platform, as captured, with the blank line.
     *
     * @param target the address
     * @param bodyLength bytes of the body
     * @param contentType its type
     * @return the head
     */
    public static byte[] head(URI target, int bodyLength, String contentType) {
        String query = target.getRawQuery() == null ? "" : "?" + target.getRawQuery();
        String path = target.getRawPath() == null || target.getRawPath().isEmpty() ? "/" : target.getRawPath();
        String host = target.getRawAuthority().replaceFirst(".*@", "");
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

    /**
     * Returns head and body as one array.
     *
     * @param head the head
     * @param body the body
     * @return both
     */
    public static byte[] join(byte[] head, byte[] body) {
        byte[] request = new byte[head.length + body.length];
        System.arraycopy(head, 0, request, 0, head.length);
        System.arraycopy(body, 0, request, head.length, body.length);
        return request;
    }

    /**
     * Sends the bytes and reads one answer. Blocks. If sending fails, this does not throw; the result has the fault.
     *
     * @param target the address
     * @param request head and body
     * @return the result
     */
    public Exchange send(URI target, byte[] request) {
        return send(target, request, new byte[0], Framing.WHOLE);
    }

    /**
     * Sends a request in a given framing. Changes the head if the framing needs it. Blocks.
     *
     * @param target the address
     * @param head request line and header lines
     * @param body the body
     * @param framing how the bytes travel
     * @return the result
     */
    public Exchange send(URI target, byte[] head, byte[] body, Framing framing) {
        Exchange.Recorder recorder = new Exchange.Recorder();
        try {
            InetAddress address = InetAddress.getByName(host(target));
            if (!settings.allowPublic() && !isPrivate(address)) {
                return recorder.failed("the target is not on a loopback or private address");
            }
            exchange(target, address, new Request(framing.head(head), body, framing), recorder);
            return recorder.done();
        } catch (UnknownHostException e) {
            return recorder.failed("the host " + host(target) + " is unknown");
        } catch (ConnectException e) {
            return recorder.failed("nothing listens at " + host(target) + " port " + port(target));
        } catch (SocketTimeoutException e) {
            return recorder.failed(recorder.timeout());
        } catch (IOException e) {
            return recorder.failed("the connection broke: " + e.getMessage());
        }
    }

    /**
     * Returns true for loopback, link-local, site-local and unique local addresses.
     *
     * @param address an address
     * @return whether it is one of these
     */
    public static boolean isPrivate(InetAddress address) {
        byte[] bytes = address.getAddress();
        boolean uniqueLocal = bytes.length == 16 && (bytes[0] & 0xfe) == 0xfc;
        return address.isLoopbackAddress()
                || address.isLinkLocalAddress()
                || address.isSiteLocalAddress()
                || uniqueLocal;
    }

    /** The bytes that go over the connection, and the way they go. */
    private static final class Request {

        private final byte[] head;
        private final byte[] body;
        private final Framing framing;

        Request(byte[] head, byte[] body, Framing framing) {
            this.head = head;
            this.body = body;
            this.framing = framing;
        }
    }

    private void exchange(URI target, InetAddress address, Request request, Exchange.Recorder recorder)
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
                    talk(secure, socket, request, recorder);
                }
            } else {
                talk(socket, socket, request, recorder);
            }
        }
    }

    private SSLSocket secure(Socket socket, URI target) throws IOException {
        SSLSocketFactory factory = settings.tls() == null
                ? (SSLSocketFactory) SSLSocketFactory.getDefault()
                : settings.tls().getSocketFactory();
        SSLSocket secure = (SSLSocket) factory.createSocket(socket, host(target), port(target), true);
        SSLParameters parameters = secure.getSSLParameters();
        if (settings.tls() == null) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }
        secure.setSSLParameters(parameters);
        secure.startHandshake();
        return secure;
    }

    private static void talk(Socket socket, Socket transport, Request request, Exchange.Recorder recorder)
            throws IOException {
        AnswerReader answer = new AnswerReader(socket.getInputStream(), recorder);
        try {
            write(socket, request, answer);
            if (request.framing.kind() == Framing.Kind.CUT) {
                socket.shutdownOutput();
            }
        } catch (IOException e) {
            // The other side may have answered and closed before it had read everything.
            recorder.writeBroke(e);
        }
        if (request.framing.kind() == Framing.Kind.RESET) {
            transport.setSoLinger(true, 0);
            transport.close();
            throw new IOException("reset by the sender, as planned");
        }
        answer.read();
    }

    private static void write(Socket socket, Request request, AnswerReader answer) throws IOException {
        OutputStream out = socket.getOutputStream();
        byte[] body = request.body;
        Framing framing = request.framing;
        switch (framing.kind()) {
            case WHOLE -> write(socket, join(request.head, body));
            case CUT, RESET ->
                write(socket, join(request.head, Arrays.copyOf(body, Math.min(framing.bytes(), body.length))));
            case BYTE_AT_A_TIME -> {
                for (byte one : join(request.head, body)) {
                    out.write(one);
                    out.flush();
                    rest(framing.pause());
                }
            }
            case CHUNKED -> {
                out.write(request.head);
                int from = 0;
                for (int border : framing.borders()) {
                    int to = Math.min(border, body.length);
                    chunk(out, body, from, to);
                    from = Math.max(from, to);
                }
                chunk(out, body, from, body.length);
                out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                out.flush();
            }
            case EXPECT_CONTINUE -> {
                write(socket, request.head);
                if (answer.wantsBody(socket)) {
                    write(socket, body);
                }
            }
        }
    }

    /** Writes piece by piece, and stops if the answer comes early, for example to a body that is too large. */
    private static void write(Socket socket, byte[] bytes) throws IOException {
        OutputStream out = socket.getOutputStream();
        InputStream in = socket.getInputStream();
        for (int sent = 0; sent < bytes.length && (sent == 0 || in.available() == 0); sent += CHUNK) {
            out.write(bytes, sent, Math.min(CHUNK, bytes.length - sent));
        }
        out.flush();
    }

    private static void chunk(OutputStream out, byte[] body, int from, int to) throws IOException {
        if (to > from) {
            out.write((Integer.toHexString(to - from) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            out.write(body, from, to - from);
            out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
        }
    }

    private static void rest(Duration pause) {
        long end = System.nanoTime() + pause.toNanos();
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Returns the host, also if it has underscores, for which {@link URI#getHost()} returns null. */
    private static String host(URI target) {
        String authority = target.getRawAuthority().replaceFirst(".*@", "");
        return target.getHost() == null ? authority.replaceFirst(":[0-9]*$", "") : target.getHost();
    }

    private static int port(URI target) {
        String authority = target.getRawAuthority();
        int colon = authority.lastIndexOf(':');
        if (colon > authority.lastIndexOf(']') && colon + 1 < authority.length()) {
            return Integer.parseInt(authority.substring(colon + 1));
        }
        return "https".equalsIgnoreCase(target.getScheme()) ? 443 : 80;
    }

    /** Reads one answer by its length, its chunks or the end of the connection. */
    private static final class AnswerReader {

        /** The most bytes of an answer that are kept. */
        private static final int LIMIT = 1 << 20;

        private final InputStream in;
        private final Exchange.Recorder recorder;
        private final ByteArrayOutputStream raw = new ByteArrayOutputStream(512);
        private final byte[] buffer = new byte[2048];
        private int at;
        private int end;
        private String early = "";

        AnswerReader(InputStream in, Exchange.Recorder recorder) {
            this.in = in;
            this.recorder = recorder;
        }

        void read() throws IOException {
            try {
                String head = early.isEmpty() ? head() : early;
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

        /** Returns whether the handler asks for the body or says nothing. If it answers instead, the answer is kept. */
        boolean wantsBody(Socket socket) throws IOException {
            int patience = socket.getSoTimeout();
            socket.setSoTimeout(CONTINUE_MILLIS);
            try {
                early = head();
                return early.startsWith("HTTP/1.1 1");
            } catch (SocketTimeoutException e) {
                return true;
            } finally {
                socket.setSoTimeout(patience);
            }
        }

        private String head() throws IOException {
            int matched = 0;
            while (matched < 4) {
                require();
                int from = at;
                while (matched < 4 && at < end) {
                    byte b = buffer[at++];
                    boolean expected = b == (matched % 2 == 0 ? '\r' : '\n');
                    matched = expected ? matched + 1 : b == '\r' ? 1 : 0;
                }
                keep(from);
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
                long size;
                do {
                    size = size(line().split(";", 2)[0].trim(), 16);
                    skip(size);
                    line();
                } while (size > 0);
            } else if (!length.isEmpty()) {
                skip(size(length, 10));
            } else {
                while (raw.size() < LIMIT && fill()) {
                    int from = at;
                    at += Math.min(end - at, LIMIT - raw.size());
                    raw.write(buffer, from, at - from);
                }
            }
        }

        private static long size(String text, int radix) throws IOException {
            try {
                long size = Long.parseLong(text, radix);
                if (size >= 0 && text.charAt(0) != '+') {
                    return size;
                }
            } catch (NumberFormatException e) {
                // Said below, as for a number below zero.
            }
            throw new IOException("the answer's length is not a number of bytes");
        }

        private void skip(long bytes) throws IOException {
            for (long left = bytes; left > 0; ) {
                require();
                int from = at;
                at += (int) Math.min(left, end - at);
                left -= at - from;
                keep(from);
            }
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int b = next(); b != '\n'; b = next()) {
                line.append((char) b);
            }
            return line.toString().trim();
        }

        private int next() throws IOException {
            require();
            int from = at++;
            keep(from);
            return buffer[from] & 0xff;
        }

        /** Returns whether there is a byte to take. */
        private boolean fill() throws IOException {
            if (at == end) {
                at = 0;
                end = Math.max(0, in.read(buffer));
                if (end > 0 && raw.size() == 0) {
                    recorder.firstByte();
                }
            }
            return at < end;
        }

        private void require() throws IOException {
            if (!fill()) {
                throw new IOException(raw.size() == 0 ? "closed without an answer" : "the answer ended early");
            }
        }

        /** Keeps the bytes that were taken from the buffer since a place. */
        private void keep(int from) throws IOException {
            int room = LIMIT - raw.size();
            raw.write(buffer, from, Math.min(room, at - from));
            if (at - from > room) {
                throw new IOException("the answer is longer than " + LIMIT + " bytes");
            }
        }

        private static String header(String head, String name) {
            for (int line = head.indexOf('\n') + 1; line > 0; line = head.indexOf('\n', line) + 1) {
                int value = line + name.length() + 1;
                if (head.regionMatches(true, line, name, 0, name.length()) && head.startsWith(":", value - 1)) {
                    return head.substring(value, head.indexOf('\n', value)).trim();
                }
            }
            return "";
        }
    }
}
