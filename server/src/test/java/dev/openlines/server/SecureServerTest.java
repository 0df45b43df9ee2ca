// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.HttpLimits;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.SelfSigned;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS from PEM files, and settings from a file. */
@Timeout(300)
class SecureServerTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void anEventComesByTls(String algorithm) throws Exception {
        KeyStore keys = selfSigned(algorithm);
        Path certificate = pem(
                "certificate.pem",
                "CERTIFICATE",
                keys.getCertificate(SelfSigned.ALIAS).getEncoded());
        Path key = pem(
                "key.pem",
                "PRIVATE KEY",
                keys.getKey(SelfSigned.ALIAS, SelfSigned.password()).getEncoded());
        Path config = directory.resolve("receiver.properties");
        Files.writeString(
                config, """
                # As an operator writes it.
                OPENLINES_PORT = 0
                OPENLINES_PATH = /elsewhere
                OPENLINES_INBOX = %s
                OPENLINES_MEMBER_ID = %s
                OPENLINES_APPLICATION_TOKEN = %s
                OPENLINES_TLS_CERTIFICATE = %s
                OPENLINES_TLS_KEY = %s
                OPENLINES_ORDERED = yes
                """.formatted(directory.resolve("inbox.db"), Bodies.MEMBER, Bodies.TOKEN, certificate, key));
        Map<String, String> environment = Map.of("OPENLINES_CONFIG", config.toString(), "OPENLINES_PATH", "/in");

        try (ReceiverServer server = ReceiverServer.builder(Handlers.all((event, context) -> {}))
                .settings(Settings.of(environment))
                .start()) {
            assertThat(server.url().toString()).matches("https://127\\.0\\.0\\.1:\\d+/in");
            HttpRequest request = HttpRequest.newBuilder(server.url())
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(HttpRequest.BodyPublishers.ofString(Bodies.finish(17)))
                    .build();
            HttpResponse<Void> response = HttpClient.newBuilder()
                    .sslContext(trusting(keys))
                    .build()
                    .send(request, HttpResponse.BodyHandlers.discarding());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.sslSession().orElseThrow().getProtocol()).isEqualTo("TLSv1.3");
        }
    }

    @Test
    @Tag("long")
    void aRenewedCertificateIsServedWithoutARestartAndHalfARenewalIsNot() throws Exception {
        KeyStore before = selfSigned("EC");
        KeyStore after = selfSigned("RSA");
        Path certificate = certificate(before);
        Path key = key(before);
        HttpPort port = new HttpPort(
                new Handler.Abstract.NonBlocking() {
                    @Override
                    public boolean handle(Request request, Response response, Callback callback) {
                        response.write(true, null, callback);
                        return true;
                    }
                },
                HttpLimits.DEFAULT,
                () -> {},
                new PemKeys(certificate, key),
                Duration.ofMillis(50));
        try {
            port.listen("OPENLINES_PORT", null, 0);
            assertThat(served(port)).isEqualTo(before.getCertificate(SelfSigned.ALIAS));

            // A certificate without its key, for many looks: what is served stays what it was.
            certificate(after);
            for (int i = 0; i < 200; i++) {
                assertThat(served(port)).isEqualTo(before.getCertificate(SelfSigned.ALIAS));
            }
            key(after);

            Await.until("the renewed certificate", () -> served(port).equals(after.getCertificate(SelfSigned.ALIAS)));
        } finally {
            port.stop();
        }
    }

    @Test
    @Tag("long")
    void aKeyOfAnotherCertificateStopsTheStart() throws Exception {
        Path certificate = certificate(selfSigned("EC"));
        for (String algorithm : List.of("EC", "RSA")) {
            Path key = key(selfSigned(algorithm));

            assertThatThrownBy(() -> start(environment(certificate, key)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("OPENLINES_TLS_KEY: expected the key of the certificate in " + certificate
                            + " but found another's in " + key)
                    .hasNoCause();
        }
    }

    @Test
    void aKeyThatIsNoneIsNamedAndNotQuoted() throws Exception {
        Path certificate = pem(
                "certificate.pem",
                "CERTIFICATE",
                selfSigned("EC").getCertificate(SelfSigned.ALIAS).getEncoded());
        Path key = pem("key.pem", "ENCRYPTED PRIVATE KEY", new byte[100]);
        Map<String, String> environment = environment(certificate, key);

        assertThatThrownBy(() -> start(environment))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("OPENLINES_TLS_KEY: expected a PKCS #8 key in PEM without a password in " + key)
                .hasNoCause();
        pem("key.pem", "PRIVATE KEY", new byte[100]);
        assertThatThrownBy(() -> start(environment))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("OPENLINES_TLS_KEY: expected a PKCS #8 key in PEM without a password in " + key)
                .hasNoCause();
    }

    @Test
    void aCertificateThatIsNoneIsNamed() throws Exception {
        Path certificate = pem("certificate.pem", "CERTIFICATE", new byte[100]);
        Path key = pem(
                "key.pem",
                "PRIVATE KEY",
                selfSigned("EC").getKey(SelfSigned.ALIAS, SelfSigned.password()).getEncoded());

        assertThatThrownBy(() -> start(environment(certificate, key)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("OPENLINES_TLS_CERTIFICATE: expected certificates in PEM in " + certificate);
    }

    @Test
    void aNameInTheFileThatIsNoSettingIsRefusedWithoutItsValue() throws Exception {
        Path config = Files.writeString(directory.resolve("receiver.properties"), "applicationToken = canary");

        assertThatThrownBy(() -> Settings.of(Map.of("OPENLINES_CONFIG", config.toString())))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "OPENLINES_CONFIG: expected names such as OPENLINES_PORT, found applicationToken in " + config);
        Files.writeString(config, "OPENLINES_APPLICATION_TOKEN = canary\\u00zz");
        assertThatThrownBy(() -> Settings.of(Map.of("OPENLINES_CONFIG", config.toString())))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("OPENLINES_CONFIG: cannot read " + config
                        + " as properties in UTF-8: it has a malformed Unicode escape")
                .hasNoCause();
    }

    @Test
    void halfAPairOfSettingsIsRefused() {
        assertThat(refused("OPENLINES_TLS_KEY", "key.pem"))
                .isEqualTo("OPENLINES_TLS_CERTIFICATE: expected a value but found none");
        assertThat(refused("OPENLINES_TLS_CERTIFICATE", "c.pem"))
                .isEqualTo("OPENLINES_TLS_KEY: expected a value but found none");
        assertThat(refused("OPENLINES_APPLICATION_TOKEN", ""))
                .isEqualTo("OPENLINES_APPLICATION_TOKEN: expected a value but found none");
        assertThat(refused("OPENLINES_MEMBER_ID", ""))
                .isEqualTo("OPENLINES_MEMBER_ID: expected a value but found none");
        assertThat(refused("OPENLINES_ORDERED", "maybe"))
                .isEqualTo("OPENLINES_ORDERED: expected yes or no, found \"maybe\"");
        assertThat(refused("OPENLINES_WORKERS", "1001"))
                .isEqualTo("OPENLINES_WORKERS: expected a number from 0 to 1000, found \"1001\"");
    }

    private String refused(String name, String value) {
        Map<String, String> environment = new HashMap<>(environment(null, null));
        environment.put(name, value);
        try {
            Settings.of(environment);
            return "accepted";
        } catch (ConfigurationException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static void start(Map<String, String> environment) {
        ReceiverServer.builder(Handlers.all((event, context) -> {}))
                .settings(Settings.of(environment))
                .start()
                .close();
    }

    private Map<String, String> environment(Path certificate, Path key) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "OPENLINES_PORT",
                "0",
                "OPENLINES_INBOX",
                directory.resolve("inbox.db").toString(),
                "OPENLINES_MEMBER_ID",
                Bodies.MEMBER,
                "OPENLINES_APPLICATION_TOKEN",
                Bodies.TOKEN));
        if (certificate != null) {
            environment.put("OPENLINES_TLS_CERTIFICATE", certificate.toString());
            environment.put("OPENLINES_TLS_KEY", key.toString());
        }
        return environment;
    }

    private Path certificate(KeyStore keys) throws Exception {
        return pem(
                "certificate.pem",
                "CERTIFICATE",
                keys.getCertificate(SelfSigned.ALIAS).getEncoded());
    }

    private Path key(KeyStore keys) throws Exception {
        return pem(
                "key.pem",
                "PRIVATE KEY",
                keys.getKey(SelfSigned.ALIAS, SelfSigned.password()).getEncoded());
    }

    /** Returns the certificate that a new connection is shown. */
    private static Certificate served(HttpPort port) throws Exception {
        SSLContext any = SSLContext.getInstance("TLS");
        any.init(null, new TrustManager[] {new TrustsAll()}, null);
        try (SSLSocket socket = (SSLSocket) any.getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), port.url("/").getPort())) {
            socket.setSoTimeout(30_000);
            socket.startHandshake();
            return socket.getSession().getPeerCertificates()[0];
        }
    }

    /** Here it is asked whose certificate it is, not whether to trust it. */
    private static final class TrustsAll extends X509ExtendedTrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private Path pem(String name, String label, byte[] content) throws Exception {
        return SelfSigned.pem(directory.resolve(name), label, content);
    }

    private static KeyStore selfSigned(String algorithm) throws Exception {
        return SelfSigned.keys(algorithm, "receiver", "san=ip:127.0.0.1");
    }

    private static SSLContext trusting(KeyStore keys) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("receiver", keys.getCertificate(SelfSigned.ALIAS));
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }
}
