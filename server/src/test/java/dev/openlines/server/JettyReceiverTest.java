// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.HttpLimits;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Reply;
import dev.openlines.receiver.Telemetry;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RawHttp;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.RejectedExecutionException;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** No request keeps its place for ever, with any fault beside an event. */
@Timeout(300)
class JettyReceiverTest {

    private static final HttpLimits LIMITS =
            new HttpLimits(Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofSeconds(30), 400_000);
    /** With so many places that are not given back there would be no room. */
    private static final int MANY = 50;

    @TempDir
    Path directory;

    private volatile boolean broken = true;
    private LeasingInbox inbox;
    private Server server;

    @BeforeEach
    void open() {
        inbox = Inbox.sqlite(directory.resolve("inbox.db"));
    }

    @AfterEach
    void close() throws Exception {
        server.stop();
        inbox.close();
    }

    @Test
    void aServerThatHasNoThreadForTheAnswerGivesItFromTheInboxsOwn() throws Exception {
        RawHttp http = start(Telemetry.none());
        for (int i = 0; i < MANY; i++) {
            assertThat(http.post(Bodies.finish(i))).startsWith("HTTP/1.1 200 ");
        }

        broken = false;

        assertThat(http.post(Bodies.finish(17))).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void aTelemetryThatThrowsWhileABodyIsReadKeepsNoPlace() throws Exception {
        RawHttp http = start(new Telemetry() {
            @Override
            public void replied(Reply reply, Duration took) {
                if (broken) {
                    throw new IllegalStateException("a registry that is closed");
                }
            }

            @Override
            public void attempted(String outcome, Duration took) {
                // Nothing is handled here.
            }
        });
        for (int i = 0; i < MANY; i++) {
            assertThat(http.endless("x=" + "y".repeat(70_000))).startsWith("HTTP/1.1 500 ");
        }

        broken = false;

        assertThat(http.post(Bodies.finish(17))).startsWith("HTTP/1.1 200 ");
    }

    private RawHttp start(Telemetry telemetry) throws Exception {
        Receiver receiver = new Receiver(
                inbox,
                new Portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN)),
                Limits.DEFAULT.withBodyBytes(65_536),
                InstantSource.system(),
                () -> {},
                telemetry);
        server = new Server(new QueuedThreadPool() {
            @Override
            public void execute(Runnable job) {
                if (broken && Thread.currentThread().getName().equals("openlines-inbox")) {
                    throw new RejectedExecutionException("the queue is full");
                }
                super.execute(job);
            }
        });
        ServerConnector connector = new ServerConnector(server, 1, 1);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(new JettyReceiver(receiver, LIMITS));
        server.start();
        return new RawHttp(URI.create("http://127.0.0.1:" + connector.getLocalPort()));
    }
}
