// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.kafkaworkers;

import dev.openlines.kafka.KafkaDispatcher;
import dev.openlines.kafka.KafkaInbox;
import dev.openlines.kafka.KafkaTopics;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.Telemetry;
import dev.openlines.server.ConfigurationException;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/**
 * One program, two roles: {@code receive} takes events from portals and appends them to a topic, {@code work} handles
 * them. Start as many of each as you like; see {@link Settings#fromEnvironment} and {@link KafkaTopics#of}.
 */
final class KafkaWorkers {

    private KafkaWorkers() {}

    public static void main(String[] args) throws InterruptedException {
        String role = args.length == 1 ? args[0] : "";
        try {
            switch (role) {
                case "receive" -> receive(System.getenv());
                case "work" -> work(System.getenv());
                default -> throw new IllegalArgumentException("expected one argument, receive or work");
            }
        } catch (ConfigurationException | StoreException | IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(3);
        }
    }

    private static void receive(Map<String, String> environment) throws InterruptedException {
        Map<String, String> settings = new HashMap<>(environment);
        settings.put("OPENLINES_WORKERS", "0");
        try (ReceiverServer server = ReceiverServer.builder(handlers())
                .settings(Settings.of(settings))
                .start()) {
            System.out.println("receiver ready at " + server.url());
            server.join();
        }
    }

    private static void work(Map<String, String> environment) {
        Settings config = Settings.of(environment);
        KafkaInbox inbox = KafkaInbox.open(KafkaTopics.of(config.inbox()));
        KafkaDispatcher dispatcher = new KafkaDispatcher(
                        inbox,
                        handlers(),
                        DispatchPolicy.DEFAULT.withWorkers(config.workers()),
                        InstantSource.system(),
                        Telemetry.none())
                .start();
        // On SIGTERM, running handlers finish and their offsets are committed. Until then the dispatcher's threads keep
        // the process alive.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            dispatcher.close();
            inbox.close();
        }));
        System.out.println("worker ready");
    }

    private static Handlers handlers() {
        return Handlers.on(OnSessionFinish.class, KafkaWorkers::closed).ignoringOthers();
    }

    /**
     * Handles a closed chat. Replace this with your own work. After a kill it may run again, with the same {@code
     * context.idempotencyKey()}.
     */
    private static void closed(OnSessionFinish finish, EventContext context) {
        for (OpenLineChat chat : finish.chats()) {
            System.out.println("closed chat=" + chat.chatId() + " portal=" + context.memberId());
        }
    }
}
