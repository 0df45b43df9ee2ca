// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InstallationCheck;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Reply;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.Telemetry;
import dev.openlines.tck.Deliveries;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.Rows;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class ReceiverServerBuilderTest {

    private final BlockingQueue<Event> handled = new LinkedBlockingQueue<>();

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
    void aServerIsConfiguredFromCodeAlone() throws Exception {
        Path file = directory.resolve("code.db");
        List<String> outcomes = new CopyOnWriteArrayList<>();
        Telemetry meters = new Telemetry() {
            @Override
            public void replied(Reply reply, Duration took) {
                outcomes.add(reply.reason());
            }

            @Override
            public void attempted(String outcome, Duration took) {
                outcomes.add(outcome);
            }
        };

        server = ReceiverServer.builder(handlers())
                .host("127.0.0.1")
                .port(0)
                .path("/bitrix24")
                .inbox(Inbox.sqlite(file))
                .trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN))
                .limits(Limits.DEFAULT.withBodyBytes(2000))
                .workers(1)
                .ordered(true)
                .monitor("127.0.0.1", 0)
                .telemetry(meters)
                .clock(() -> Deliveries.T0)
                .start();

        assertThat(server.url().getPath()).isEqualTo("/bitrix24");
        assertThat(post(Bodies.finish(17))).isEqualTo(200);
        assertThat(handled.poll(30, TimeUnit.SECONDS)).isInstanceOf(OnSessionFinish.class);
        assertThat(post("a=" + "b".repeat(2000))).isEqualTo(413);
        Await.until("both are told", () -> outcomes.containsAll(List.of("done", "too-large")));
        assertThat(server.monitorUrl()).isPresent();
        server.close();
        assertThat(Rows.of(file, "select received_at from inbox"))
                .containsExactly(Long.toString(Deliveries.T0.toEpochMilli()));
    }

    @Test
    void aServerThatTrustsNoPortalDoesNotStartAndClosesTheInboxItWasGiven() {
        LeasingInbox inbox = Inbox.sqlite(directory.resolve("given.db"));

        assertThatThrownBy(() -> ReceiverServer.builder(handlers()).inbox(inbox).start())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("trust: expected a portal, or a check of installations, but found none");

        assertThatThrownBy(inbox::probe).isInstanceOf(StoreException.class).hasMessage("the inbox is closed");
    }

    // It would answer every administrator with 403.
    @Test
    void anInstallerPageWithoutAnApplicationStopsTheStartWithOneLine() {
        String message = "expected an application whose installations can be verified, but found none";
        Settings settings = with("OPENLINES_INSTALLER_PATH", "/install");

        assertThatThrownBy(() ->
                        ReceiverServer.builder(handlers()).settings(settings).start())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("OPENLINES_INSTALLER_PATH: " + message + "; set OPENLINES_CLIENT_ID");
        assertThatThrownBy(() -> ReceiverServer.builder(handlers())
                        .trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN))
                        .installerPage("/install")
                        .start())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("installer path: " + message);
    }

    // It would take the events.
    @Test
    void anInstallerPageAtThePathOfEventsStopsTheStartWithOneLine() {
        assertThatThrownBy(() -> ReceiverServer.builder(handlers())
                        .trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN))
                        .installations(claim -> InstallationCheck.Answer.VERIFIED)
                        .path("/bitrix24")
                        .installerPage("/bitrix24")
                        .start())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("installer path: expected another path than that of events, found /bitrix24");
    }

    @Test
    void anAddressWithoutTextAndAPathWithoutASlashAreRefusedAtOnce() {
        ReceiverServerBuilder builder = ReceiverServer.builder(handlers());
        String noHost = "expected a host name or an IP address but found none";

        assertThatThrownBy(() -> builder.host(" "))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(noHost);
        assertThatThrownBy(() -> builder.monitor("", 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(noHost);
        assertThatThrownBy(() -> builder.path("bitrix24"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected a path that begins with / but found bitrix24");
        assertThatThrownBy(() -> builder.installerPage("install"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected a path that begins with / but found install");
    }

    @Test
    void anAddressOfTheMonitorThatIsBlankIsAsIfItWereNotSet() {
        Settings settings = with("OPENLINES_MONITOR_PORT", "0", "OPENLINES_MONITOR_HOST", " ");

        server = ReceiverServer.builder(handlers()).settings(settings).start();

        assertThat(server.monitorUrl()).isPresent();
    }

    @Test
    void anAddressThatIsNotOfThisMachineStopsTheStartWithOneLine() {
        Settings settings = with("OPENLINES_HOST", "192.0.2.1");

        assertThatThrownBy(() ->
                        ReceiverServer.builder(handlers()).settings(settings).start())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "OPENLINES_PORT: cannot listen on port 0 of 192.0.2.1: expected a free port, and an address of"
                                + " this machine");
    }

    /** Returns settings that a receiver starts with, and others, each with its value. */
    private Settings with(String... more) {
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
        return Settings.of(settings);
    }

    private Handlers handlers() {
        return Handlers.all((event, context) -> handled.add(event));
    }

    private int post(String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(server.url())
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }
}
