// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Dispatcher;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.HttpLimits;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Telemetry;
import dev.openlines.testkit.Bodies;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A receiver as a process of its own that forgets what was done ten seconds ago, so that its file does not grow.
 * Prints its address; then, for each line it reads, the megabytes of heap in use after a collection and how
 * many files and sockets are open.
 */
final class SoakApp {

    private SoakApp() {}

    public static void main(String[] args) throws Exception {
        InstantSource clock = InstantSource.system();
        LeasingInbox inbox = Inbox.sqlite(Path.of(args[0]));
        Handlers handlers = Handlers.all((event, context) -> {});
        ScheduledExecutorService purger = Executors.newSingleThreadScheduledExecutor();
        try (Dispatcher dispatcher =
                new Dispatcher(inbox, handlers, DispatchPolicy.DEFAULT, clock, Telemetry.none()).start()) {
            Portals portals = inbox.portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN));
            Receiver receiver = new Receiver(inbox, portals, Limits.DEFAULT, clock, dispatcher::wake, Telemetry.none());
            HttpPort port = new HttpPort(new JettyReceiver(receiver), HttpLimits.DEFAULT, receiver::dropped, null);
            port.listen("OPENLINES_PORT", null, 0);
            ScheduledFuture<?> purging = purger.scheduleWithFixedDelay(
                    () -> inbox.purge(Instant.now().minusSeconds(10)), 1, 1, TimeUnit.SECONDS);
            System.out.println(port.url("/in"));
            BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            while (in.readLine() != null) {
                System.gc();
                long heap =
                        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
                long handles = ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                        .getOpenFileDescriptorCount();
                System.out.println(heap / 1e6 + " " + handles);
            }
            purging.cancel(false);
            port.stop();
        } finally {
            purger.shutdownNow();
            inbox.close();
        }
    }
}
