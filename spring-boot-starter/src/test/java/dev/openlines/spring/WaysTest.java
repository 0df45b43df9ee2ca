// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.RestClient;
import dev.openlines.client.Subscription;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.SimulatedPortal;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Origin;
import dev.openlines.receiver.ReconcileSettings;
import dev.openlines.testkit.Await;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Tests of the other ways of a close: an installer page before it, an incoming webhook, an offline queue. */
@SimulatedPortal
@Timeout(300)
class WaysTest {

    @TempDir
    private Path folder;

    private ConfigurableApplicationContext installed(Portal portal, String... more) {
        List<String> settings = new ArrayList<>(List.of(
                "openlines.inbox=" + folder.resolve("inbox.db"),
                "openlines.client-id=" + portal.clientId(),
                "openlines.client-secret=" + portal.clientSecret().reveal(),
                "openlines.token-key=none",
                "openlines.oauth-hosts=" + portal.serverEndpoint().getAuthority(),
                "openlines.installer-page=/install"));
        settings.addAll(List.of(more));
        return Apps.start(Application.class, WebApplicationType.SERVLET, settings);
    }

    @Test
    void anApplicationWithPagesIsInstalledByItsInstallerPage(Portal portal) {
        try (ConfigurableApplicationContext application = installed(portal)) {
            portal.subscribe(OnSessionFinish.CODE, Apps.at(application, "/bitrix24"));

            Delivery visit = portal.lifecycle().openInstaller(Apps.at(application, "/install"));

            assertThat(visit.status()).isEqualTo(200);
            assertThat(new String(visit.answer(), UTF_8))
                    .contains("BX24.installFinish()", "Cache-Control: no-store", "Content-Security-Policy: default-src")
                    .doesNotContain(portal.applicationToken().reveal(), portal.memberId());
            PortalChat chat = portal.openLine("Support").openChat();
            assertThat(chat.close().get(0).status()).isEqualTo(200);
            handled(application, chat, Origin.EVENT);

            assertThat(portal.lifecycle()
                            .openInstaller(Apps.at(application, "/bitrix24"))
                            .status())
                    .as("the path of events takes no page")
                    .isEqualTo(400);
        }
    }

    @Test
    void theOfflineQueueIsDrainedAtOnceWhenThePortalSaysThatSomethingWaits(Portal portal) {
        try (ConfigurableApplicationContext application = installed(portal, "openlines.offline=1h")) {
            assertThat(portal.lifecycle()
                            .openInstaller(Apps.at(application, "/install"))
                            .status())
                    .isEqualTo(200);
            portal.extendedOfflineEvents(true);
            application
                    .getBean(RestClient.class)
                    .portal(portal.memberId())
                    .subscriptions()
                    .bind(Subscription.offline(OnSessionFinish.CODE));
            portal.subscribe("ONOFFLINEEVENT", Apps.at(application, "/bitrix24"));

            PortalChat chat = portal.openLine("Support").openChat();
            chat.close();

            handled(application, chat, Origin.OFFLINE);
        }
    }

    @Test
    void aPortalWithoutAnApplicationIsComparedByItsWebhook(Portal portal) {
        PortalChat chat = portal.openLine("Support").openChat();
        assertThat(chat.close()).as("nothing is subscribed").isEmpty();
        portal.clock().advance(Duration.ofMinutes(10));
        String webhook = portal.restUri() + "1/" + portal.webhookCode().reveal() + "/";
        try (ConfigurableApplicationContext application = Apps.start(
                Application.class,
                portal,
                "openlines.inbox=" + folder.resolve("inbox.db"),
                "openlines.webhook=" + webhook,
                "management.endpoint.env.show-values=always",
                "management.endpoint.configprops.show-values=always")) {
            handled(application, chat, Origin.RECONCILED);

            for (String page : List.of("env", "configprops")) {
                assertThat(Apps.get(Apps.at(application, "/actuator/" + page)).body())
                        .contains("webhook")
                        .doesNotContain(portal.webhookCode().reveal());
            }
        }
    }

    private static void handled(ConfigurableApplicationContext application, PortalChat chat, Origin origin) {
        Map<Long, Origin> handled = application.getBean(Application.class).handled;
        Await.until("chat " + chat.id(), () -> handled.containsKey(chat.id()));
        assertThat(handled).containsExactly(Map.entry(chat.id(), origin));
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        final Map<Long, Origin> handled = new ConcurrentHashMap<>();

        @OpenLinesHandler
        void closed(OnSessionFinish finish, EventContext context) {
            handled.put(finish.chats().get(0).chatId(), context.origin());
        }

        @Bean
        ReconcileSettings reconcile() {
            return ReconcileSettings.DEFAULT.since(Instant.now().minus(Duration.ofHours(1)));
        }
    }
}
