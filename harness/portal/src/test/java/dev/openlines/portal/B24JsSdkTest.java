// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import dev.openlines.testkit.RequiresTool;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/**
 * The vendor's own JavaScript client, {@code @bitrix24/b24jssdk}, unchanged, against the portal. Its packages are
 * fetched once; if they cannot be, the test is skipped, or with {@code -Dtools=required} fails.
 */
@SimulatedPortal
@RequiresTool({"node", "npm"})
@Tag("long")
class B24JsSdkTest {

    private static final Path SOURCE = Path.of("src", "test", "b24jssdk");
    private static final Path FOLDER = Path.of("target", "b24jssdk");

    @Test
    void theOfficialClientBindsListsBatchesUnbindsAndRefreshes(Portal portal, TestReporter reporter) throws Exception {
        String said = bindListBatchUnbindAndRefresh(portal, portal.restUri(), portal.serverEndpoint(), Map.of());

        reporter.publishEntry("b24jssdk", said);
    }

    @Test
    void theOfficialClientDoesTheSameThroughAProxyThatSpeaksTls(Portal portal, @TempDir Path folder) throws Exception {
        try (TlsProxy proxy = TlsProxy.before(portal.restUri(), folder)) {
            String said = bindListBatchUnbindAndRefresh(
                    portal,
                    proxy.outside(portal.restUri()),
                    proxy.outside(portal.serverEndpoint()),
                    Map.of("NODE_EXTRA_CA_CERTS", proxy.certificate().toString()));

            assertThat(said).contains("\"target\":\"https://localhost:");
        }
    }

    private static String bindListBatchUnbindAndRefresh(
            Portal portal, URI rest, URI authorisation, Map<String, String> environment) throws Exception {
        portal.openLine("R&D \"<Поддержка>\"");
        fetchPackages();
        JsonObject known = EventBodies.object()
                .add("application_token", portal.applicationToken().reveal())
                .add("member_id", portal.memberId())
                .add("expired_token", portal.expiredAccessToken().reveal())
                .add(
                        "refresh_token",
                        PortalSeed.token(
                                        portal,
                                        PhpJson.parse("{\"refresh\":true}".getBytes(StandardCharsets.UTF_8)),
                                        "$")
                                .reveal())
                .add("domain", environment.isEmpty() ? portal.domain() : rest.getAuthority())
                .add("client_endpoint", rest.toString())
                .add("server_endpoint", authorisation.toString())
                .add("client_id", portal.clientId())
                .add("client_secret", portal.clientSecret().reveal())
                .build();

        Ran ran = run(List.of("node", "client.mjs", known.toString()), environment);

        assertThat(ran.exit()).as(ran.output()).isZero();
        assertThat(ran.output()).contains("{\"refreshed\":1,\"target\":\"");
        assertThat(portal.subscriptions()).isEmpty();
        assertThat(portal.calls())
                .extracting(PortalCall::method)
                .contains("event.bind", "oauth/token", "event.get", "batch", "event.unbind", "profile", "scope");
        assertThat(portal.calls().get(0).error()).contains("expired_token");
        return ran.output();
    }

    @Test
    void theLockFileNamesNoRegistry() throws IOException {
        assertThat(Files.readString(SOURCE.resolve("package-lock.json")))
                .doesNotContain("resolved")
                .contains("\"integrity\"");
    }

    private static void fetchPackages() throws Exception {
        Files.createDirectories(FOLDER);
        Path fetched = FOLDER.resolve("fetched-lock.json");
        Path lock = SOURCE.resolve("package-lock.json");
        boolean ready = Files.exists(fetched) && Files.mismatch(fetched, lock) < 0;
        try (Stream<Path> files = Files.list(SOURCE)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, FOLDER.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        if (ready) {
            return;
        }
        Ran ran =
                run(List.of("npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"), Map.of());
        if (ran.exit() != 0) {
            String why = "npm could not fetch the packages of " + SOURCE + ": " + ran.output();
            if ("required".equals(System.getProperty("tools"))) {
                throw new AssertionError(why);
            }
            throw new TestAbortedException(why);
        }
        Files.copy(lock, fetched, StandardCopyOption.REPLACE_EXISTING);
    }

    private record Ran(int exit, String output) {}

    private static Ran run(List<String> command, Map<String, String> environment) throws Exception {
        Path output = FOLDER.resolve("output.txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(FOLDER.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(command.get(0) + " did not end within 120 s");
        }
        return new Ran(process.exitValue(), Files.readString(output));
    }
}
