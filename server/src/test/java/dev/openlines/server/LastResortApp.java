// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Dispatcher;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.HttpLimits;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InboxMonitor;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Retention;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.Telemetry;
import dev.openlines.receiver.spi.LastResort;
import dev.openlines.tck.Deliveries;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RawHttp;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** A process that runs out of memory in one thread of the receiver, beside a server or without one. */
final class LastResortApp {

    private LastResortApp() {}

    /** Takes a folder, {@code server} or {@code guest}, the place that fails, and how it fails. */
    public static void main(String[] args) throws Exception {
        Path directory = Path.of(args[0]);
        Error error = args[3].equals("stack") ? new StackOverflowError("a test") : new OutOfMemoryError("a test");
        if (args[1].equals("server")) {
            ReceiverServer.builder(Handlers.on(OnSessionFinish.class, (finish, context) -> {})
                            .otherwise((event, context) -> {}))
                    .settings(Settings.of(Map.of(
                            "OPENLINES_PORT",
                            "0",
                            "OPENLINES_INBOX",
                            directory.resolve("server.db").toString(),
                            "OPENLINES_MEMBER_ID",
                            Bodies.MEMBER,
                            "OPENLINES_APPLICATION_TOKEN",
                            Bodies.TOKEN)))
                    .start();
        }
        CountDownLatch met = new CountDownLatch(2);
        Runnable fail = () -> {
            met.countDown();
            throw error;
        };
        LeasingInbox inbox = Inbox.sqlite(directory.resolve("inbox.db"));
        InstantSource clock = InstantSource.system();
        Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> fail.run())
                .otherwise((event, context) -> {});
        // Fails wherever a thread of its own asks it.
        LeasingInbox failing = FaultyInbox.of(inbox, (method, arguments) -> {
            if (Set.of("lease", "probe", "purge").contains(method)) {
                fail.run();
            }
            return null;
        });
        switch (args[2]) {
            case "handler" -> {
                inbox.store(Deliveries.delivery(Bodies.finish(1)))
                        .toCompletableFuture()
                        .join();
                new Dispatcher(inbox, handlers, DispatchPolicy.DEFAULT, clock, Telemetry.none()).start();
            }
            case "dispatcher" ->
                new Dispatcher(failing, handlers, DispatchPolicy.DEFAULT, clock, Telemetry.none()).start();
            case "monitor" -> new InboxMonitor(failing, Duration.ofMillis(1));
            case "retention" -> new Retention(failing, Duration.ofDays(1), null, clock).start();
            case "thread" -> LastResort.thread(fail, "openlines-test").start();
            case "wrapped" -> LastResort.check(new StoreException("a test", failed(fail)));
            case "receiver" -> {
                Portals portals = new Portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN));
                Receiver receiver = new Receiver(inbox, portals, Limits.DEFAULT, clock, fail, Telemetry.none());
                new RawHttp(listen(new JettyReceiver(receiver))).post(Bodies.finish(1));
            }
            case "jetty" ->
                new RawHttp(listen(new Handler.Abstract.NonBlocking() {
                            @Override
                            public boolean handle(Request request, Response response, Callback callback) {
                                fail.run();
                                return true;
                            }
                        }))
                        .get("/");
            default -> throw new IllegalArgumentException(args[2]);
        }
        // A second failure shows that the process has outlived the first.
        met.await();
        System.exit(0);
    }

    private static Throwable failed(Runnable fail) {
        try {
            fail.run();
        } catch (Error e) {
            return e;
        }
        throw new AssertionError("did not fail");
    }

    private static URI listen(Handler handler) {
        HttpPort port = new HttpPort(handler, HttpLimits.DEFAULT, () -> {}, null);
        port.listen("PORT", null, 0);
        return port.url("/");
    }
}
