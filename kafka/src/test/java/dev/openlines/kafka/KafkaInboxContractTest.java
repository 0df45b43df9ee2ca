// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import dev.openlines.receiver.Inbox;
import dev.openlines.tck.InboxContract;
import dev.openlines.testkit.KafkaBroker;

/** Kafka has no leases, so what every inbox must do is all that it promises. */
class KafkaInboxContractTest implements InboxContract {

    private final KafkaTopics topics = KafkaTopics.of(KafkaBroker.newTopics(2));

    @Override
    public Inbox open() {
        return KafkaInbox.open(topics);
    }
}
