// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.client.ClientException;
import dev.openlines.client.OpenLines;
import dev.openlines.client.RestClient;
import dev.openlines.client.Session;
import dev.openlines.client.SessionFilter;
import dev.openlines.model.Secret;
import jakarta.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Finds closes whose event never came, with the portal's own list of sessions, as a correct handler does when it
 * starts.
 */
final class PracticeSessions {

    /** Events of younger closes may be on their way. */
    private static final Duration GRACE = Duration.ofMinutes(3);

    private static final Duration BACK = Duration.ofDays(35);
    private static final int TRIES = 30;

    private final OpenLines portal;
    private final String memberId;
    private final PracticeStore store;
    private final Consumer<String> log;

    PracticeSessions(Secret webhook, String memberId, PracticeStore store, Consumer<String> log) {
        portal = RestClient.builder()
                .allowLoopback()
                .patience(Duration.ZERO)
                .build()
                .webhook(webhook)
                .openLines();
        this.memberId = memberId;
        this.store = store;
        this.log = log;
    }

    void start() {
        Thread thread = new Thread(this::run, "practice-sessions");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        for (int tries = 0; tries < TRIES; tries++) {
            try {
                compare();
                return;
            } catch (ClientException e) {
                log.accept("the portal does not list its sessions");
            }
            try {
                Thread.sleep(1_000);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void compare() {
        // The portal's clock decides which closes are old enough.
        Instant ahead = Instant.now().plus(BACK);
        Instant now = Objects.requireNonNull(portal.sessionPage(SessionFilter.closed(ahead.minusSeconds(1), ahead))
                .answeredAt());
        SessionFilter old = SessionFilter.closed(now.minus(BACK), now.minus(GRACE));
        try (Stream<Session> sessions = portal.sessions(old)) {
            sessions.forEach(this::found);
        }
    }

    private void found(Session session) {
        OffsetDateTime closed = session.closedAt();
        if (closed != null) {
            PracticeClose close = new PracticeClose(Long.toString(session.chatId()), closed.toEpochSecond());
            store.found(
                    close,
                    Json.createObjectBuilder()
                            .add("member_id", memberId)
                            .add("chat_id", close.chat())
                            .add("line_id", session.lineId())
                            .add("connector_id", session.source().code())
                            .add("at", close.at())
                            .build()
                            .toString());
        }
    }
}
