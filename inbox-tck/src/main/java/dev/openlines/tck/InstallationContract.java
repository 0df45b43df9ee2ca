// SPDX-License-Identifier: Apache-2.0
package dev.openlines.tck;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.EventAuth;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InstallationCheck;
import dev.openlines.receiver.InstallationCheck.Answer;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.RawDelivery;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Reply;
import dev.openlines.receiver.Telemetry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The trust that every inbox must keep: after installations, genuine and forged, and after a restart.
 */
@Timeout(300)
public interface InstallationContract {

    /** The time of the first test step. */
    Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    /** Verifies every installation, and finds every uninstallation genuine. */
    InstallationCheck YES = new Always(Answer.VERIFIED);
    /** Refuses every installation. */
    InstallationCheck NO = new Always(Answer.REFUSED);

    /**
     * Gives one answer for every installation, and finds every uninstallation genuine if installations are.
     *
     * @param answer the answer to every installation
     */
    record Always(Answer answer) implements InstallationCheck {

        @Override
        public Answer verify(EventAuth claim) {
            return answer;
        }

        @Override
        public boolean uninstalled(String memberId) {
            return answer == Answer.VERIFIED;
        }
    }

    /**
     * Opens the inbox of this test: empty at first, and the same one again when called again.
     *
     * @return an open inbox, closed by the test
     */
    Inbox open();

    @Test
    default void aVerifiedInstallationIsTrustedAlsoAfterARestart() {
        List<EventAuth> claims = new ArrayList<>();
        try (Inbox inbox = open()) {
            Receiver receiver = receiver(
                    inbox,
                    inbox.portals().verifiedBy(claim -> {
                        claims.add(claim);
                        return Answer.VERIFIED;
                    }),
                    NOW);
            assertThat(post(receiver, Deliveries.form(1))).isEqualTo(403);

            assertThat(post(receiver, install(Deliveries.TOKEN))).isEqualTo(200);

            assertThat(post(receiver, Deliveries.form(2))).isEqualTo(200);
        }
        try (Inbox inbox = open()) {
            assertThat(post(receiver(inbox, inbox.portals(), NOW), Deliveries.form(3)))
                    .isEqualTo(200);
        }
        assertThat(claims).singleElement().satisfies(claim -> {
            assertThat(claim.memberId()).isEqualTo(Deliveries.MEMBER);
            assertThat(claim.refreshToken()).isEqualTo(Secret.of(Deliveries.REFRESH_TOKEN));
            assertThat(claim.serverEndpoint()).isEqualTo("https://oauth.bitrix.info/rest/");
        });
    }

    @Test
    default void aForgedInstallationChangesNothing() {
        try (Inbox inbox = open()) {
            Portals portals = inbox.portals()
                    .trust(Deliveries.MEMBER, Secret.of(Deliveries.TOKEN))
                    .verifiedBy(NO);
            Receiver receiver = receiver(inbox, portals, NOW);

            assertThat(post(receiver, install("attacker"))).isEqualTo(403);
            assertThat(post(receiver, install("attacker", "event", "ONAPPUPDATE")))
                    .isEqualTo(403);
            assertThat(post(receiver, install(""))).isEqualTo(403);
            assertThat(post(receiver, install("attacker", "auth[member_id]", "")))
                    .isEqualTo(403);

            assertThat(post(receiver, Deliveries.form(1, "auth[application_token]", "attacker")))
                    .isEqualTo(403);
            assertThat(post(receiver, Deliveries.form(2))).isEqualTo(200);
            assertThat(inbox.backlog().waiting()).isEqualTo(1);
        }
    }

    @Test
    default void withoutACheckNoInstallationIsTrusted() {
        try (Inbox inbox = open()) {
            Receiver receiver = receiver(inbox, inbox.portals(), NOW);

            assertThat(post(receiver, install(Deliveries.TOKEN))).isEqualTo(403);
            assertThat(post(receiver, Deliveries.form(1))).isEqualTo(403);
        }
    }

    @Test
    default void theTokenBeforeIsValidForOneMoreHour() {
        String before = Deliveries.form(2, "auth[application_token]", "before");
        try (Inbox inbox = open()) {
            Portals portals = inbox.portals()
                    .trust(Deliveries.MEMBER, Secret.of("before"))
                    .verifiedBy(YES);
            assertThat(post(receiver(inbox, portals, NOW), before)).isEqualTo(200);
            assertThat(post(receiver(inbox, portals, NOW), install(Deliveries.TOKEN, "event", "ONAPPUPDATE")))
                    .isEqualTo(200);

            Instant justBefore = NOW.plus(Portals.OVERLAP).minusMillis(1);
            assertThat(post(receiver(inbox, portals, justBefore), before)).isEqualTo(200);
            assertThat(post(receiver(inbox, portals, justBefore.plusMillis(1)), before))
                    .isEqualTo(403);
            assertThat(post(receiver(inbox, portals, NOW.plus(Duration.ofDays(900))), Deliveries.form(3)))
                    .isEqualTo(200);
        }
        try (Inbox inbox = open()) {
            Portals again = inbox.portals().trust(Deliveries.MEMBER, Secret.of("before"));
            assertThat(post(receiver(inbox, again, NOW.plus(Portals.OVERLAP)), before))
                    .isEqualTo(403);
            assertThat(post(receiver(inbox, again, NOW.plus(Portals.OVERLAP)), Deliveries.form(4)))
                    .isEqualTo(200);
        }
    }

    @Test
    default void anUninstallationIsNotForgottenAtARestart() {
        String uninstall = Deliveries.form(9, "event", "ONAPPUNINSTALL");
        try (Inbox inbox = open()) {
            Portals portals = inbox.portals()
                    .trust(Deliveries.MEMBER, Secret.of(Deliveries.TOKEN))
                    .verifiedBy(YES);
            Receiver receiver = receiver(inbox, portals, NOW);
            assertThat(post(receiver, Deliveries.form(9, "event", "ONAPPUNINSTALL", "auth[application_token]", "no")))
                    .isEqualTo(403);
            assertThat(post(receiver, Deliveries.form(1))).isEqualTo(200);

            assertThat(post(receiver, uninstall)).isEqualTo(200);

            assertThat(post(receiver, Deliveries.form(2))).isEqualTo(403);
        }
        try (Inbox inbox = open()) {
            Portals portals = inbox.portals()
                    .trust(Deliveries.MEMBER, Secret.of(Deliveries.TOKEN))
                    .verifiedBy(YES);
            Receiver receiver = receiver(inbox, portals, NOW);
            assertThat(post(receiver, Deliveries.form(3))).isEqualTo(403);

            // The portal installs again with its earlier token. The earlier uninstallation must not end that token
            // again.
            assertThat(post(receiver, install(Deliveries.TOKEN))).isEqualTo(200);
            assertThat(post(receiver, uninstall)).isEqualTo(200);
            assertThat(post(receiver, Deliveries.form(4))).isEqualTo(200);
        }
    }

    @Test
    default void aTokenWithAnEndIsValidUntilThen() {
        try (Inbox inbox = open()) {
            Portals portals = inbox.portals().trust(Deliveries.MEMBER, Secret.of(Deliveries.TOKEN), NOW);

            assertThat(post(receiver(inbox, portals, NOW.minusMillis(1)), Deliveries.form(1)))
                    .isEqualTo(200);
            assertThat(post(receiver(inbox, portals, NOW), Deliveries.form(2))).isEqualTo(403);
        }
    }

    @Test
    default void anInstallationThatCannotBeVerifiedNowIsNotAcknowledged() {
        try (Inbox inbox = open()) {
            Portals portals = inbox.portals().verifiedBy(claim -> {
                throw new IOException("the OAuth host is away");
            });
            Receiver receiver = receiver(inbox, portals, NOW);

            assertThat(post(receiver, install(Deliveries.TOKEN))).isEqualTo(503);
            assertThat(post(receiver, Deliveries.form(1))).isEqualTo(403);

            // A sender with the right application token is trusted; only its OAuth tokens stay unverified.
            portals.trust(Deliveries.MEMBER, Secret.of(Deliveries.TOKEN));
            assertThat(post(receiver, install(Deliveries.TOKEN))).isEqualTo(200);
        }
    }

    @Test
    default void tokensOfAUserWhoIsNotAnAdministratorAreNotTrusted() {
        try (Inbox inbox = open()) {
            Portals portals = inbox.portals()
                    .trust(Deliveries.MEMBER, Secret.of(Deliveries.TOKEN))
                    .verifiedBy(new Always(Answer.NOT_ADMINISTRATOR));
            Receiver receiver = receiver(inbox, portals, NOW);

            assertThat(post(receiver, install("attacker"))).isEqualTo(403);

            assertThat(post(receiver, Deliveries.form(1, "auth[application_token]", "attacker")))
                    .isEqualTo(403);
            assertThat(post(receiver(inbox, portals, NOW.plus(Portals.OVERLAP)), Deliveries.form(2)))
                    .as("the genuine token has no end")
                    .isEqualTo(200);
        }
    }

    @Test
    default void anUninstallationWithTheRightTokenEndsNothingWhileTheGrantWorks() {
        String uninstall = Deliveries.form(9, "event", "ONAPPUNINSTALL");
        try (Inbox inbox = open()) {
            Portals portals = inbox.portals().trust(Deliveries.MEMBER, Secret.of(Deliveries.TOKEN));
            assertThat(post(receiver(inbox, portals, NOW), uninstall))
                    .as("nothing can verify it")
                    .isEqualTo(403);
            portals.verifiedBy(NO);
            assertThat(post(receiver(inbox, portals, NOW), uninstall))
                    .as("nothing keeps it")
                    .isEqualTo(503);

            assertThat(post(receiver(inbox, portals, NOW), Deliveries.form(1))).isEqualTo(200);
            assertThat(inbox.backlog().waiting()).as("no handler gets it").isEqualTo(1);
        }
    }

    @Test
    default void aFloodOfForgedInstallationsTakesNoOtherEventsPlace() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        try (Inbox inbox = open()) {
            Portals portals = inbox.portals()
                    .trust(Deliveries.MEMBER, Secret.of(Deliveries.TOKEN))
                    .verifiedBy(claim -> {
                        release.await();
                        return Answer.REFUSED;
                    });
            Receiver receiver = receiver(inbox, portals, NOW);
            List<CompletableFuture<Reply>> forged = IntStream.range(0, 100)
                    .mapToObj(i -> receive(receiver, install("attacker" + i, "auth[member_id]", "m" + i)))
                    .toList();

            assertThat(post(receiver, Deliveries.form(1))).isEqualTo(200);
            release.countDown();
            for (CompletableFuture<Reply> reply : forged) {
                assertThat(reply.get(30, TimeUnit.SECONDS).status()).isIn(403, 503);
            }
        } finally {
            release.countDown();
        }
    }

    /**
     * Returns the body of a request that reports an installation.
     *
     * @param token its application token
     * @param namesAndValues fields to change or add: names and values in turn
     * @return a form
     */
    static String install(String token, String... namesAndValues) {
        String[] all = new String[namesAndValues.length + 6];
        all[0] = "event";
        all[1] = "ONAPPINSTALL";
        all[2] = "auth[application_token]";
        all[3] = token;
        all[4] = "auth[server_endpoint]";
        all[5] = "https://oauth.bitrix.info/rest/";
        System.arraycopy(namesAndValues, 0, all, 6, namesAndValues.length);
        return Deliveries.form(0, all);
    }

    /**
     * Returns a receiver whose clock stands still.
     *
     * @param inbox stores events
     * @param portals checks the senders
     * @param now the time
     * @return a receiver
     */
    static Receiver receiver(Inbox inbox, Portals portals, Instant now) {
        return new Receiver(inbox, portals, Limits.DEFAULT, () -> now, () -> {}, Telemetry.none());
    }

    /**
     * Posts a body and waits for the reply.
     *
     * @param receiver gets it
     * @param body a form
     * @return the reply's status
     */
    static int post(Receiver receiver, String body) {
        return receive(receiver, body).orTimeout(30, TimeUnit.SECONDS).join().status();
    }

    /**
     * Posts a body.
     *
     * @param receiver gets it
     * @param body a form
     * @return completes with the reply
     */
    static CompletableFuture<Reply> receive(Receiver receiver, String body) {
        return receiver.receive(new RawDelivery(
                        "POST", "application/x-www-form-urlencoded", body.getBytes(StandardCharsets.UTF_8)))
                .toCompletableFuture();
    }
}
