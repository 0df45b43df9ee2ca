// SPDX-License-Identifier: Apache-2.0
package dev.openlines.tck;

import static dev.openlines.tck.Deliveries.MEMBER;
import static dev.openlines.tck.Deliveries.T0;
import static dev.openlines.tck.Deliveries.TOKEN;
import static dev.openlines.tck.Deliveries.delivery;
import static dev.openlines.tck.Deliveries.store;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.openlines.model.Secret;
import dev.openlines.receiver.Backlog;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.StoreResult;
import dev.openlines.receiver.TrustChange;
import dev.openlines.receiver.TrustLog;
import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The contract of every inbox, including your own. Implement this interface in a test class, with {@link #open()}, and
 * the tests run. They need JUnit Jupiter and AssertJ. They give times to the inbox, so none of them waits.
 */
@Timeout(300)
public interface InboxContract {

    /**
     * Opens the inbox of this test. It is empty at first. A later call in the same test opens the same inbox again.
     *
     * @return an open inbox, closed by the test
     */
    Inbox open();

    @Test
    default void waitingEventsAreCountedAndAProbeLeavesNothingBehind() {
        try (Inbox inbox = open()) {
            assertThat(inbox.backlog()).isEqualTo(new Backlog(0, 0, null));

            LongStream.rangeClosed(1, 4).forEach(chat -> store(inbox, delivery(chat, 1)));

            assertThat(inbox.backlog()).isEqualTo(new Backlog(4, 0, T0));
            inbox.probe();
            assertThat(inbox.backlog()).isEqualTo(new Backlog(4, 0, T0));
            assertThat(inbox.deadLetters().list(0, 10)).isEmpty();
        }
    }

    @Test
    default void storedEventsAreStillThereWhenTheInboxIsOpenedAgain() {
        try (Inbox before = open()) {
            before.storeInOrder(List.of(delivery(17, 1), delivery(18, 1)))
                    .toCompletableFuture()
                    .join();
        }

        try (Inbox after = open()) {
            assertThat(after.backlog()).isEqualTo(new Backlog(2, 0, T0));
        }
    }

    @Test
    default void theLongestMessagesOfAnyScriptAreStored() {
        try (Inbox inbox = open()) {
            List<String> messages = Deliveries.longMessages();

            assertThat(messages)
                    .allSatisfy(message ->
                            assertThat(store(inbox, delivery(message))).isEqualTo(StoreResult.STORED));

            assertThat(inbox.backlog().waiting()).isEqualTo(messages.size());
        }
    }

    @Test
    default void whomToTrustIsStillKnownWhenItIsOpenedAgain() {
        try (Inbox before = open()) {
            assertThat(before.trusted()).isEmpty();

            before.trust(TrustChange.installation(MEMBER, Secret.of(TOKEN), T0));

            assertThat(before.trusted()).extracting(TrustLog.Row::memberId).containsExactly(MEMBER);
        }
        try (Inbox after = open()) {
            assertThat(after.trusted())
                    .extracting(TrustLog.Row::memberId, TrustLog.Row::until)
                    .containsExactly(tuple(MEMBER, Instant.MAX));
        }
    }

    @Test
    default void aClosedInboxSaysSo() {
        Inbox inbox = open();
        inbox.close();
        inbox.close();

        assertThatThrownBy(() -> store(inbox, delivery(17, 1)))
                .isInstanceOf(StoreException.class)
                .hasMessage("the inbox is closed");
        assertThatThrownBy(inbox::probe).isInstanceOf(StoreException.class).hasMessage("the inbox is closed");
    }
}
