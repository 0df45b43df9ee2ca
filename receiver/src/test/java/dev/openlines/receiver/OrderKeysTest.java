// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.PostgresServer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Events that have a chat in common wait for one another, whichever of their chats it is. */
@ParameterizedClass
@ValueSource(strings = {"sqlite", "postgresql"})
class OrderKeysTest {

    private static final String AUTH =
            "&auth[member_id]=" + Bodies.MEMBER + "&auth[application_token]=" + Bodies.TOKEN + "&ts=1760000000";

    @Parameter
    String engine;

    @TempDir
    Path directory;

    /** Compares two events by their chats, and whether the second waits for the first. */
    @ParameterizedTest
    @CsvSource({
        "5, 5, true",
        "5, 6, false",
        "5 6, 6, true",
        "5 6, 5, true",
        "5, 7 5, true",
        "5, 5 7, true",
        "7 5, 8 5, true",
        "7 5, 5 8, true",
        "7 5, 8 6, false",
        "message 5, 5, true",
        "5, message 5, true",
        "both 5 w, customer w, true",
        "customer w, both 5 w, true",
        "customer w, dialog w, true",
        "customer 5, 5, false",
        "none, none, false"
    })
    void anEventWaitsForEarlierOnesOfEachOfItsChats(String first, String second, boolean waits) {
        try (LeasingInbox inbox = open()) {
            Deliveries.store(inbox, delivery(first, 1));
            Deliveries.store(inbox, delivery(second, 2));

            List<LeasedDelivery> leased = inbox.lease(request());
            assertThat(leased).hasSize(waits ? 1 : 2);
            for (LeasedDelivery lease : leased) {
                assertThat(inbox.settle(lease, new Settlement.Done(), Deliveries.T0)
                                .toCompletableFuture()
                                .join())
                        .isTrue();
            }
            assertThat(inbox.lease(request())).hasSize(waits ? 1 : 0);
            assertThat(inbox.purge(Deliveries.LATEST)).isEqualTo(waits ? 1 : 2);
        }
    }

    private LeasingInbox open() {
        return engine.equals("sqlite")
                ? Inbox.sqlite(directory.resolve("inbox.db"))
                : Inbox.postgresql(PostgresServer.newSchema());
    }

    private static LeaseRequest request() {
        return new LeaseRequest("o", 10, Deliveries.T0, Deliveries.T0.plusSeconds(60), Deliveries.LATEST, true);
    }

    private static VerifiedDelivery delivery(String chats, int number) {
        String[] words = chats.split(" ");
        String data = switch (words[0]) {
            case "message" -> "event=ONOPENLINEMESSAGEADD&data[DATA][message][chat_id]=" + words[1];
            case "customer" ->
                "event=ONOPENLINEMESSAGEADD&data[DATA][connector][chat_id]=" + words[1]
                        + "&data[DATA][message][text]=x";
            case "both" ->
                "event=ONIMCONNECTORMESSAGEADD&data[MESSAGES][0][im][chat_id]=" + words[1]
                        + "&data[MESSAGES][0][chat][id]=" + words[2] + "&data[MESSAGES][0][message][text]=x";
            case "dialog" -> "event=ONIMCONNECTORDIALOGFINISH&data[DATA][0][connector][chat_id]=" + words[1];
            case "none" -> "event=ONAPPTEST";
            default -> {
                StringBuilder list = new StringBuilder("event=ONSESSIONSTART");
                for (int i = 0; i < words.length; i++) {
                    list.append("&data[DATA][")
                            .append(i)
                            .append("][connector][chat_id]=")
                            .append(words[i]);
                }
                yield list.toString();
            }
        };
        return Deliveries.delivery(data + "&data[number]=" + number + AUTH);
    }
}
