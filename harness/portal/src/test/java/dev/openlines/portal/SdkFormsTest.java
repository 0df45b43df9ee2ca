// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import dev.openlines.testkit.RequiresTool;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The vendor's PHP and Python SDKs need packages of their own; these scripts make the same requests and comparisons. */
class SdkFormsTest {

    @TempDir
    private Path folder;

    private final RestCaller caller = new RestCaller();

    @Test
    @RequiresTool("php")
    void theFormsOfThePhpSdkGetWhatItCompares() throws Exception {
        try (PortalServer server = PortalServer.start();
                Portal portal = server.portal()) {
            assertThat(run(List.of("php", "src/test/sdkforms/phpsdk.php", known(portal))))
                    .contains("install.uri is the domain of the credentials", "REST 3.0 says", "done");
            assertThat(portal.calls()).anySatisfy(call -> {
                assertThat(call.method()).isEqualTo("api/main.eventlog.list");
                assertThat(call.declared()).isFalse();
                assertThat(call.provenance()).isEqualTo(Provenance.UNBUILT);
            });
        }
    }

    @Test
    @RequiresTool("python3")
    void theFormsOfThePythonSdkGetEveryFieldItReads() throws Exception {
        try (PortalServer server = PortalServer.start();
                Portal portal = server.portal()) {
            assertThat(run(List.of("python3", "src/test/sdkforms/pysdk.py", known(portal))))
                    .isEqualTo("done\n");
        }
    }

    private static String known(Portal portal) {
        return EventBodies.object()
                .add("client_endpoint", portal.restUri().toString())
                .add("server_endpoint", portal.serverEndpoint().toString())
                .add("access_token", portal.accessToken().reveal())
                .add("refresh_token", refreshToken(portal))
                .add("client_id", portal.clientId())
                .add("client_secret", portal.clientSecret().reveal())
                .add("member_id", portal.memberId())
                .build()
                .toString();
    }

    private static String refreshToken(Portal portal) {
        return PortalSeed.token(portal, PhpJson.parse("{\"refresh\":true}".getBytes(StandardCharsets.UTF_8)), "$")
                .reveal();
    }

    private String run(List<String> command) throws Exception {
        Path output = folder.resolve("output.txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(300, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(command.get(1) + " did not end");
        }
        String said = Files.readString(output);
        assertThat(process.exitValue()).as(said).isZero();
        return said;
    }

    @Test
    void restThreeIsSaidToBeMissingAndItsAddressIsNotKept() {
        try (PortalServer server = PortalServer.start();
                Portal portal = server.portal()) {
            var answer = caller.post(
                    portal.restUri().resolve("api/1/" + portal.webhookCode().reveal() + "/humanresources.employee.get"),
                    "{}",
                    "Content-Type",
                    "application/json");

            assertThat(answer.statusCode()).isEqualTo(501);
            assertThat(answer.body())
                    .isEqualTo("{\"error\":{\"code\":\"SIMULATOR_LACKS_IT\","
                            + "\"message\":\"this simulator does not have REST 3.0\"}}");
            assertThat(portal.calls().toString())
                    .contains("api/humanresources.employee.get")
                    .doesNotContain(portal.webhookCode().reveal());
        }
    }

    @Test
    void behindAFrontThePortalIsNotTakenForTheOauthHost() {
        try (PortalServer server = PortalServer.start();
                Portal portal = server.portal(PortalSetup.minted().domain("shop.example"))) {
            URI front = server.uri();
            String[] headers = {"X-Forwarded-Proto", "https", "X-Forwarded-Host", "oauth.example:8443"};
            String body = "grant_type=refresh_token&client_id=" + portal.clientId() + "&client_secret="
                    + portal.clientSecret().reveal() + "&refresh_token=" + refreshToken(portal);

            String renewed =
                    caller.post(front.resolve("oauth/token/"), body, headers).body();
            assertThat(renewed)
                    .contains("\"client_endpoint\":\"https:\\/\\/shop.example:8443\\/rest\\/\"")
                    .contains("\"server_endpoint\":\"https:\\/\\/oauth.example:8443\\/rest\\/\"")
                    .contains("\"domain\":\"oauth.example:8443\"");

            String info = caller.post(
                            front.resolve("rest/app.info"),
                            "auth=" + portal.accessToken().reveal(),
                            headers)
                    .body();
            assertThat(info)
                    .as("the OAuth host is known by its own name")
                    .contains("\"uri\":\"https:\\/\\/shop.example:8443\"")
                    .contains("\"domain\":\"shop.example\"");

            String[] toPortal = {"X-Forwarded-Proto", "https", "X-Forwarded-Host", "shop.example:8443"};
            assertThat(caller.post(
                                    front.resolve("rest/app.info"),
                                    "auth=" + portal.accessToken().reveal(),
                                    toPortal)
                            .body())
                    .as("the portal's own app.info")
                    .contains("\"LICENSE_FAMILY\":\"ent\"");
        }
    }
}
