// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** Opens connections to the handler. Sends nothing by itself. Safe for use by several threads. */
final class Wire {

    private static final Duration CONNECT = Duration.ofSeconds(8);

    private final URI target;
    private final boolean insecure;
    private final boolean dry;

    private Wire(URI target, boolean insecure, boolean dry) {
        this.target = target;
        this.insecure = insecure;
        this.dry = dry;
    }

    static Wire to(URI target, boolean insecure) {
        return new Wire(target, insecure, false);
    }

    /** Returns a wire that sends nothing and treats every answer as 200, to see the requests of a case. */
    static Wire dry(URI target) {
        return new Wire(target, false, true);
    }

    boolean isDry() {
        return dry;
    }

    boolean secure() {
        return "https".equalsIgnoreCase(target.getScheme());
    }

    URI target() {
        return target;
    }

    InetAddress address() throws UnknownHostException {
        return InetAddress.getByName(target.getHost());
    }

    int port() {
        return target.getPort() >= 0 ? target.getPort() : secure() ? 443 : 80;
    }

    /** Opens a connection. Never throws: if it cannot be made, its first reply says so. */
    Connection open() {
        return Connection.open(this);
    }

    Socket connect() throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(address(), port()), Math.toIntExact(CONNECT.toMillis()));
            return secure() ? secured(socket) : socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private Socket secured(Socket socket) throws IOException {
        SSLSocketFactory factory = insecure ? trustingFactory() : (SSLSocketFactory) SSLSocketFactory.getDefault();
        SSLSocket secure = (SSLSocket) factory.createSocket(socket, target.getHost(), port(), true);
        if (!insecure) {
            SSLParameters parameters = secure.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secure.setSSLParameters(parameters);
        }
        secure.setSoTimeout(Math.toIntExact(CONNECT.toMillis()));
        secure.startHandshake();
        return secure;
    }

    private static SSLSocketFactory trustingFactory() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new Anybody()}, new SecureRandom());
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS", e);
        }
    }

    /** Asked for with {@code --insecure}, for certificates of test machines. */
    private static final class Anybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /** Tells loopback, link-local, site-local and unique local addresses from public ones. */
    boolean isPrivate() {
        try {
            InetAddress address = address();
            byte[] bytes = address.getAddress();
            return address.isLoopbackAddress()
                    || address.isLinkLocalAddress()
                    || address.isSiteLocalAddress()
                    || (bytes.length == 16 && (bytes[0] & 0xfe) == 0xfc);
        } catch (UnknownHostException e) {
            throw new UncheckedIOException("the host " + target.getHost() + " is unknown", e);
        }
    }
}
