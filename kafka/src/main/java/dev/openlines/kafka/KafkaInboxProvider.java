// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.InboxProvider;
import dev.openlines.receiver.Telemetry;
import java.time.InstantSource;

/** Opens inboxes at addresses that begin with {@code kafka:}. Public for {@link java.util.ServiceLoader} only. */
public final class KafkaInboxProvider implements InboxProvider {

    /** Makes a provider, for {@link java.util.ServiceLoader}. */
    public KafkaInboxProvider() {}

    @Override
    public boolean provides(String address) {
        return address.startsWith("kafka:");
    }

    @Override
    public Provided open(String address) {
        return new Opened(KafkaInbox.open(KafkaTopics.of(address)));
    }

    private record Opened(KafkaInbox inbox) implements Provided {

        @Override
        public AutoCloseable dispatch(
                Handlers handlers, DispatchPolicy policy, InstantSource clock, Telemetry telemetry) {
            return new KafkaDispatcher(inbox, handlers, policy, clock, telemetry).start();
        }
    }
}
