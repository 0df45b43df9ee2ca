// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.receiver.Handlers;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.LogRecords;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Checks which addresses of this machine a receiver can be reached at. All of 127.0.0.0/8 are. */
@Timeout(300)
class ListeningTest {

    private static final String ONE = "127.0.0.1";
    private static final String OTHER = "127.0.0.2";
    private static final String NONE = "no connection";

    @TempDir
    Path directory;

    private ReceiverServer server;

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void aReceiverListensOnTheAddressThatItIsToldAndOnNoOther() throws IOException {
        String record = start("OPENLINES_HOST", ONE, "OPENLINES_MONITOR_PORT", "0");

        assertThat(status(ONE, server.url())).isEqualTo("405");
        assertThat(status(OTHER, server.url())).isEqualTo(NONE);
        assertThat(record).contains("endpoint=http://127.0.0.1:" + server.url().getPort() + "/ ");
    }

    @Test
    void theMonitorListensOnLoopbackUnlessItIsToldAnother() throws IOException {
        String record = start("OPENLINES_MONITOR_PORT", "0");
        URI monitor = server.monitorUrl().orElseThrow();

        assertThat(status(ONE, server.url())).isEqualTo("405");
        assertThat(status(OTHER, server.url())).isEqualTo("405");
        assertThat(status(ONE, monitor.resolve("/health/live"))).isEqualTo("200");
        assertThat(status(OTHER, monitor.resolve("/health/live"))).isEqualTo(NONE);
        assertThat(record).contains("endpoint=http://*:" + server.url().getPort() + "/ ", "monitor=http://127.0.0.1:");
    }

    @Test
    void probesReachTheMonitorAtAnAddressThatSendersDoNotReachTheReceiverAt() throws IOException {
        String record = start("OPENLINES_HOST", ONE, "OPENLINES_MONITOR_PORT", "0", "OPENLINES_MONITOR_HOST", OTHER);
        URI monitor = server.monitorUrl().orElseThrow();

        assertThat(monitor.getHost()).isEqualTo(OTHER);
        assertThat(status(OTHER, monitor.resolve("/health/ready"))).isEqualTo("200");
        assertThat(status(OTHER, monitor.resolve("/metrics"))).isEqualTo("200");
        assertThat(status(ONE, monitor.resolve("/health/ready"))).isEqualTo(NONE);
        assertThat(status(OTHER, server.url())).isEqualTo(NONE);
        // Senders do not see the pages of operators.
        assertThat(status(ONE, server.url().resolve("/health/ready"))).isEqualTo("404");
        assertThat(status(ONE, server.url().resolve("/metrics"))).isEqualTo("404");
        assertThat(record).contains("endpoint=http://127.0.0.1:", "monitor=http://127.0.0.2:" + monitor.getPort());
    }

    @Test
    void theMonitorListensOnAllAddressesIfItIsTold() throws IOException {
        start("OPENLINES_HOST", ONE, "OPENLINES_MONITOR_PORT", "0", "OPENLINES_MONITOR_HOST", "0.0.0.0");
        URI monitor = server.monitorUrl().orElseThrow();

        assertThat(status(ONE, monitor.resolve("/health/live"))).isEqualTo("200");
        assertThat(status(OTHER, monitor.resolve("/health/live"))).isEqualTo("200");
        assertThat(status(OTHER, server.url())).isEqualTo(NONE);
    }

    /** Starts with further settings, each with its value. Returns the record of the start. */
    private String start(String... more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "OPENLINES_PORT",
                "0",
                "OPENLINES_INBOX",
                directory.resolve("inbox.db").toString(),
                "OPENLINES_MEMBER_ID",
                Bodies.MEMBER,
                "OPENLINES_APPLICATION_TOKEN",
                Bodies.TOKEN));
        for (int i = 0; i < more.length; i += 2) {
            settings.put(more[i], more[i + 1]);
        }
        List<String> log = LogRecords.of(() -> server = ReceiverServer.builder(Handlers.all((event, context) -> {}))
                .settings(Settings.of(settings))
                .start());
        return log.stream()
                .filter(line -> line.contains("reason=started "))
                .findFirst()
                .orElseThrow();
    }

    /** Returns the status that is answered at an address, or that there is no connection. */
    private static String status(String address, URI url) throws IOException {
        try (Socket socket = new Socket(InetAddress.getByName(address), url.getPort())) {
            socket.setSoTimeout(120_000);
            socket.getOutputStream()
                    .write(("GET " + url.getPath() + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII).substring(9);
        } catch (ConnectException e) {
            return NONE;
        }
    }
}
