// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.springboot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.SimulatedPortal;
import dev.openlines.receiver.InboxMonitor;
import dev.openlines.testkit.Await;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The whole application against a portal of its own, over HTTP. */
@SimulatedPortal
class ApplicationTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private Path folder;

    @Test
    void aClosedChatIsHandledCountedAndAForgedOneRefused(Portal portal) throws Exception {
        try (ConfigurableApplicationContext application = start(portal)) {
            URI handler = at(application, "/bitrix24");
            portal.subscribe(OnSessionFinish.CODE, handler);
            Delivery delivery = portal.openLine("Support").openChat().close().get(0);

            assertThat(delivery.acknowledged()).isTrue();
            await(() -> body(at(application, "/actuator/metrics/openlines.handled?tag=outcome:done"))
                    .contains("\"COUNT\",\"value\":1.0"));
            assertThat(body(at(application, "/actuator/metrics/openlines.received?tag=outcome:accepted")))
                    .contains("\"COUNT\",\"value\":1.0");

            String forged = new String(delivery.requestBody(), UTF_8)
                    .replace(portal.applicationToken().reveal(), "0".repeat(32));
            assertThat(post(handler, forged).statusCode()).isEqualTo(403);
            assertThat(post(handler, "a=" + "x".repeat(600_000)).statusCode()).isEqualTo(413);
            assertThat(get(handler).statusCode()).isEqualTo(405);
        }
    }

    @Test
    void aStoreThatIsAwayMeansUnavailableAndDownUntilItIsBack(Portal portal) throws Exception {
        try (ConfigurableApplicationContext application = start(portal)) {
            URI health = at(application, "/actuator/health");
            portal.subscribe(OnSessionFinish.CODE, at(application, "/bitrix24"));
            assertThat(get(health).statusCode()).isEqualTo(200);
            sql("alter table inbox rename to gone");

            PortalChat chat = portal.openLine("Support").openChat();
            assertThat(chat.close().get(0).status()).isEqualTo(503);
            await(() -> get(health).statusCode() == 503);
            assertThat(body(health)).contains("\"status\":\"DOWN\"");

            sql("alter table gone rename to inbox");
            await(() -> get(health).statusCode() == 200);
        }
    }

    @Test
    void nobodyIsShownTheToken(Portal portal) throws Exception {
        String token = portal.applicationToken().reveal();
        try (ConfigurableApplicationContext application = start(
                portal,
                "--management.endpoints.web.exposure.include=*",
                "--management.endpoint.env.show-values=always",
                "--management.endpoint.configprops.show-values=always")) {
            assertThat(body(at(application, "/actuator/env")))
                    .contains("openlines.application-token")
                    .doesNotContain(token);
            assertThat(body(at(application, "/actuator/configprops")))
                    .contains("OpenlinesProperties", portal.memberId())
                    .doesNotContain(token);
            assertThat(application.getBean(OpenlinesProperties.class).toString())
                    .contains("applicationToken=***")
                    .doesNotContain(token);
        }
    }

    @Test
    void whatIsAcknowledgedBeforeAStopIsKept(Portal portal) throws Exception {
        try (ConfigurableApplicationContext application = start(portal)) {
            portal.subscribe(OnSessionFinish.CODE, at(application, "/bitrix24"));
            assertThat(portal.openLine("Support").openChat().close().get(0).acknowledged())
                    .isTrue();
        }
        try (ConfigurableApplicationContext again = start(portal)) {
            InboxMonitor monitor = again.getBean(InboxMonitor.class);
            await(() -> monitor.backlog().waiting() == 0);
            assertThat(monitor.backlog().dead()).isZero();
            assertThat(monitor.ready()).isTrue();
        }
    }

    @Test
    void theApplicationLogsWithTheHarnessOnItsClassPath(Portal portal) {
        Logger receiver = (Logger) LoggerFactory.getLogger("dev.openlines.receiver");
        ListAppender<ILoggingEvent> records = new ListAppender<>();
        try (ConfigurableApplicationContext application = start(portal)) {
            records.start();
            receiver.addAppender(records);

            assertThat(post(at(application, "/bitrix24"), "event=ONSESSIONFINISH")
                            .statusCode())
                    .isEqualTo(403);

            assertThat(records.list)
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .contains("reason=refused status=403");
        } finally {
            receiver.detachAppender(records);
        }
    }

    @Test
    void aMissingKeyIsNamed() {
        assertThatThrownBy(() -> new OpenlinesProperties(folder.resolve("inbox.db"), "", Secret.of("a token")))
                .hasMessage("openlines.member-id: expected a value but found none");
    }

    private ConfigurableApplicationContext start(Portal portal, String... more) {
        String[] arguments = new String[more.length + 5];
        arguments[0] = "--server.port=0";
        arguments[1] = "--openlines.inbox=" + folder.resolve("inbox.db");
        arguments[2] = "--openlines.member-id=" + portal.memberId();
        arguments[3] =
                "--openlines.application-token=" + portal.applicationToken().reveal();
        arguments[4] = "--spring.main.banner-mode=off";
        System.arraycopy(more, 0, arguments, 5, more.length);
        return new SpringApplicationBuilder(Application.class).run(arguments);
    }

    private static URI at(ConfigurableApplicationContext application, String path) {
        return URI.create("http://127.0.0.1:" + application.getEnvironment().getProperty("local.server.port") + path);
    }

    private void sql(String statement) throws Exception {
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("inbox.db"));
                Statement work = database.createStatement()) {
            work.execute("pragma busy_timeout=10000");
            work.execute(statement);
        }
    }

    private static String body(URI from) {
        return get(from).body();
    }

    private static HttpResponse<String> get(URI from) {
        return send(HttpRequest.newBuilder(from).build());
    }

    private static HttpResponse<String> post(URI to, String form) {
        return send(HttpRequest.newBuilder(to)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build());
    }

    private static HttpResponse<String> send(HttpRequest request) {
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (java.io.IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(BooleanSupplier condition) {
        Await.until("a condition", condition::getAsBoolean);
    }
}
