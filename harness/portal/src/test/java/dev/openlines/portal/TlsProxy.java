// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.openlines.testkit.SelfSigned;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A proxy that ends TLS before a portal, and says so in {@code X-Forwarded-Proto} and {@code X-Forwarded-Host}. */
final class TlsProxy implements AutoCloseable {

    private static final List<String> PASSED = List.of("Content-Type", "Authorization", "Accept", "User-Agent");

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Path certificate;
    private final HttpsServer server;
    private final URI behind;

    private TlsProxy(URI behind, Path folder) throws Exception {
        this.behind = behind;
        KeyStore keys = SelfSigned.keys("EC", "localhost", "san=dns:localhost,ip:127.0.0.1", "bc=ca:true");
        certificate = SelfSigned.pem(
                folder.resolve("proxy.pem"),
                "CERTIFICATE",
                keys.getCertificate(SelfSigned.ALIAS).getEncoded());
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, SelfSigned.password());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.setExecutor(threads);
        server.createContext("/", this::pass);
        server.start();
    }

    static TlsProxy before(URI server, Path folder) throws Exception {
        return new TlsProxy(server, folder);
    }

    /** Returns the outer form of an address behind the proxy. */
    URI outside(URI inside) {
        return URI.create(uri() + inside.getRawPath().substring(1));
    }

    URI uri() {
        return URI.create("https://localhost:" + server.getAddress().getPort() + "/");
    }

    /** Returns the certificate's file, as clients want it. */
    Path certificate() {
        return certificate;
    }

    private void pass(HttpExchange exchange) throws IOException {
        try (exchange) {
            // The address as it came: what a client doubled stays doubled.
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            URI.create("http://" + behind.getAuthority() + exchange.getRequestURI()))
                    .timeout(Duration.ofSeconds(30))
                    .header("X-Forwarded-Proto", "https")
                    .header("X-Forwarded-Host", exchange.getRequestHeaders().getFirst("Host"))
                    .method(
                            exchange.getRequestMethod(),
                            HttpRequest.BodyPublishers.ofByteArray(
                                    exchange.getRequestBody().readAllBytes()));
            for (String name : PASSED) {
                if (exchange.getRequestHeaders().containsKey(name)) {
                    request.setHeader(name, exchange.getRequestHeaders().getFirst(name));
                }
            }
            HttpResponse<byte[]> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            answer.headers()
                    .firstValue("content-type")
                    .ifPresent(type -> exchange.getResponseHeaders().set("Content-Type", type));
            exchange.sendResponseHeaders(answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
            exchange.getResponseBody().write(answer.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
