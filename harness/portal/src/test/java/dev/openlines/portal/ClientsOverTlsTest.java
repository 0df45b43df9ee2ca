// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import dev.openlines.testkit.RecordingHandler;
import dev.openlines.testkit.RequiresTool;
import jakarta.json.JsonObject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Applications in other languages that know the portal only by the address of a proxy that speaks TLS. */
class ClientsOverTlsTest {

    private static final Path SCRIPTS = Path.of("src", "test", "clients").toAbsolutePath();

    @TempDir
    private Path folder;

    private PortalServer server;
    private Portal portal;
    private TlsProxy proxy;

    @BeforeEach
    void start() throws Exception {
        server = PortalServer.start();
        portal = server.portal(PortalSetup.minted().label("shop"));
        portal.openLine("R&D \"<Поддержка>\"");
        proxy = TlsProxy.before(server.uri(), folder);
    }

    @AfterEach
    void stop() {
        proxy.close();
        server.close();
    }

    @Test
    @RequiresTool("php")
    void anApplicationInPhpBindsRefreshesBatchesAndUnbinds() throws Exception {
        run("php", "client.php");
    }

    @Test
    @RequiresTool("python3")
    void anApplicationInPythonBindsRefreshesBatchesAndUnbinds() throws Exception {
        run("python3", "client.py");
    }

    @Test
    void anEventNamesTheAddressThatWasSetForTheProxy() {
        try (PortalServer set = PortalServer.start(0, proxy.uri());
                Portal shop = set.portal();
                RecordingHandler handler = RecordingHandler.start()) {
            shop.subscribe("ONSESSIONFINISH", handler.uri());
            shop.openLine("Support").openChat().close();

            JsonObject auth = RestRequest.form(handler.body(0).getBytes(StandardCharsets.UTF_8))
                    .get("auth")
                    .asJsonObject();
            assertThat(auth.getString("client_endpoint")).isEqualTo(proxy.uri() + shop.label() + "/rest/");
            assertThat(auth.getString("server_endpoint")).isEqualTo(proxy.uri() + shop.label() + "/auth/rest/");
            assertThat(auth.getString("domain")).isEqualTo(shop.domain());
        }
    }

    private void run(String program, String script) throws Exception {
        URI rest = proxy.outside(portal.restUri());
        String refresh = PortalSeed.token(
                        portal, PhpJson.parse("{\"refresh\":true}".getBytes(StandardCharsets.UTF_8)), "$")
                .reveal();
        JsonObject known = EventBodies.object()
                .add("certificate", proxy.certificate().toString())
                .add("expired_token", portal.expiredAccessToken().reveal())
                .add("refresh_token", refresh)
                .add("domain", rest.getAuthority())
                .add("client_endpoint", rest.toString())
                .add("oauth", proxy.uri() + portal.label() + "/auth//oauth/token/")
                .add("webhook", rest + "1/" + portal.webhookCode().reveal())
                .add("client_id", portal.clientId())
                .add("client_secret", portal.clientSecret().reveal())
                .build();
        Path output = folder.resolve("output.txt");
        Process process = new ProcessBuilder(program, SCRIPTS.resolve(script).toString(), known.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(120, TimeUnit.SECONDS);
        process.destroyForcibly();

        assertThat(ended).isTrue();
        assertThat(Files.readString(output)).isEqualTo("done\n");
        assertThat(portal.subscriptions()).isEmpty();
        assertThat(portal.calls())
                .extracting(PortalCall::method)
                .contains("event.bind", "oauth/token", "event.get", "batch", "event.unbind", "profile");
        assertThat(portal.calls().get(0).error()).contains("expired_token");
    }
}
