// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.testkit.SelfSigned;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * A TLS server on this machine with a certificate of its own for one name. It answers every request with a
 * result, and counts the bytes of requests, as against those of handshakes.
 */
final class TlsServer implements AutoCloseable {

    /** Keys take a second to make, and do not wear out. */
    private static final ConcurrentHashMap<String, KeyStore> KEYS = new ConcurrentHashMap<>();

    private final SSLServerSocket socket;
    private final KeyStore keys;
    private final AtomicInteger requestBytes = new AtomicInteger();
    private final AtomicInteger brokenOff = new AtomicInteger();

    private TlsServer(SSLServerSocket socket, KeyStore keys) {
        this.socket = socket;
        this.keys = keys;
    }

    /** Starts a server whose certificate is for the given name. */
    static TlsServer start(String name) {
        KeyStore keys = KEYS.computeIfAbsent(name, TlsServer::newKeys);
        try {
            KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            own.init(keys, SelfSigned.password());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(own.getKeyManagers(), null, null);
            SSLServerSocket socket =
                    (SSLServerSocket) context.getServerSocketFactory().createServerSocket();
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            TlsServer server = new TlsServer(socket, keys);
            Thread thread = new Thread(server::serve, "tls-server");
            thread.setDaemon(true);
            thread.start();
            return server;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return socket.getLocalPort();
    }

    int brokenOff() {
        return brokenOff.get();
    }

    int requestBytes() {
        return requestBytes.get();
    }

    /** Returns a context for a client that trusts this server's certificate as if an authority had signed it. */
    SSLContext trusting() {
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("server", keys.getCertificate(SelfSigned.ALIAS));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void serve() {
        while (!socket.isClosed()) {
            try (SSLSocket connection = (SSLSocket) socket.accept()) {
                InputStream in = connection.getInputStream();
                int read = in.read(new byte[8192]);
                requestBytes.addAndGet(Math.max(0, read));
                connection
                        .getOutputStream()
                        .write("HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{\"result\":1}"
                                .getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                // A client that does not like the certificate, or the end.
                brokenOff.incrementAndGet();
            }
        }
    }

    private static KeyStore newKeys(String name) {
        try {
            return SelfSigned.keys("EC", name, "san=dns:" + name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
