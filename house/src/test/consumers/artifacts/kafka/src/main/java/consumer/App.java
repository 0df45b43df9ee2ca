// SPDX-License-Identifier: Apache-2.0
package consumer;

import dev.openlines.kafka.KafkaTopics;
import dev.openlines.receiver.InboxProvider;
import java.util.ServiceLoader;

/** Finds the inbox by its name, as a receiver does. */
public final class App {

    private App() {}

    public static void main(String[] args) {
        KafkaTopics.of("kafka:127.0.0.1:9092/openlines");
        System.out.println("providers=" + ServiceLoader.load(InboxProvider.class).stream().count());
    }
}
