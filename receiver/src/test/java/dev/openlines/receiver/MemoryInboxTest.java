// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class MemoryInboxTest {

    @Test
    void twoInboxesHaveNothingInCommon() {
        try (LeasingInbox one = Inbox.memory();
                LeasingInbox other = Inbox.memory()) {
            Deliveries.store(one, Deliveries.delivery(1, 1));

            assertThat(one.backlog().waiting()).isEqualTo(1);
            assertThat(other.backlog().waiting()).isZero();
        }
    }

    @Test
    void aHandlerMayUseItsDatabaseWhileEventsAreStored() throws Exception {
        try (LeasingInbox inbox = Inbox.memory()) {
            Deliveries.store(inbox, Deliveries.delivery(1, 1));
            Instant now = Instant.now();
            LeasedDelivery leased = inbox.lease(
                            new LeaseRequest("a", 1, now, now.plusSeconds(60), now.plusSeconds(600), false))
                    .get(0);

            assertThat(inbox.commitOnce(
                            leased,
                            "",
                            connection -> connection.createStatement().execute("create table mine (id integer)"),
                            now))
                    .isTrue();
            assertThat(inbox.commitOnce(leased, "", connection -> {}, now)).isFalse();
            Deliveries.store(inbox, Deliveries.delivery(2, 1));
            assertThat(inbox.backlog().waiting()).isEqualTo(2);
        }
    }
}
