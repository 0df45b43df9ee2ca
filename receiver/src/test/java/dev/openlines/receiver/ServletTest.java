// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RawHttp;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.Part;
import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Enumeration;
import java.util.Map;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The servlet among the filters of an application. */
@Timeout(300)
class ServletTest {

    private static final long ROOM = 400_000;
    /** With so many places that are not given back there would be no room. */
    private static final int MANY = 50;

    @TempDir
    Path directory;

    private Inbox inbox;
    private Receiver receiver;
    private Server server;

    @BeforeEach
    void open() {
        inbox = Inbox.sqlite(directory.resolve("inbox.db"));
        receiver = new Receiver(
                inbox,
                new Portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN)),
                Limits.DEFAULT,
                InstantSource.system(),
                () -> {},
                Telemetry.none());
    }

    @AfterEach
    void close() throws Exception {
        server.stop();
        inbox.close();
    }

    @Test
    void theContainerIsNeverAskedForParametersPartsOrText() throws Exception {
        RawHttp http = start(
                Duration.ofSeconds(30),
                (request, response, chain) -> chain.doFilter(new Guarded((HttpServletRequest) request), response));

        assertThat(http.post(Bodies.finish(17))).startsWith("HTTP/1.1 200 ");
        assertThat(http.post(Bodies.finish(18, "auth[application_token]", "no")))
                .startsWith("HTTP/1.1 403 ");
        assertThat(http.post("%")).startsWith("HTTP/1.1 400 ");
        assertThat(inbox.backlog().waiting()).isEqualTo(1);
    }

    @Test
    void aFilterThatReadAParameterMakesTheRequestFailAndNotLookLikeARubbishOne() throws Exception {
        RawHttp http = start(Duration.ofSeconds(30), (request, response, chain) -> {
            if (((HttpServletRequest) request).getHeader("X-Taken") != null) {
                assertThat(request.getParameter("event")).isEqualTo("ONSESSIONFINISH");
            }
            chain.doFilter(request, response);
        });
        for (int i = 0; i < MANY; i++) {
            assertThat(http.post(Bodies.finish(i), "X-Taken: yes")).startsWith("HTTP/1.1 500 ");
        }

        assertThat(http.post(Bodies.finish(17))).startsWith("HTTP/1.1 200 ");
        assertThat(inbox.backlog().waiting()).isEqualTo(1);
    }

    @Test
    void aFilterThatTookAReaderOfTheBodyKeepsNoPlaceAmongTheRequests() throws Exception {
        RawHttp http = start(Duration.ofSeconds(30), (request, response, chain) -> {
            if (((HttpServletRequest) request).getHeader("X-Taken") != null) {
                BufferedReader unused = request.getReader();
            }
            chain.doFilter(request, response);
        });
        for (int i = 0; i < MANY; i++) {
            assertThat(http.post(Bodies.finish(i), "X-Taken: yes")).startsWith("HTTP/1.1 500 ");
        }

        assertThat(http.post(Bodies.finish(17))).startsWith("HTTP/1.1 200 ");
        assertThat(inbox.backlog().waiting()).isEqualTo(1);
    }

    @Test
    void aBodyThatDoesNotComeIsToldSoAndItsPlaceIsFreeAgain() throws Exception {
        RawHttp http = start(Duration.ofMillis(300), (request, response, chain) -> chain.doFilter(request, response));
        String request = http.request("POST /in", Bodies.finish(17));
        for (int i = 0; i < 6; i++) {
            try (Socket socket = http.connect()) {
                socket.setSoTimeout(30_000);
                socket.getOutputStream()
                        .write(request.substring(0, request.length() - 1).getBytes(StandardCharsets.ISO_8859_1));
                assertThat(RawHttp.head(socket)).startsWith("HTTP/1.1 408 ");
            }
        }

        assertThat(http.post(Bodies.finish(18))).startsWith("HTTP/1.1 200 ");
        assertThat(inbox.backlog().waiting()).isEqualTo(1);
    }

    private RawHttp start(Duration patience, Filter filter) throws Exception {
        ServletContextHandler context = new ServletContextHandler("/");
        FilterHolder first = new FilterHolder(filter);
        first.setAsyncSupported(true);
        context.addFilter(first, "/in", EnumSet.of(DispatcherType.REQUEST));
        ServletHolder holder = new ServletHolder(new ReceiverServlet(receiver, ROOM, patience));
        holder.setAsyncSupported(true);
        context.addServlet(holder, "/in");
        server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        server.setHandler(context);
        server.start();
        int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
        return new RawHttp(URI.create("http://127.0.0.1:" + port));
    }

    /** A request that gives its bytes and nothing that the container would have to make of them. */
    private static final class Guarded extends HttpServletRequestWrapper {

        Guarded(HttpServletRequest request) {
            super(request);
        }

        private static IllegalStateException asked() {
            return new IllegalStateException("the container was asked");
        }

        @Override
        public String getParameter(String name) {
            throw asked();
        }

        @Override
        public String[] getParameterValues(String name) {
            throw asked();
        }

        @Override
        public Map<String, String[]> getParameterMap() {
            throw asked();
        }

        @Override
        public Enumeration<String> getParameterNames() {
            throw asked();
        }

        @Override
        public BufferedReader getReader() {
            throw asked();
        }

        @Override
        public Collection<Part> getParts() {
            throw asked();
        }

        @Override
        public Part getPart(String name) {
            throw asked();
        }
    }
}
