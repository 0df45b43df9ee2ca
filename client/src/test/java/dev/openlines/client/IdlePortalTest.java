// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Scope;
import dev.openlines.model.Secret;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Measures an idle portal, in a process of its own so that nothing else is counted. */
@Timeout(300)
class IdlePortalTest {

    private static final int PORTALS = 100_000;

    @Test
    @Tag("long")
    void anIdlePortalTakesAtMostFourKibibytes() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx1g",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Idle.class.getName())
                .redirectErrorStream(true)
                .start();
        try {
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
            assertThat(said).matches("[0-9]+ bytes a portal\\R");
            assertThat(Integer.parseInt(said.split(" ", 2)[0])).isBetween(500, 4096);
        } finally {
            process.destroyForcibly();
        }
    }

    /** Measures and prints. */
    static final class Idle {

        private Idle() {}

        /** Runs without arguments. */
        public static void main(String[] args) {
            RestClient client = RestClient.builder()
                    .application("app.1", Secret.of("secret"), TokenStore.memory())
                    .build();
            List<PortalClient> handles = new ArrayList<>(PORTALS);
            long before = used();
            for (int i = 0; i < PORTALS; i++) {
                String number = "%032x".formatted(i);
                URI rest = URI.create("https://portal-" + i + ".bitrix24.com/rest/");
                client.oauth()
                        .adopt(new Grant(
                                number,
                                rest,
                                URI.create("https://oauth.bitrix.info/rest/"),
                                // The length of the platform's tokens.
                                Secret.of("a".repeat(38) + number),
                                Secret.of("r".repeat(38) + number),
                                Instant.now().plusSeconds(3600),
                                List.of(Scope.IMOPENLINES, Scope.IMCONNECTOR, Scope.IM),
                                false,
                                0));
                handles.add(client.portal(number));
                // A call leaves this behind: the rate of a portal is remembered too, up to a number of portals.
                client.bucket(rest);
            }
            System.out.println((used() - before) / handles.size() + " bytes a portal");
        }

        /** Returns the bytes of living objects, after a collection of the whole heap. */
        private static long used() {
            System.gc();
            return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        }
    }
}
