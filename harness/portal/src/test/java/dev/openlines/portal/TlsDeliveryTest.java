// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.wire.EventSender;
import dev.openlines.testkit.RecordingHandler;
import dev.openlines.testkit.SelfSigned;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Deliveries to a handler that speaks TLS with a certificate of its own making. */
class TlsDeliveryTest {

    private SSLServerSocket listener;
    private CompletableFuture<String> heard;

    @BeforeEach
    void listen() throws Exception {
        KeyStore keys = SelfSigned.keys("EC", "localhost");
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, SelfSigned.password());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        listener = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 10, InetAddress.getLoopbackAddress());
        heard = CompletableFuture.supplyAsync(this::serve);
    }

    @AfterEach
    void stop() throws IOException {
        listener.close();
    }

    @Test
    void aHandlersOwnCertificateIsTakenIfThePortalIsToldTo() throws Exception {
        try (PortalServer server = PortalServer.start(
                        0, null, EventSender.Settings.defaults().insecure());
                Portal portal = server.portal()) {
            portal.subscribe("ONSESSIONFINISH", handler());
            portal.sending().use(DeliveryPlan.platform().chunked(100));

            Delivery delivery = portal.openLine("Support").openChat().close().get(0);

            assertThat(delivery.acknowledged()).isTrue();
            assertThat(heard.get(30, TimeUnit.SECONDS))
                    .startsWith("POST /h HTTP/1.1\r\nHost: 127.0.0.1:" + listener.getLocalPort() + "\r\n")
                    .contains("\r\nTransfer-Encoding: chunked\r\n");
        }
    }

    @Test
    void otherwiseItIsRefused() {
        try (PortalServer server = PortalServer.start();
                Portal portal = server.portal()) {
            portal.subscribe("ONSESSIONFINISH", handler());

            Delivery delivery = portal.openLine("Support").openChat().close().get(0);

            assertThat(delivery.acknowledged()).isFalse();
            assertThat(delivery.failure().orElseThrow()).startsWith("the connection broke: ");
        }
    }

    private URI handler() {
        return URI.create("https://127.0.0.1:" + listener.getLocalPort() + "/h");
    }

    private String serve() {
        try (SSLSocket socket = (SSLSocket) listener.accept()) {
            StringBuilder request = new StringBuilder();
            InputStream in = socket.getInputStream();
            while (!request.toString().endsWith("\r\n0\r\n\r\n")) {
                int b = in.read();
                if (b < 0) {
                    break;
                }
                request.append((char) b);
            }
            socket.getOutputStream().write(RecordingHandler.OK.getBytes(StandardCharsets.US_ASCII));
            return request.toString();
        } catch (IOException e) {
            return "";
        }
    }
}
