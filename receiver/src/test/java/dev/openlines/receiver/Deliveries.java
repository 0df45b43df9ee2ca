// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.Secret;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.Limits;
import dev.openlines.testkit.Bodies;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletionException;

/** Verified events for tests, and how they are stored. */
final class Deliveries {

    /** The time of the first test step. */
    static final Instant T0 = Instant.ofEpochMilli(1_800_000_000_000L);

    /** Later than any wait of these tests. */
    static final Instant LATEST = T0.plusSeconds(1_000_000);

    private Deliveries() {}

    /** Returns a verified event that chat {@code chat} was closed at second {@code ts}, received at {@link #T0}. */
    static VerifiedDelivery delivery(long chat, long ts) {
        return delivery(Bodies.finish(chat, "ts", Long.toString(ts)));
    }

    /** Returns such an event of another portal. */
    static VerifiedDelivery delivery(long chat, long ts, String memberId) {
        return delivery(Bodies.finish(chat, "ts", Long.toString(ts), "auth[member_id]", memberId), memberId);
    }

    /** Returns a verified event of a form body, such as {@link Bodies} makes them. */
    static VerifiedDelivery delivery(String form) {
        return delivery(form, Bodies.MEMBER);
    }

    private static VerifiedDelivery delivery(String form, String memberId) {
        byte[] body = form.getBytes(StandardCharsets.UTF_8);
        return Objects.requireNonNull(new Portals()
                .trust(memberId, Secret.of(Bodies.TOKEN))
                .admit(Envelope.parse(body, BodyFormat.FORM, Limits.DEFAULT), "127.0.0.1", body.length, T0)
                .toCompletableFuture()
                .join()
                .event());
    }

    static StoreResult store(LeasingInbox inbox, VerifiedDelivery delivery) {
        try {
            return inbox.store(delivery).toCompletableFuture().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof StoreException store ? store : e;
        }
    }
}
