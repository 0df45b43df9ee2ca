// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.RestClient;
import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OnSessionStart;
import dev.openlines.model.UnknownEvent;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalSubscription;
import dev.openlines.receiver.EventContext;
import dev.openlines.testkit.Await;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.TestContextManager;

/** A test as applications write it. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, classes = SimulatedPortalTest.Application.class)
@AutoConfigureSimulatedPortal(events = {OnSessionFinish.CODE, OnSessionStart.CODE, "ONCRMDEALUPDATE"})
class SimulatedPortalTest {

    @Autowired
    private Portal portal;

    @Autowired
    private Application application;

    @Autowired
    private RestClient client;

    @Test
    void theApplicationIsSubscribedAndTrusted() {
        PortalChat chat = portal.openLine("Support").openChat();
        assertThat(chat.close()).hasSize(1).allMatch(delivery -> delivery.status() == 200);

        Await.until("the close", () -> application.handled.contains("closed " + chat.id()));
        Await.until("the start", () -> application.handled.contains("another " + OnSessionStart.CODE));
        assertThat(portal.subscriptions())
                .extracting(PortalSubscription::event)
                .containsExactlyInAnyOrder(OnSessionFinish.CODE, OnSessionStart.CODE, "ONCRMDEALUPDATE");
    }

    @Test
    void theApplicationCanCallThePortal() {
        assertThat(client.portal(portal.memberId()).openLines().app().installed())
                .isTrue();
        assertThat(client.portal(portal.memberId()).subscriptions().get()).hasSize(3);
    }

    @Test
    void aTestWithoutAPortIsTold() {
        TestContextManager test = new TestContextManager(WithoutPort.class);

        assertThatThrownBy(() -> test.getTestContext().getApplicationContext())
                .rootCause()
                .hasMessage("@AutoConfigureSimulatedPortal sends events to a real port: use it with"
                        + " @SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)");
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        final Queue<String> handled = new ConcurrentLinkedQueue<>();

        @OpenLinesHandler
        void closed(OnSessionFinish finish) {
            finish.chats().forEach(chat -> handled.add("closed " + chat.chatId()));
        }

        @OpenLinesHandler("ONCRMDEALUPDATE")
        void deal(UnknownEvent event) {
            handled.add("deal " + event.code());
        }

        @OpenLinesHandler
        void others(Event event, EventContext context) {
            assertThat(context.attempt()).isEqualTo(1);
            handled.add("another " + event.code());
        }
    }

    /** Not a test by itself. */
    @SpringBootTest(classes = Application.class)
    @AutoConfigureSimulatedPortal
    static class WithoutPort {}
}
