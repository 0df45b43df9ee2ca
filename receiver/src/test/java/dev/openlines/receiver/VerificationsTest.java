// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.EventAuth;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.InstallationCheck.Answer;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Installations that cannot be verified when they come, with a clock that is set by hand. */
@Timeout(300)
class VerificationsTest {

    /** Each event is sent in a second of its own. */
    private static final AtomicLong SECONDS = new AtomicLong(1_760_000_000);

    /** An OAuth host that knows genuine refresh tokens, and a durable map. */
    private static final class Host implements InstallationCheck {
        final AtomicInteger asked = new AtomicInteger();
        final Map<String, byte[]> kept = new ConcurrentHashMap<>();
        /** Open unless the host lets those who ask wait. */
        volatile CountDownLatch slow = new CountDownLatch(0);

        volatile boolean away;
        volatile boolean grantRefused;

        @Override
        public Answer verify(EventAuth claim) throws IOException, InterruptedException {
            asked.incrementAndGet();
            slow.await();
            if (away) {
                throw new IOException("the OAuth host is away");
            }
            return Objects.requireNonNull(claim.refreshToken()).reveal().equals("genuine")
                    ? Answer.VERIFIED
                    : Answer.REFUSED;
        }

        @Override
        public Optional<URI> verifyPage(EventAuth claim) {
            asked.incrementAndGet();
            return Objects.requireNonNull(claim.accessToken()).reveal().equals("genuine")
                    ? Optional.of(URI.create("https://portal.example/rest/"))
                    : Optional.empty();
        }

        @Override
        public boolean uninstalled(String memberId) {
            asked.incrementAndGet();
            return grantRefused;
        }

        @Override
        public Map<String, byte[]> kept() {
            return kept;
        }
    }

    @TempDir
    Path directory;

    private final Host host = new Host();
    private volatile Instant now = Installing.NOW;
    private LeasingInbox inbox;
    private Portals portals;

    @BeforeEach
    void open() {
        inbox = Inbox.sqlite(directory.resolve("inbox.db"));
    }

    @AfterEach
    void close() {
        inbox.close();
    }

    @Test
    void anEventThatCannotBeVerifiedNowIsKeptAndTrustedLaterAlsoAfterARestart() {
        host.away = true;
        Receiver receiver = receiver();
        assertThat(post(receiver, "192.0.2.1", genuine(Bodies.MEMBER, "first"))).isEqualTo(200);
        assertThat(post(receiver, "192.0.2.1", event(Bodies.MEMBER, "first"))).isEqualTo(403);
        assertThat(host.kept).hasSize(1);

        // The next process takes it over from the map.
        host.away = false;
        Receiver next = receiver();
        Await.until(() -> post(next, "192.0.2.1", event(Bodies.MEMBER, "first")) == 200);
        Await.until(host.kept::isEmpty);
        assertThat(inbox.backlog().waiting())
                .as("the installation is an event too")
                .isGreaterThan(1);
    }

    @Test
    void afterAnHourItIsGivenUp() {
        host.away = true;
        Receiver receiver = receiver();
        assertThat(post(receiver, "192.0.2.1", genuine(Bodies.MEMBER, "first"))).isEqualTo(200);

        now = now.plus(Verifications.TIME);
        Await.until(host.kept::isEmpty);
        host.away = false;
        assertThat(post(receiver, "192.0.2.1", event(Bodies.MEMBER, "first"))).isEqualTo(403);
    }

    @Test
    void anUninstallationCountsOnceTheGrantIsRefused() {
        Receiver receiver = receiver();
        assertThat(post(receiver, "192.0.2.1", genuine(Bodies.MEMBER, "first"))).isEqualTo(200);
        String uninstall = Bodies.finish(3, "event", "ONAPPUNINSTALL", "auth[application_token]", "first");
        assertThat(post(receiver, "192.0.2.9", uninstall)).isEqualTo(200);
        assertThat(post(receiver, "192.0.2.1", event(Bodies.MEMBER, "first"))).isEqualTo(200);
        assertThat(inbox.backlog().waiting()).as("no handler gets it yet").isEqualTo(2);

        host.grantRefused = true;
        now = now.plus(Duration.ofMinutes(1));
        Await.until(() -> post(receiver, "192.0.2.1", event(Bodies.MEMBER, "first")) == 403);
        Await.until(host.kept::isEmpty);
    }

    @Test
    void aFloodKeepsNoGenuineInstallationOutAndTheHostIsAskedWithinTheBudget() {
        Receiver receiver = receiver();
        List<Integer> genuine = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            String source = "198.51.100." + i % 40;
            post(receiver, source, forged(i % 2 == 0 ? "f".repeat(32) : Bodies.MEMBER + i));
            if (i % 200 == 100) {
                genuine.add(post(receiver, "192.0.2." + i / 200, genuine("portal" + i, "token" + i)));
                assertThat(post(receiver, "192.0.2.77", event("portal100", "token100")))
                        .isIn(200, 403);
            }
        }
        assertThat(genuine).hasSize(15).containsOnly(200);
        assertThat(host.asked.get()).isLessThanOrEqualTo(FailureBudget.IN_ALL + 15);
        assertThat(host.kept.size()).isLessThanOrEqualTo(Verifications.MOST_UNKNOWN + Verifications.MOST_KNOWN);

        // Each source has its turn before one has its second.
        for (int i = 100; i < 3000; i += 200) {
            String event = event("portal" + i, "token" + i);
            Await.until(() -> {
                now = now.plusSeconds(portals.lookIfIdle() ? 10 : 0);
                return post(receiver, "192.0.2.200", event) == 200;
            });
        }
        assertThat(now).isBefore(Installing.NOW.plus(Verifications.TIME));
    }

    /** Checks that all but the checks under way are answered before the host has answered any. */
    @Test
    void aFloodWhileTheHostIsSlowKeepsNoEventAndNoGenuineInstallationOut() {
        Receiver receiver = receiver();
        assertThat(post(receiver, "192.0.2.1", genuine(Bodies.MEMBER, "first"))).isEqualTo(200);
        int asked = host.asked.get();
        host.slow = new CountDownLatch(1);
        List<CompletableFuture<Reply>> held = new ArrayList<>();
        for (int i = 0; i < Verifications.THREADS + Verifications.WAITING; i++) {
            held.add(send(receiver, "198.51.100." + i, forged("stranger" + i)));
        }
        Await.until("all threads wait for the host", () -> host.asked.get() == asked + Verifications.THREADS);

        for (int i = 100; i < 1100; i++) {
            assertThat(post(receiver, "198.51.100." + i % 40, forged("stranger" + i)))
                    .isIn(200, 503);
        }
        assertThat(post(receiver, "192.0.2.2", genuine("portal", "second"))).isEqualTo(200);
        assertThat(post(receiver, "192.0.2.1", event(Bodies.MEMBER, "first"))).isEqualTo(200);
        assertThat(held).noneMatch(CompletableFuture::isDone);
        assertThat(host.asked).hasValue(asked + Verifications.THREADS);

        host.slow.countDown();
        assertThat(held).allSatisfy(reply -> assertThat(status(reply)).isEqualTo(403));
        String event = event("portal", "second");
        Await.until("the genuine one is verified", () -> {
            now = now.plusSeconds(portals.lookIfIdle() ? 10 : 0);
            return post(receiver, "192.0.2.200", event) == 200;
        });
        assertThat(now).isBefore(Installing.NOW.plus(Verifications.TIME));
    }

    @Test
    void aPortalThatIsKnownIsVerifiedThoughStrangersHaveUsedUpTheirBudget() {
        Receiver receiver = receiver();
        assertThat(post(receiver, "192.0.2.1", genuine(Bodies.MEMBER, "first"))).isEqualTo(200);
        for (int i = 0; i < 200; i++) {
            post(receiver, "198.51.100." + i, forged("stranger" + i));
        }
        int asked = host.asked.get();

        assertThat(post(receiver, "192.0.2.1", genuine(Bodies.MEMBER, "second")))
                .isEqualTo(200);
        assertThat(host.asked).hasValue(asked + 1);
        assertThat(post(receiver, "192.0.2.1", event(Bodies.MEMBER, "second"))).isEqualTo(200);
    }

    // A page is not kept. The strangers know the portal's member id, and have a few addresses.
    @Test
    void forgedPagesKeepNoPortalsAdministratorOut() {
        receiver();
        for (int i = 0; i < 6; i++) {
            page("forged", "198.51.100." + i);
        }
        for (int i = 0; i < 40; i++) {
            page("forged", "198.51.100.7");
        }
        assertThat(host.asked).as("by one source for one portal").hasValue(6 + FailureBudget.PER_PORTAL);

        assertThat(page("genuine", "192.0.2.1")).isEqualTo(200);
    }

    @Test
    void aFloodOfForgedPagesAsksTheHostWithinTheBudget() {
        receiver();
        for (int i = 0; i < 1000; i++) {
            page("forged", "198.51." + i % 4 + '.' + i % 250);
        }
        assertThat(host.asked).hasValue(FailureBudget.IN_ALL);
        now = now.plusSeconds(3);
        assertThat(page("genuine", "192.0.2.1")).as("the next turn").isEqualTo(200);
    }

    /** Returns 200 if the page is verified, 403 if it is not, and 503 if the budget is used up. */
    private int page(String accessToken, String source) {
        byte[] body = Installing.install("t", "auth[access_token]", accessToken).getBytes(StandardCharsets.UTF_8);
        try {
            return portals.page(Envelope.parse(body, BodyFormat.FORM, Limits.DEFAULT), source, body.length, now)
                            .toCompletableFuture()
                            .join()
                            .isPresent()
                    ? 200
                    : 403;
        } catch (CompletionException e) {
            assertThat(e).hasCauseInstanceOf(StoreException.class);
            return 503;
        }
    }

    @Test
    void anUncheckedEventThatIsLargeOrHasNoPlaceIsNotKept() {
        host.away = true;
        Receiver receiver = receiver();
        String large = Installing.install(
                "t", "auth[refresh_token]", "genuine", "data[MORE]", "x".repeat(UncheckedEvent.LARGEST));
        assertThat(post(receiver, "192.0.2.1", large)).isEqualTo(503);

        for (int i = 0; i < Verifications.OF_ONE_PORTAL_AND_SOURCE; i++) {
            assertThat(post(receiver, "192.0.2.1", genuine(Bodies.MEMBER, "token" + i)))
                    .isEqualTo(200);
        }
        assertThat(post(receiver, "192.0.2.1", genuine(Bodies.MEMBER, "more"))).isEqualTo(503);
        assertThat(post(receiver, "192.0.2.2", genuine(Bodies.MEMBER, "more"))).isEqualTo(200);
    }

    @Test
    void anIpv6SenderIsItsNetwork() {
        assertThat(UncheckedEvent.network("2001:db8:1:2:3:4:5:6"))
                .isEqualTo(UncheckedEvent.network("2001:db8:1:2::1"))
                .isNotEqualTo(UncheckedEvent.network("2001:db8:1:3::1"));
        assertThat(UncheckedEvent.network(UncheckedEvent.network("2001:db8::1")))
                .isEqualTo(UncheckedEvent.network("2001:db8::1"));
        assertThat(UncheckedEvent.network("192.0.2.1")).isEqualTo("192.0.2.1");
    }

    private Receiver receiver() {
        portals = inbox.portals().verifiedBy(host, () -> now);
        return new Receiver(inbox, portals, Limits.DEFAULT, () -> now, () -> {}, Telemetry.none());
    }

    private static String genuine(String member, String token) {
        return Installing.install(token, "auth[member_id]", member, "auth[refresh_token]", "genuine");
    }

    private static String forged(String member) {
        return Installing.install("attacker", "auth[member_id]", member, "auth[refresh_token]", "forged");
    }

    private static String event(String member, String token) {
        return Bodies.finish(
                1,
                "ts",
                Long.toString(SECONDS.incrementAndGet()),
                "auth[member_id]",
                member,
                "auth[application_token]",
                token);
    }

    private static int post(Receiver receiver, String source, String body) {
        return status(send(receiver, source, body));
    }

    private static int status(CompletableFuture<Reply> reply) {
        return reply.orTimeout(60, TimeUnit.SECONDS).join().status();
    }

    private static CompletableFuture<Reply> send(Receiver receiver, String source, String body) {
        return receiver.receive(new RawDelivery(
                        "POST",
                        "application/x-www-form-urlencoded",
                        body.getBytes(StandardCharsets.UTF_8),
                        null,
                        source))
                .toCompletableFuture();
    }
}
