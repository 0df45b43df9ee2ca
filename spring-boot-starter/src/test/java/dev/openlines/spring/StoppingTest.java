// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.portal.Portal;
import dev.openlines.portal.SimulatedPortal;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InboxMonitor;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RawHttp;
import dev.openlines.testkit.Rows;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Tests of the order of closing. */
@SimulatedPortal
@Tag("long")
class StoppingTest {

    @TempDir
    private Path folder;

    private String inbox() {
        return "openlines.inbox=" + folder.resolve("inbox.db");
    }

    @Test
    void aHandlerFinishesBeforeWhatItUsesIsClosed(Portal portal) throws Exception {
        ConfigurableApplicationContext application =
                Apps.start(Slow.class, portal, inbox(), "spring.lifecycle.timeout-per-shutdown-phase=2m");
        Archive archive = application.getBean(Archive.class);
        int port = Apps.at(application, "/").getPort();
        portal.subscribe(OnSessionFinish.CODE, Apps.at(application, "/bitrix24"));
        portal.openLine("Support").openChat().close();
        assertThat(archive.begun.await(2, MINUTES)).isTrue();

        CompletableFuture<Void> stop = CompletableFuture.runAsync(application::close);
        // Then the web server is gone, and the dispatcher waits for its handler.
        Await.until("the web server's end", () -> !accepts(port));
        assertThat(archive.closed).isFalse();
        archive.goOn.countDown();
        stop.get(2, MINUTES);

        assertThat(archive.closed).isTrue();
        assertThat(archive.wasClosedInHandler).isFalse();
        try (Inbox again = Inbox.sqlite(folder.resolve("inbox.db"));
                InboxMonitor monitor = new InboxMonitor(again, Duration.ofSeconds(1))) {
            Await.until("a look", monitor::ready);
            assertThat(monitor.backlog().waiting()).isZero();
        }
    }

    @Test
    void anEventThatIsComingInIsAnsweredAndStoredBeforeTheEnd(Portal portal) throws Exception {
        ConfigurableApplicationContext application =
                Apps.start(Slow.class, portal, inbox(), "spring.lifecycle.timeout-per-shutdown-phase=2m");
        application.getBean(Archive.class).goOn.countDown();
        RawHttp http = new RawHttp(Apps.at(application, "/"));
        String event = Bodies.finish(
                17,
                "auth[member_id]",
                portal.memberId(),
                "auth[application_token]",
                portal.applicationToken().reveal());
        try (Socket sender = http.connect()) {
            sender.setSoTimeout(120_000);
            String request = http.request("POST /bitrix24", event, "Expect: 100-continue");
            int last = request.length() - 1;
            sender.getOutputStream().write(request.substring(0, last).getBytes(US_ASCII));
            assertThat(RawHttp.head(sender)).as("the endpoint reads").startsWith("HTTP/1.1 100");

            CompletableFuture<Void> stop = CompletableFuture.runAsync(application::close);
            int port = Apps.at(application, "/").getPort();
            Await.until("the web server's end", () -> !accepts(port));
            sender.getOutputStream().write(request.substring(last).getBytes(US_ASCII));

            assertThat(RawHttp.head(sender)).startsWith("HTTP/1.1 200");
            stop.get(2, MINUTES);
        }
        assertThat(Rows.of(folder.resolve("inbox.db"), "select event from inbox"))
                .containsExactly(OnSessionFinish.CODE);
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void nothingStaysOpenIfTheWebServerCannotStart(Portal portal) throws Exception {
        // Applications of other tests may go on.
        Set<Thread> before = dispatchers();
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> Apps.start(
                            Slow.class,
                            portal,
                            inbox(),
                            "server.address=127.0.0.1",
                            "server.port=" + taken.getLocalPort()))
                    .hasRootCauseInstanceOf(BindException.class);
        }
        Await.until("the dispatcher's end", () -> before.containsAll(dispatchers()));
        try (ConfigurableApplicationContext again = Apps.start(Slow.class, portal, inbox())) {
            assertThat(again.isRunning()).isTrue();
        }
    }

    private static Set<Thread> dispatchers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("openlines-dispatcher"))
                .collect(Collectors.toSet());
    }

    /** Something that a handler uses. */
    static final class Archive implements AutoCloseable {

        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        volatile boolean closed;
        volatile boolean wasClosedInHandler;

        void add() throws InterruptedException {
            begun.countDown();
            assertThat(goOn.await(2, MINUTES)).isTrue();
            wasClosedInHandler = closed;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Slow {

        @Bean
        Archive archive() {
            return new Archive();
        }

        @Bean
        Closed closed(Archive archive) {
            return new Closed(archive);
        }
    }

    record Closed(Archive archive) {

        @OpenLinesHandler
        void closed(OnSessionFinish finish) throws InterruptedException {
            assertThat(finish.chats()).isNotEmpty();
            archive.add();
        }
    }
}
