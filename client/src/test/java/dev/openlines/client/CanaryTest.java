// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.model.Secret;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Secrets and what people wrote come out nowhere, whatever happens: a process whose every logger is at its
 * finest, the JDK's HTTP client's included, makes all kinds of calls that succeed and fail, and prints all
 * that it is given.
 */
@Timeout(300)
class CanaryTest {

    @TempDir
    Path folder;

    @Test
    void noSecretIsInALogAnExceptionATextOrAFile() throws Exception {
        Secret keyset = TokenSeal.newKeyset();
        Path store = folder.resolve("tokens.db");
        Path said = folder.resolve("said.log");
        try (FakeOAuth host = new FakeOAuth()) {
            List<Answered> bad = new ArrayList<>(List.of(
                    Answered.error(401, "expired_token", "canary-access-2-x has expired"),
                    Answered.error(400, "canary-access-2-x", "canary-access-2-x, " + "c0ffee".repeat(12)),
                    new Answered(500, Map.of("X-Request-Id", "r-1"), "<html>canary-body</html>"),
                    Answered.ok("canary-body, no JSON"),
                    Answered.ok("{\"result\":{\"name\":\"canary-name\",\"text\":[\"canary-text\"]}}"),
                    new Answered(302, Map.of("Location", "https://evil.example/rest/"), "")));
            host.calls = good -> {
                synchronized (bad) {
                    return bad.isEmpty() ? good : bad.remove(0);
                }
            };
            TokenStore.sqlite(store, TokenSeal.of(keyset)).save(host.first());
            host.expireAccess();
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-Djdk.httpclient.HttpClient.log=errors,requests,headers,frames:all,ssl,trace,channel",
                            "-Djdk.internal.httpclient.debug=true",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Loud.class.getName(),
                            store.toString(),
                            host.portal.rest().toString())
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile())
                    .start();
            try {
                process.getOutputStream().write(keyset.reveal().getBytes(StandardCharsets.UTF_8));
                process.getOutputStream().close();
                assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
            } finally {
                process.destroyForcibly();
            }

            String output = Files.readString(said, StandardCharsets.ISO_8859_1);
            assertThat(output)
                    // It was loud, and it came to its end.
                    .contains("jdk.internal.net.http", "EXPIRED_TOKEN: *** has expired", "the end")
                    .doesNotContain(keyset.reveal(), "c0ffeec0ffee")
                    .doesNotContain("canary");
            assertThat(bad).isEmpty();
            try (var files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                            .as(file.toString())
                            .doesNotContain("canary");
                }
            }
            assertThat(host.portal.asked)
                    .allSatisfy(asked -> assertThat(asked.path()
                                    + asked.query()
                                    + asked.headers().values())
                            .doesNotContain("canary"));
        }
    }

    /** Calls, and prints all it gets. */
    static final class Loud {

        /** For a portal that nothing answers for. */
        private static final Duration TOO_SHORT = Duration.ofSeconds(2);

        private Loud() {}

        /** Arguments: the store's file and the portal's address; the keyset comes by standard input. */
        public static void main(String[] args) throws IOException {
            Logger root = Logger.getLogger("");
            ConsoleHandler console = new ConsoleHandler();
            console.setLevel(Level.ALL);
            root.addHandler(console);
            root.setLevel(Level.ALL);
            Secret keyset = Secret.of(new String(System.in.readAllBytes(), StandardCharsets.UTF_8));
            URI portal = URI.create(args[1]);
            TokenSeal seal = TokenSeal.of(keyset);
            TokenStore store = TokenStore.sqlite(Path.of(args[0]), seal);
            RestClient.Builder builder = RestClient.builder()
                    .patience(Duration.ofSeconds(30))
                    .allowLoopback()
                    .oauthHosts("127.0.0.1:" + portal.getPort())
                    .application("app.1", FakeOAuth.SECRET, store);
            RestClient client = builder.build();
            PortalClient calls = client.portal(FakeOAuth.MEMBER);
            print(builder, client, client.oauth(), store, seal, calls, calls.subscriptions(), calls.openLines());
            attempt(() -> calls.call("crm.deal.add", Map.of("TITLE", "canary-title")));
            attempt(() -> calls.call("crm.deal.add", Map.of()));
            attempt(() -> calls.call("crm.deal.add", Map.of()));
            attempt(() -> calls.call("crm.deal.add", Map.of()));
            attempt(() -> calls.openLines().profile());
            attempt(() -> calls.call("crm.deal.add", Map.of()));
            attempt(() -> calls.call("crm.deal.add", Map.of()));
            attempt(() -> client.oauth().exchange(Secret.of("canary-wrong-code"), portal.toString()));
            attempt(() -> client.oauth().exchange(Secret.of("canary-wrong-code"), "https://evil.example/canary"));
            attempt(() -> builder.patience(TOO_SHORT)
                    .build()
                    .portal(URI.create("https://127.0.0.1:1/rest/"), Secret.of("canary-fixed"))
                    .call("profile", Map.of("A", "canary-parameter")));
            attempt(() -> client.portal(URI.create("https://h.example/rest/1/canary-hook/"), Secret.of("canary")));
            attempt(() -> RestCall.of("canary method", Map.of()));
            attempt(() -> RestCall.of("crm.deal.add", Map.of("A", "canary")));
            attempt(() -> Batch.reference("canary reference"));
            attempt(() -> Batch.empty().with("a", RestCall.of("crm.deal.add", Map.of("A", "canary"))));
            attempt(() -> TokenSeal.of(Secret.of("canary keyset")));
            attempt(() -> new Grant(
                    "m",
                    portal,
                    portal,
                    Secret.of("canary-a"),
                    Secret.of("canary-r"),
                    Instant.EPOCH,
                    List.of(),
                    false,
                    0));
            attempt(() -> store.find(FakeOAuth.MEMBER));
            System.out.println("the end");
        }

        private interface Attempt {
            Object run();
        }

        private static void attempt(Attempt attempt) {
            try {
                print(attempt.run());
            } catch (RuntimeException e) {
                StringWriter trace = new StringWriter();
                e.printStackTrace(new PrintWriter(trace));
                print(trace);
                if (e instanceof RestException refusal) {
                    print(refusal.code(), refusal.description(), refusal.argument(), refusal.requestId());
                }
            }
        }

        private static void print(Object... things) {
            for (Object thing : things) {
                System.out.println(thing);
            }
        }
    }
}
