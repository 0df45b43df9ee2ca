// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.RetryPolicy;
import dev.openlines.receiver.Telemetry;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.locks.LockSupport;

/**
 * A worker as a process of its own. Its effect of an event is one line, {@code PROCESS CHAT SECOND}, in a file that
 * all workers append to; one event in sixteen fails at its first attempt, and chat 666 is the end of it.
 */
final class KafkaCrashWorker {

    private KafkaCrashWorker() {}

    public static void main(String[] args) throws Exception {
        FileChannel effects = FileChannel.open(Path.of(args[1]), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> {
                    if (context.attempt() == 1 && context.idempotencyKey().charAt(0) == '0') {
                        throw new IllegalStateException("away");
                    }
                    if (finish.chats().get(0).chatId() == 666) {
                        Runtime.getRuntime().halt(137);
                    }
                    LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
                    // One write, so that lines of several processes do not mix and stand in the order of the effects.
                    effects.write(ByteBuffer.wrap((ProcessHandle.current().pid() + " "
                                    + finish.chats().get(0).chatId() + " "
                                    + finish.header().sentAt().getEpochSecond() + "\n")
                            .getBytes(StandardCharsets.UTF_8)));
                })
                .otherwise((event, context) -> {});
        KafkaInbox inbox = KafkaInbox.open(KafkaTopics.of(args[0]));
        DispatchPolicy policy = DispatchPolicy.DEFAULT.withRetry(
                RetryPolicy.DEFAULT.withWaits(Duration.ofMillis(20), Duration.ofMillis(100)));
        KafkaDispatcher dispatcher =
                new KafkaDispatcher(inbox, handlers, policy, InstantSource.system(), Telemetry.none()).start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            dispatcher.close();
            inbox.close();
        }));
        System.out.println("ready");
    }
}
