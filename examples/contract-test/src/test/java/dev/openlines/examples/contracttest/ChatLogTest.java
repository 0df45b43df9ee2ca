// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.contracttest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.ContractTests;
import dev.openlines.contract.Effect;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.SimulatedPortal;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import dev.openlines.testkit.Await;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The tests that a project needs: its own effect of a closed chat, and the contract that every handler must meet. */
@SimulatedPortal
class ChatLogTest {

    private static final String MEMBER_ID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
    private static final Secret APPLICATION_TOKEN = Secret.of("5f2d8c1e9b7a46d0a3c4e6f81b2d9075");

    private final ChatLog log = new ChatLog();

    @TempDir
    private Path folder;

    @Test
    void aClosedChatIsLoggedOnceThoughItIsSentTwice(Portal portal) {
        try (ReceiverServer app = start(portal.memberId(), portal.applicationToken())) {
            portal.subscribe(OnSessionFinish.CODE, app.url());
            PortalChat chat = portal.openLine("Support").openChat("telegrambot");

            Delivery delivery = chat.close().get(0);
            delivery.again();
            portal.openLine("Sales").openChat().close();

            List<ChatLog.Entry> entries = awaitEntries(2);
            assertThat(entries)
                    .filteredOn(entry -> entry.chatId() == chat.id())
                    .singleElement()
                    .satisfies(entry -> {
                        assertThat(entry.connectorId()).hasToString("telegrambot");
                        assertThat(entry.memberId()).isEqualTo(portal.memberId());
                    });
            assertThat(log.json())
                    .anySatisfy(json -> assertThat(json)
                            .startsWith("{\"event\":\"ONSESSIONFINISH\"")
                            .contains("\"chat_id\":" + chat.id())
                            .doesNotContain(portal.applicationToken().reveal()));
        }
    }

    // Without only(...) it is the whole core profile, in about a minute.
    @TestFactory
    Stream<DynamicTest> theContractIsKept() {
        ReceiverServer app = start(MEMBER_ID, APPLICATION_TOKEN);
        return ContractTests.of(ContractSuite.of(app.url(), MEMBER_ID, APPLICATION_TOKEN)
                        .evidence(() -> log.entries().stream()
                                .map(entry -> new Effect(
                                        Long.toString(entry.chatId()),
                                        entry.memberId(),
                                        entry.lineId() == null
                                                ? null
                                                : entry.lineId().toString(),
                                        entry.connectorId() == null
                                                ? null
                                                : entry.connectorId().code(),
                                        entry.lineName()))
                                .toList())
                        .only("OSF-C-00*", "OSF-C-10*", "OSF-C-50*")
                        .exclude("OSF-C-003"))
                .onClose(app::close);
    }

    private ReceiverServer start(String memberId, Secret applicationToken) {
        return log.start(Settings.of(Map.of(
                "OPENLINES_PORT",
                "0",
                "OPENLINES_INBOX",
                folder.resolve("inbox.db").toString(),
                "OPENLINES_MEMBER_ID",
                memberId,
                "OPENLINES_APPLICATION_TOKEN",
                applicationToken.reveal())));
    }

    private List<ChatLog.Entry> awaitEntries(int count) {
        Await.until(count + " entries", () -> log.entries().size() >= count);
        assertThat(log.entries()).hasSize(count);
        return log.entries();
    }
}
