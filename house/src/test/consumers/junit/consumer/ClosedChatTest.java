// SPDX-License-Identifier: Apache-2.0
package consumer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.SimulatedPortal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/** The test of a team with a handler of its own, in any framework. */
@SimulatedPortal
class ClosedChatTest {

    @Test
    void theHandlerHearsOfAClosedChat(Portal portal) throws Exception {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            heard.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        try {
            portal.subscribe("ONSESSIONFINISH", URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"));

            List<Delivery> sent = portal.openLine("Support").openChat().close();

            assertEquals(1, sent.size());
            assertTrue(sent.get(0).acknowledged());
            assertTrue(heard.remove().startsWith("event=ONSESSIONFINISH&"));
        } finally {
            server.stop(0);
        }
    }
}
