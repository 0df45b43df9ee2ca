// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.contentOf;

import dev.openlines.model.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A process is killed somewhere in a refresh: before the OAuth host answers, after its answer, before or
 * after the new pair is stored, before or after it is used. The fake host kills the old pair at the first
 * use of the new one, so a refresh token that was used before it was stored would be lost.
 */
@Timeout(120)
class CrashTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void aProcessKilledInARefreshLosesNoRefreshToken(long seed) throws Exception {
        Random random = new Random(seed);
        boolean beforeTheAnswer = random.nextInt(4) == 0;
        long afterNanos = (long) (random.nextDouble() * Duration.ofMillis(40).toNanos());
        Secret keyset = TokenSeal.newKeyset();
        Path file = folder.resolve("tokens.db");
        try (FakeOAuth host = new FakeOAuth()) {
            TokenStore store = TokenStore.sqlite(file, TokenSeal.of(keyset));
            store.save(host.first());
            host.expireAccess();
            CountDownLatch refreshing = new CountDownLatch(1);
            CountDownLatch killed = new CountDownLatch(1);
            host.oauth = answer -> {
                refreshing.countDown();
                if (beforeTheAnswer) {
                    awaitQuietly(killed);
                }
                return answer;
            };
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-Xshare:auto",
                            "-cp",
                            System.getProperty("java.class.path"),
                            RefreshingProcess.class.getName(),
                            file.toString(),
                            host.portal.rest().toString())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("process.log").toFile())
                    .start();
            try {
                process.getOutputStream().write(keyset.reveal().getBytes(StandardCharsets.UTF_8));
                process.getOutputStream().close();
                boolean refreshed = refreshing.await(20, TimeUnit.SECONDS);
                assertThat(refreshed)
                        .as(() -> "the process came to its refresh: "
                                + contentOf(folder.resolve("process.log").toFile()))
                        .isTrue();
                LockSupport.parkNanos(afterNanos);
            } finally {
                process.destroyForcibly().waitFor();
                killed.countDown();
            }

            host.oauth = answer -> answer;
            Reply reply = host.client(store).build().portal(FakeOAuth.MEMBER).call("profile", Map.of());

            assertThat(reply.fields().integer()).as("seed %d", seed).isGreaterThan(1);
            assertThat(store.find(FakeOAuth.MEMBER).orElseThrow().needsReinstall())
                    .as("seed %d", seed)
                    .isFalse();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The process that is killed: it calls a portal whose token has expired. */
    static final class RefreshingProcess {

        private RefreshingProcess() {}

        /** Arguments: the store's file and the portal's address; the keyset comes by standard input. */
        public static void main(String[] args) throws IOException {
            Secret keyset;
            try (InputStream in = System.in) {
                keyset = Secret.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            }
            URI portal = URI.create(args[1]);
            RestClient client = RestClient.builder()
                    .allowLoopback()
                    .lease(Duration.ofMillis(300))
                    .oauthHosts("127.0.0.1:" + portal.getPort())
                    .application("app.1", FakeOAuth.SECRET, TokenStore.sqlite(Path.of(args[0]), TokenSeal.of(keyset)))
                    .build();
            for (String method : List.of("profile", "app.info")) {
                client.portal(FakeOAuth.MEMBER).call(method, Map.of());
            }
        }
    }
}
