// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Bodies;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged jar with the least heap, which gets forged installations while a portal sends twenty events a second. */
@Timeout(600)
@Tag("long")
class InstallationAttackIT {

    private static final int FORGED = 400;
    private static final int EVENTS = 20;
    private static final String EVIL = "e".repeat(32);

    /** All budgets for failed checks when full, and what they regain in the ten minutes that the test may take. */
    private static final int BUDGETS = 2 * 60 + 10 * 2 * 30;

    @TempDir
    Path directory;

    @Test
    void aFloodKeepsNoEventAndNoInstallationOutAndNoForgedOneIsTrusted() throws Exception {
        Path key = directory.resolve("token.key");
        Process tool = AttackedReceiver.start(directory, "64m", Map.of(), "inbox", "new-key", key.toString());
        assertThat(tool.waitFor()).isZero();
        try (OAuthHost host = new OAuthHost(Bodies.MEMBER);
                AttackedReceiver receiver = new AttackedReceiver(
                        directory,
                        "64m",
                        Map.of(
                                "OPENLINES_CLIENT_ID", "app.1",
                                "OPENLINES_CLIENT_SECRET", "canary-client-secret",
                                "OPENLINES_TOKEN_KEY", key.toString(),
                                "OPENLINES_RECONCILE", "off",
                                "OPENLINES_OAUTH_HOSTS", host.name()))) {
            assertThat(receiver.post(install(host, Bodies.MEMBER, Bodies.TOKEN, "good")))
                    .as(receiver::state)
                    .isEqualTo("200");
            receiver.send();
            AtomicBoolean end = new AtomicBoolean();
            AtomicInteger forged = new AtomicInteger();
            Queue<String> answers = new ConcurrentLinkedQueue<>();
            List<Thread> strangers = new ArrayList<>();
            for (int i = 2; i < 6; i++) {
                String from = "127.0.0." + i;
                // Two forge installations of the portal itself, and two of portals that do not exist.
                boolean known = i % 2 == 0;
                strangers.add(new Thread(() -> {
                    while (!end.get()) {
                        int number = forged.incrementAndGet();
                        String member = known ? Bodies.MEMBER : "stranger" + number;
                        String refresh = number % 3 == 0 ? "ordinary" : "bogus" + number;
                        try {
                            answers.add(receiver.postFrom(from, install(host, member, EVIL, refresh)));
                        } catch (IOException e) {
                            answers.add(e.toString());
                        }
                    }
                }));
            }
            strangers.forEach(Thread::start);
            try {
                while (forged.get() < FORGED) {
                    receiver.awaitAnswers(EVENTS);
                    assertThat(receiver.post(install(host, Bodies.MEMBER, Bodies.TOKEN, "good")))
                            .as(receiver::state)
                            .isEqualTo("200");
                    assertThat(receiver.post(Bodies.finish(1, "auth[application_token]", EVIL)))
                            .isEqualTo("403");
                }
            } finally {
                end.set(true);
                for (Thread stranger : strangers) {
                    stranger.join();
                }
            }

            // Refused, or kept sealed until it can be checked, or there is no room for it.
            assertThat(Set.copyOf(answers)).isSubsetOf("403", "200", "503");
            assertThat(host.asked().stream().filter(token -> token.startsWith("bogus") || token.equals("ordinary")))
                    .hasSizeBetween(1, BUDGETS)
                    .hasSizeLessThan(answers.size());
            receiver.everyEventWasAnsweredAndHandled();
        }
    }

    private static String install(OAuthHost host, String member, String applicationToken, String refreshToken) {
        return "event=ONAPPINSTALL&data%5BVERSION%5D=1&ts=1760000000&auth%5Bmember_id%5D=" + member
                + "&auth%5Baccess_token%5D=canary-access-0&auth%5Brefresh_token%5D=" + refreshToken
                + "&auth%5Bserver_endpoint%5D=" + URLEncoder.encode(host.endpoint(), UTF_8)
                + "&auth%5Bclient_endpoint%5D=" + URLEncoder.encode(host.endpoint(), UTF_8)
                + "&auth%5Bapplication_token%5D=" + applicationToken;
    }
}
