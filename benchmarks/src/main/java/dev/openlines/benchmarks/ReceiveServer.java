// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import dev.openlines.kafka.KafkaInbox;
import dev.openlines.kafka.KafkaTopics;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Dispatcher;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Telemetry;
import dev.openlines.server.JettyReceiver;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.concurrent.atomic.LongAdder;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * A process that receives: {@code bare} reads the body and answers, {@code memory} decodes, verifies and forgets,
 * {@code sqlite FILE}, {@code postgresql URL} and {@code kafka ADDRESS} store, {@code handled-sqlite FILE} and {@code
 * handled-postgresql URL} handle as well. Prints its port; then, for each line it reads, the nanoseconds of CPU, the
 * bytes and the handled events so far.
 */
public final class ReceiveServer {

    static final String MEMBER = "a223c6b3710f85df22e9377d6c4f7553";
    static final String TOKEN = "51856fefc120afa4b628cc82d3935cce";

    private static final LongAdder HANDLED = new LongAdder();

    private ReceiveServer() {}

    /**
     * Runs until its input ends.
     *
     * @param args the kind, and the place of its store
     * @throws Exception if it cannot
     */
    public static void main(String[] args) throws Exception {
        Handler handler = switch (args[0]) {
            case "bare" -> new Bare();
            case "memory" -> receiver(MemoryInbox.open());
            case "sqlite" -> receiver(Inbox.sqlite(Path.of(args[1])));
            case "handled-sqlite" -> handling(Inbox.sqlite(Path.of(args[1])));
            case "handled-postgresql" -> handling(Inbox.postgresql(args[1]));
            case "kafka" -> receiver(KafkaInbox.open(KafkaTopics.of(args[1])));
            default -> receiver(Inbox.postgresql(args[1]));
        };
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        Server jetty = new Server();
        ServerConnector connector = new ServerConnector(jetty, 1, 1, new HttpConnectionFactory(http));
        connector.setHost("127.0.0.1");
        jetty.addConnector(connector);
        jetty.setHandler(handler);
        jetty.start();
        System.out.println(connector.getLocalPort());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (in.readLine() != null) {
            System.out.println(cpuNanos() + " " + allocatedBytes() + " " + HANDLED.sum());
        }
        jetty.stop();
    }

    private static Handler receiver(Inbox inbox) {
        return receiver(inbox, () -> {});
    }

    private static Handler receiver(Inbox inbox, Runnable stored) {
        Portals portals = new Portals().trust(MEMBER, Secret.of(TOKEN));
        return new JettyReceiver(
                new Receiver(inbox, portals, Limits.DEFAULT, InstantSource.system(), stored, Telemetry.none()));
    }

    /** Starts a dispatcher whose handler counts events, and returns a receiver that wakes it. */
    private static Handler handling(LeasingInbox inbox) {
        Dispatcher dispatcher = new Dispatcher(
                inbox,
                Handlers.all((event, context) -> HANDLED.increment()),
                DispatchPolicy.DEFAULT,
                InstantSource.system(),
                Telemetry.none());
        dispatcher.start();
        return receiver(inbox, dispatcher::wake);
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static long allocatedBytes() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
                .filter(bytes -> bytes > 0)
                .sum();
    }

    /** The least a server can do with a body, without blocking. */
    private static final class Bare extends Handler.Abstract.NonBlocking {

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            read(request, response, callback);
            return true;
        }

        private static void read(Request request, Response response, Callback callback) {
            while (true) {
                Content.Chunk chunk = request.read();
                if (chunk == null) {
                    request.demand(() -> read(request, response, callback));
                    return;
                }
                if (Content.Chunk.isFailure(chunk)) {
                    callback.failed(chunk.getFailure());
                    return;
                }
                boolean last = chunk.isLast();
                chunk.release();
                if (last) {
                    response.setStatus(200);
                    response.write(true, null, callback);
                    return;
                }
            }
        }
    }
}
