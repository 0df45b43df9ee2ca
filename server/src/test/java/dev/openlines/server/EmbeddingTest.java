// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Dispatcher;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.HttpServerReceiver;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.RawDelivery;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.ReceiverServlet;
import dev.openlines.receiver.Telemetry;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.http.pathmap.PathSpec;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.PathMappingsHandler;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code of docs/embedding.md: a receiver in an application that has a server already. */
class EmbeddingTest {

    private static final String MEMBER_ID = Bodies.MEMBER;
    private static final Secret APPLICATION_TOKEN = Secret.of(Bodies.TOKEN);
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Queue<Long> archived = new ConcurrentLinkedQueue<>();

    @TempDir
    private Path folder;

    /** The parts that are the same in every server. */
    private final class Parts implements AutoCloseable {

        final LeasingInbox inbox;
        final Dispatcher dispatcher;
        final Receiver receiver;

        Parts(Path file) {
            inbox = Inbox.sqlite(file);
            Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> archive(finish))
                    .ignoringOthers();
            dispatcher = new Dispatcher(
                            inbox, handlers, DispatchPolicy.DEFAULT, InstantSource.system(), Telemetry.none())
                    .start();
            Portals portals = inbox.portals().trust(MEMBER_ID, APPLICATION_TOKEN);
            receiver = new Receiver(
                    inbox, portals, Limits.DEFAULT, InstantSource.system(), dispatcher::wake, Telemetry.none());
        }

        /** Closes the parts. Call it when the server has stopped. */
        @Override
        public void close() {
            dispatcher.close();
            inbox.close();
        }
    }

    private void archive(OnSessionFinish finish) {
        finish.chats().stream().map(OpenLineChat::chatId).forEach(archived::add);
    }

    @Test
    void inAServletContainer() throws Exception {
        Server server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        try (Parts parts = new Parts(folder.resolve("inbox.db"))) {
            ServletContextHandler context = new ServletContextHandler("/");
            ServletHolder endpoint = new ServletHolder(new ReceiverServlet(parts.receiver));
            endpoint.setAsyncSupported(true);
            context.addServlet(endpoint, "/bitrix24");
            server.setHandler(context);
            server.start();
            delivered(((ServerConnector) server.getConnectors()[0]).getLocalPort(), 404, 405);
            server.stop();
        }
        allIsStored();
    }

    @Test
    void inJetty() throws Exception {
        Server server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        try (Parts parts = new Parts(folder.resolve("inbox.db"))) {
            PathMappingsHandler paths = new PathMappingsHandler();
            paths.addMapping(PathSpec.from("/bitrix24"), new JettyReceiver(parts.receiver));
            server.setHandler(paths);
            server.start();
            delivered(((ServerConnector) server.getConnectors()[0]).getLocalPort(), 404);
            server.stop();
        }
        allIsStored();
    }

    @Test
    @Tag("long")
    void inTheServerOfTheJdk() throws Exception {
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        HttpServer server = HttpServer.create(address, 1024);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (Parts parts = new Parts(folder.resolve("inbox.db"))) {
            server.setExecutor(threads);
            server.createContext("/bitrix24", new HttpServerReceiver(parts.receiver));
            server.start();
            delivered(server.getAddress().getPort(), 404);
            server.stop(5);
        } finally {
            threads.shutdown();
        }
        allIsStored();
    }

    @Test
    void aHandlerMayRunInASpan() {
        ObservationRegistry observations = ObservationRegistry.create();
        Queue<Observation.Context> ended = new ConcurrentLinkedQueue<>();
        observations.observationConfig().observationHandler(new ObservationHandler<>() {
            @Override
            public void onStop(Observation.Context context) {
                ended.add(context);
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
        Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> {
                    archive(finish);
                    throw context.deadLetter("no such line");
                })
                .ignoringOthers();
        Handlers traced = handlers.around(
                handler -> (event, context) -> Observation.createNotStarted("openlines.handler", observations)
                        .contextualName("process " + event.code())
                        .highCardinalityKeyValue("openlines.portal", context.memberId())
                        .observeChecked(() -> handler.handle(event, context)));
        try (LeasingInbox inbox = Inbox.memory();
                Dispatcher dispatcher = new Dispatcher(
                                inbox, traced, DispatchPolicy.DEFAULT, InstantSource.system(), Telemetry.none())
                        .start()) {
            Receiver receiver = new Receiver(
                    inbox,
                    inbox.portals().trust(MEMBER_ID, APPLICATION_TOKEN),
                    Limits.DEFAULT,
                    InstantSource.system(),
                    dispatcher::wake,
                    Telemetry.none());
            receiver.receive(new RawDelivery(
                    "POST",
                    "application/x-www-form-urlencoded",
                    Bodies.finish(17).getBytes(UTF_8)));
            Await.until("the dead letter", () -> inbox.backlog().dead() == 1);
        }
        assertThat(archived).containsExactly(17L);
        assertThat(ended).singleElement().satisfies(span -> {
            assertThat(span.getContextualName()).isEqualTo("process ONSESSIONFINISH");
            assertThat(span.getError()).hasMessage("no such line");
        });
    }

    /** Sends events, and one to another path. A servlet container may say that nothing there takes a POST. */
    private void delivered(int port, Integer... elsewhere) throws Exception {
        URI endpoint = URI.create("http://127.0.0.1:" + port + "/bitrix24");
        assertThat(post(endpoint, Bodies.finish(17))).isEqualTo(200);
        assertThat(post(endpoint, Bodies.finish(18, "auth[application_token]", "no")))
                .isEqualTo(403);
        assertThat(post(endpoint.resolve("/other"), Bodies.finish(19))).isIn((Object[]) elsewhere);
        Await.until("the chat", () -> archived.contains(17L));
        assertThat(archived).hasSize(1);
    }

    private void allIsStored() {
        try (LeasingInbox again = Inbox.sqlite(folder.resolve("inbox.db"))) {
            assertThat(again.backlog().waiting()).isZero();
        }
    }

    private static int post(URI to, String form) throws Exception {
        return HTTP.send(
                        HttpRequest.newBuilder(to)
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .POST(HttpRequest.BodyPublishers.ofString(form))
                                .build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }
}
