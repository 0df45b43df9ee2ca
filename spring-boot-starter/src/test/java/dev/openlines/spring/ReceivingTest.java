// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.TokenSeal;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.SimulatedPortal;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.InboxMonitor;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.PostgresServer;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;

/** Applications with the starter, a portal in front of them and a store behind, over HTTP. */
@SimulatedPortal
class ReceivingTest {

    @TempDir
    private Path folder;

    private String inbox() {
        return "openlines.inbox=" + folder.resolve("inbox.db");
    }

    @Test
    @ExtendWith(OutputCaptureExtension.class)
    void aClosedChatIsHandledCountedAndAForgedOneRefused(Portal portal, CapturedOutput output) {
        try (ConfigurableApplicationContext application = Apps.start(WithMethods.class, portal, inbox())) {
            assertThat(output)
                    .contains("reason=started inbox=" + folder.resolve("inbox.db")
                            + " endpoint=/bitrix24 workers=4 reconcile=off offline=off");
            URI endpoint = Apps.at(application, "/bitrix24");
            portal.subscribe(OnSessionFinish.CODE, endpoint);
            PortalChat chat = portal.openLine("Support").openChat();
            Delivery delivery = chat.close().get(0);

            assertThat(delivery.acknowledged()).isTrue();
            Queue<Long> handled = application.getBean(WithMethods.class).handled;
            Await.until("the chat", () -> handled.contains(chat.id()));
            Await.until(
                    "the meter of the attempt",
                    () -> Apps.get(Apps.at(application, "/actuator/metrics/openlines.handled?tag=outcome:done"))
                            .body()
                            .contains("\"COUNT\",\"value\":1.0"));
            assertThat(Apps.get(Apps.at(application, "/actuator/metrics/openlines.received?tag=outcome:accepted"))
                            .body())
                    .contains("\"COUNT\",\"value\":1.0");

            assertThat(Apps.post(endpoint, Apps.forged(delivery.requestBody(), portal))
                            .statusCode())
                    .isEqualTo(403);
            assertThat(Apps.get(endpoint).statusCode()).isEqualTo(405);
            assertThat(Apps.get(Apps.at(application, "/bitrix24/more")).statusCode())
                    .isEqualTo(404);
            assertThat(handled).hasSize(1);
        }
    }

    @Test
    void aStoreThatIsAwayMeansUnavailableAndDownUntilItIsBack(Portal portal) throws Exception {
        try (ConfigurableApplicationContext application =
                Apps.start(WithMethods.class, portal, inbox(), "management.endpoint.health.show-details=always")) {
            URI health = Apps.at(application, "/actuator/health");
            portal.subscribe(OnSessionFinish.CODE, Apps.at(application, "/bitrix24"));
            assertThat(Apps.get(health).body())
                    .contains("\"openlines\":{\"details\":{\"waiting\":0,\"dead\":0},\"status\":\"UP\"}");
            sql("alter table inbox rename to gone");

            assertThat(portal.openLine("Support").openChat().close().get(0).status())
                    .isEqualTo(503);
            Await.until("down", () -> Apps.get(health).statusCode() == 503);

            sql("alter table gone rename to inbox");
            Await.until("up", () -> Apps.get(health).statusCode() == 200);
        }
    }

    private void sql(String statement) throws Exception {
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("inbox.db"));
                Statement work = database.createStatement()) {
            work.execute("pragma busy_timeout=10000");
            work.execute(statement);
        }
    }

    @Test
    void oneProcessReceivesAndAnotherHandles(Portal portal) {
        PortalChat chat = portal.openLine("Support").openChat();
        try (ConfigurableApplicationContext receives =
                Apps.start(Receives.class, portal, inbox(), "openlines.workers=0")) {
            portal.subscribe(OnSessionFinish.CODE, Apps.at(receives, "/bitrix24"));
            assertThat(chat.close().get(0).acknowledged()).isTrue();
        }
        try (ConfigurableApplicationContext handles = Apps.start(WithMethods.class, portal, inbox())) {
            Queue<Long> handled = handles.getBean(WithMethods.class).handled;
            Await.until("the chat", () -> handled.contains(chat.id()));
            InboxMonitor monitor = handles.getBean(InboxMonitor.class);
            Await.until("an empty inbox", () -> monitor.backlog().waiting() == 0);
            assertThat(monitor.backlog().dead()).isZero();
        }
    }

    @Test
    void anApplicationMayBringItsOwnHandlers(Portal portal) {
        try (ConfigurableApplicationContext application = Apps.start(WithHandlers.class, portal, inbox())) {
            portal.subscribe(OnSessionFinish.CODE, Apps.at(application, "/bitrix24"));
            PortalChat chat = portal.openLine("Support").openChat();
            chat.close();
            Queue<Long> handled = application.getBean(WithHandlers.class).handled;
            Await.until("the chat", () -> handled.contains(chat.id()));
        }
    }

    @Test
    void filtersThatReadTheBodyOrRefuseFormsDoNotMeetEvents(Portal portal) {
        try (ConfigurableApplicationContext application = Apps.start(WithFilter.class, portal, inbox())) {
            portal.subscribe(OnSessionFinish.CODE, Apps.at(application, "/bitrix24"));

            assertThat(portal.openLine("Support").openChat().close().get(0).status())
                    .isEqualTo(200);
            assertThat(Apps.post(Apps.at(application, "/other"), "a=1".getBytes(UTF_8))
                            .statusCode())
                    .isEqualTo(403);
        }
    }

    @Test
    void theEndpointIsBelowTheContextPathAndWhereItIsSet(Portal portal) {
        try (ConfigurableApplicationContext application = Apps.start(
                WithMethods.class, portal, inbox(), "server.servlet.context-path=/shop", "openlines.path=/events")) {
            portal.subscribe(OnSessionFinish.CODE, Apps.at(application, "/shop/events"));

            assertThat(portal.openLine("Support").openChat().close().get(0).status())
                    .isEqualTo(200);
            assertThat(Apps.get(Apps.at(application, "/shop/bitrix24")).statusCode())
                    .isEqualTo(404);
        }
    }

    @Test
    void inboxAndTokensMayBeInTheApplicationsOwnDatabase(Portal portal) throws Exception {
        String url = PostgresServer.newSchema();
        Path key = folder.resolve("key");
        Files.writeString(key, TokenSeal.newKeyset().reveal());
        try (ConfigurableApplicationContext application = Apps.start(
                WithDatabase.class,
                portal,
                "openlines.inbox=datasource",
                "test.url=" + url,
                "openlines.client-id=" + portal.clientId(),
                "openlines.client-secret=" + portal.clientSecret().reveal(),
                "openlines.token-key=" + key,
                "openlines.oauth-hosts=" + portal.serverEndpoint().getAuthority())) {
            URI endpoint = Apps.at(application, "/bitrix24");
            portal.subscribe("ONAPPINSTALL", endpoint);
            portal.subscribe(OnSessionFinish.CODE, endpoint);
            assertThat(portal.install().get(0).status()).isEqualTo(200);
            PortalChat chat = portal.openLine("Support").openChat();
            assertThat(chat.close().get(0).status()).isEqualTo(200);

            Queue<Long> handled = application.getBean(WithMethods.class).handled;
            Await.until("the chat", () -> handled.contains(chat.id()));
        }
        try (Connection database = DriverManager.getConnection(url);
                Statement work = database.createStatement()) {
            try (ResultSet rows = work.executeQuery("select count(*) from inbox")) {
                rows.next();
                assertThat(rows.getInt(1)).isEqualTo(2);
            }
            try (ResultSet rows = work.executeQuery("select member_id from openlines_grant")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getString(1)).isEqualTo(portal.memberId());
            }
        }
    }

    @Test
    void secretsAreInNoPageOfActuator(Portal portal) {
        String token = portal.applicationToken().reveal();
        try (ConfigurableApplicationContext application = Apps.start(
                WithMethods.class,
                portal,
                inbox(),
                "openlines.client-id=" + portal.clientId(),
                "openlines.client-secret=" + portal.clientSecret().reveal(),
                "openlines.token-key=none",
                "openlines.oauth-hosts=" + portal.serverEndpoint().getAuthority(),
                "copy.of-the-command-line=--openlines.application-token=" + token,
                "management.endpoint.env.show-values=always",
                "management.endpoint.configprops.show-values=always")) {
            assertThat(Apps.get(Apps.at(application, "/actuator/env")).body())
                    .contains("openlines.application-token", "openlines.client-secret", "copy.of-the-command-line")
                    .doesNotContain(token)
                    .doesNotContain(portal.clientSecret().reveal());
            assertThat(Apps.get(Apps.at(application, "/actuator/configprops")).body())
                    .contains("OpenlinesProperties", portal.memberId(), portal.clientId())
                    .doesNotContain(token)
                    .doesNotContain(portal.clientSecret().reveal());
            assertThat(application.getBean(OpenlinesProperties.class).toString())
                    .contains("applicationToken=***", "clientSecret=***")
                    .doesNotContain(token);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Receives {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class WithMethods {

        final Queue<Long> handled = new ConcurrentLinkedQueue<>();

        @OpenLinesHandler
        void closed(OnSessionFinish finish, EventContext context) {
            assertThat(context.memberId()).isNotEmpty();
            finish.chats().stream().map(OpenLineChat::chatId).forEach(handled::add);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class WithHandlers {

        final Queue<Long> handled = new ConcurrentLinkedQueue<>();

        @Bean
        Handlers handlers() {
            return Handlers.on(
                            OnSessionFinish.class,
                            (finish, context) ->
                                    handled.add(finish.chats().get(0).chatId()))
                    .otherwise((event, context) -> {});
        }
    }

    /** A filter as Spring Security has one: it reads the form, and refuses it without a parameter of its own. */
    @Configuration(proxyBeanMethods = false)
    @Import(WithMethods.class)
    static class WithFilter {

        @Bean
        FilterRegistrationBean<Filter> forms() {
            FilterRegistrationBean<Filter> filter = new FilterRegistrationBean<>((request, response, others) -> {
                if (request.getParameter("_csrf") == null) {
                    ((HttpServletResponse) response).sendError(403);
                } else {
                    others.doFilter(request, response);
                }
            });
            filter.setOrder(-100);
            return filter;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(WithMethods.class)
    static class WithDatabase {

        @Bean
        DataSource database(Environment environment) {
            PGSimpleDataSource database = new PGSimpleDataSource();
            database.setUrl(environment.getRequiredProperty("test.url"));
            return database;
        }
    }
}
