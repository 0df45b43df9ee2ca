// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InboxMonitor;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.Rows;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class MonitoringTest {

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private final CountDownLatch mayHandle = new CountDownLatch(1);
    private ReceiverServer server;

    @BeforeEach
    void start() {
        Map<String, String> environment = new HashMap<>(Map.of(
                "OPENLINES_PORT",
                "0",
                "OPENLINES_INBOX",
                directory.resolve("inbox.db").toString(),
                "OPENLINES_MEMBER_ID",
                Bodies.MEMBER,
                "OPENLINES_APPLICATION_TOKEN",
                Bodies.TOKEN,
                "OPENLINES_MONITOR_PORT",
                "0"));
        server = ReceiverServer.builder(Handlers.all((event, context) -> mayHandle.await()))
                .settings(Settings.of(environment))
                .start();
    }

    @AfterEach
    void stop() {
        mayHandle.countDown();
        server.close();
    }

    @Test
    void theCountersAreWhatHappened() throws Exception {
        for (long chat = 1; chat <= 5; chat++) {
            assertThat(post(Bodies.finish(chat))).isEqualTo(200);
        }
        assertThat(post(Bodies.finish(1))).isEqualTo(200);
        assertThat(post(Bodies.finish(6, "auth[application_token]", "no"))).isEqualTo(403);
        assertThat(post(Bodies.finish(6, "auth[member_id]", "nobody"))).isEqualTo(403);
        assertThat(post("%")).isEqualTo(400);

        String metrics = get("/metrics").body();

        assertThat(metrics)
                .contains("openlines_received_seconds_count{outcome=\"accepted\"} 5\n")
                .contains("openlines_received_seconds_count{outcome=\"duplicate\"} 1\n")
                .contains("openlines_received_seconds_count{outcome=\"refused\"} 1\n")
                .contains("openlines_received_seconds_count{outcome=\"wrong-token\"} 1\n")
                .contains("openlines_received_seconds_count{outcome=\"malformed\"} 1\n")
                .doesNotContain(Bodies.MEMBER, Bodies.TOKEN, Bodies.ACCESS_TOKEN);
        awaitMetric("openlines_backlog 5.0");
        mayHandle.countDown();
        awaitMetric("openlines_backlog 0.0");
        assertThat(get("/metrics").body()).contains("openlines_handled_seconds_count{outcome=\"done\"} 5\n");
    }

    @Test
    void unknownPortalsAddNoMeter() throws Exception {
        assertThat(post(Bodies.finish(6, "auth[member_id]", "nobody"))).isEqualTo(403);
        long before = get("/metrics").body().lines().count();
        for (int i = 0; i < 200; i++) {
            assertThat(post(Bodies.finish(6, "auth[member_id]", "nobody" + i, "event", "E" + i)))
                    .isEqualTo(403);
        }

        assertThat(get("/metrics").body().lines().count()).isEqualTo(before);
    }

    @Test
    void aStoreThatCannotWriteIsNotReadyRefusesAndRecoversByItself() throws Exception {
        assertThat(get("/health/live").body()).isEqualTo("live\n");
        awaitReady(200);
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("inbox.db"));
                Statement statement = other.createStatement()) {
            statement.execute("begin exclusive");

            assertThat(post(Bodies.finish(17))).isEqualTo(503);

            awaitReady(503);
            assertThat(get("/health/live").statusCode()).isEqualTo(200);
            statement.execute("rollback");
        }
        awaitReady(200);
        assertThat(post(Bodies.finish(17))).isEqualTo(200);
        assertThat(Rows.of(directory.resolve("inbox.db"), "select count(*) from inbox"))
                .isEqualTo(List.of("1"));
    }

    @Test
    void aProbeThatThrowsWhatItShouldNotIsNotReadyAndAskedAgain() {
        AtomicBoolean broken = new AtomicBoolean(true);
        LeasingInbox odd = FaultyInbox.of(Inbox.sqlite(directory.resolve("odd.db")), (method, arguments) -> {
            if (method.equals("probe") && broken.get()) {
                throw new IllegalStateException("a bug of this inbox");
            }
            return null;
        });
        try (odd;
                InboxMonitor monitor = new InboxMonitor(odd, Duration.ofMillis(5))) {
            assertThat(monitor.ready()).isFalse();

            broken.set(false);

            Await.until("ready", monitor::ready);
            broken.set(true);
            Await.until("the monitor notices", () -> !monitor.ready());
            broken.set(false);
            Await.until("ready again", monitor::ready);
        }
    }

    @Test
    void metersAndHealthAreNotOnThePortOfEvents() throws Exception {
        assertThat(server.monitorUrl().orElseThrow().getPort())
                .isNotEqualTo(server.url().getPort());
        for (String path : List.of("/metrics", "/health/live", "/health/ready")) {
            assertThat(get(path).statusCode()).isEqualTo(200);
            URI events = server.url().resolve(path);
            assertThat(http.send(HttpRequest.newBuilder(events).build(), HttpResponse.BodyHandlers.ofString()))
                    .satisfies(answer -> {
                        assertThat(answer.statusCode()).isEqualTo(404);
                        assertThat(answer.body()).isEmpty();
                    });
        }
        assertThat(get("/").statusCode()).isEqualTo(404);
    }

    private void awaitReady(int status) throws Exception {
        Await.until("readiness " + status, () -> get("/health/ready").statusCode() == status);
    }

    private void awaitMetric(String line) throws Exception {
        Await.until(line, () -> get("/metrics").body().contains(line + "\n"));
    }

    private HttpResponse<String> get(String path) throws Exception {
        URI url = server.monitorUrl().orElseThrow().resolve(path);
        return http.send(
                HttpRequest.newBuilder(url).timeout(Duration.ofSeconds(30)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private int post(String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(server.url())
                .header("Content-Type", "application/x-www-form-urlencoded")
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }
}
