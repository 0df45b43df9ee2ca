// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.portal.Fault;
import dev.openlines.portal.PortalChat;
import dev.openlines.server.ConfigurationException;
import dev.openlines.testkit.Await;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Notes in the CRM: none unless they are switched on, one for each closed chat, and the archive does not depend on them. */
class CrmNotesTest {

    private static final Map<String, String> ON = Map.of("OPENLINES_CRM_NOTES", "on");

    @TempDir
    private Path folder;

    private static PortalChat closed(Running running, String customer) {
        PortalChat chat = running.portal.openLine("Support").openGroupChat("viber", customer);
        chat.customerWrites("Good day");
        chat.linkToCrm("contact", 3);
        chat.linkToCrm("deal", 7);
        chat.close();
        return chat;
    }

    private static void awaitArchived(Running running, int chats) {
        Await.until("archived chats", () -> archivedCalls(running) >= chats);
    }

    private static long archivedCalls(Running running) {
        return running.portal.calls().stream()
                .filter(call -> call.method().equals("crm.deal.get"))
                .count();
    }

    @Test
    void nothingIsNotedUnlessAsked() throws IOException {
        try (Running running = Running.in(folder)) {
            closed(running, "Anna");
            awaitArchived(running, 1);
            closed(running, "Boris");
            awaitArchived(running, 2);

            assertThat(running.portal.calls()).noneMatch(call -> call.method().equals("crm.timeline.comment.add"));
        }
    }

    @Test
    void theDealGetsOneNoteWithoutMarkupOfACustomersName() throws IOException {
        try (Running running = Running.in(folder, ON)) {
            closed(running, "[URL=https://evil.example]Anna[/URL]");

            Await.until("a note", () -> !comments(running).isEmpty());
            assertThat(comments(running))
                    .containsExactly("Chat 17 was closed on Support. Customer: (URL=https://evil.example)Anna(/URL)."
                            + " Operator: none. Messages: 3, files: 0.");
            assertThat(running.portal.crm().comments("contact", 3)).isEmpty();
        }
    }

    @Test
    void aNoteThatIsRefusedIsNotTriedAgainAndTheChatStaysArchived() throws IOException {
        try (Running running = Running.in(folder, ON)) {
            running.portal
                    .faults()
                    .add(Fault.error(400, "ACCESS_DENIED", "Access denied")
                            .on("crm.timeline.comment.add")
                            .first(1));
            closed(running, "Anna");
            Await.until("the refused note", () -> noteCalls(running) == 1);
            closed(running, "Boris");
            Await.until("the second chat's note", () -> comments(running).size() == 1);

            // The portal notes a call in its journal after it has answered.
            Await.until("both calls", () -> noteCalls(running) >= 2);
            assertThat(noteCalls(running)).isEqualTo(2);
            assertThat(comments(running)).singleElement().asString().contains("Boris");
        }
    }

    private static long noteCalls(Running running) {
        return running.portal.calls().stream()
                .filter(call -> call.method().equals("crm.timeline.comment.add"))
                .count();
    }

    private static List<String> comments(Running running) {
        return running.portal.crm().comments("deal", 7);
    }

    @Test
    void anUnknownSettingIsRefused() {
        assertThatThrownBy(() -> Running.in(folder, Map.of("OPENLINES_CRM_NOTES", "yes")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("OPENLINES_CRM_NOTES");
    }
}
