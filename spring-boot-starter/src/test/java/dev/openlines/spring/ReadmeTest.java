// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.portal.Portal;
import dev.openlines.receiver.EventContext;
import dev.openlines.testkit.Await;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;

/** The code of the starter's page, run as it stands there. */
class ReadmeTest {

    @Nested
    @SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
    @AutoConfigureSimulatedPortal
    class ClosedChatsTest {

        @Autowired
        private Portal portal;

        @Test
        void aClosedChatIsAcknowledged() {
            assertThat(portal.openLine("Support").openChat().close().get(0).acknowledged())
                    .isTrue();
        }
    }

    @Nested
    @SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
    @AutoConfigureSimulatedPortal
    class HandlerTest {

        @Autowired
        private Portal portal;

        @Test
        void theMethodOfThePageIsCalled(@Autowired Application application) {
            portal.openLine("Sales").openChat().close();
            Await.until("the chat", () -> application.archive.stream().anyMatch(chat -> chat.endsWith(" Sales")));
        }
    }

    @SpringBootConfiguration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {

        final Queue<String> archive = new ConcurrentLinkedQueue<>();

        @OpenLinesHandler
        void closed(OnSessionFinish finish, EventContext context) {
            finish.chats().forEach(chat -> archive(chat.chatId(), chat.lineName()));
        }

        void archive(long chat, @Nullable String line) {
            archive.add(chat + " " + line);
        }
    }
}
