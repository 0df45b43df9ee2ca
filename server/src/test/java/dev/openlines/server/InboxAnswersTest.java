// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeaseRequest;
import dev.openlines.receiver.LeasedDelivery;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Settlement;
import dev.openlines.tck.Deliveries;
import dev.openlines.testkit.Bodies;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The answers of the commands as JSON, and those of an inbox that holds nothing. */
class InboxAnswersTest {

    private static final String REASON = "no \u001b[31m\nsuch contact";

    @TempDir
    Path directory;

    private final List<String> out = new ArrayList<>();
    private final List<String> err = new ArrayList<>();

    /** Makes an inbox with three dead letters and one event that waits. */
    private void fill() {
        Instant now = Deliveries.T0;
        try (LeasingInbox inbox = Inbox.sqlite(place())) {
            for (long chat = 1; chat <= 4; chat++) {
                Deliveries.store(inbox, Deliveries.delivery(chat, 1));
            }
            for (LeasedDelivery leased :
                    inbox.lease(new LeaseRequest("a", 3, now, now.plusSeconds(1), Deliveries.LATEST, false))) {
                inbox.settle(leased, new Settlement.Dead(REASON), now)
                        .toCompletableFuture()
                        .join();
            }
        }
    }

    // DIR is the test's own directory, MEMBER its portal, and NUMBER any number.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            backlog            | {"waiting":1,"dead":3,"oldest":"2027-01-15T08:00:00Z"}
            requeue 1          | {"requeued":1}
            requeue all        | {"requeued":3}
            discard 1          | {"discarded":1}
            purge 36500        | {"purged":0}
            purge-dead 36500   | {"purged":0}
            trust              | {"trusted":1,"portal":"MEMBER"}
            copy-trust         | {"portals":0}
            move               | {"moved":1}
            check              | {"check":"ok","waiting":1,"dead":3,"done":0,"bytes":NUMBER}
            backup DIR/copy.db | {"backup":"DIR/copy.db","waiting":1,"dead":3,"done":0,"bytes":NUMBER}
            new-key DIR/key    | {"key":"DIR/key"}
            """)
    void eachAnswerMayBeAnObject(String command, String object) {
        fill();

        assertThat(run(command.replace("DIR", directory.toString()) + " --json"))
                .as("%s", err)
                .isZero();

        assertThat(out)
                .singleElement()
                .satisfies(line -> assertThat(line.replaceAll(":[1-9]\\d{3,}}", ":NUMBER}"))
                        .isEqualTo(object.replace("DIR", directory.toString()).replace("MEMBER", Bodies.MEMBER)));
        assertThat(object(out.get(0))).isNotEmpty();
    }

    @Test
    void eachDeadLetterIsAnObjectWithTheReasonAsItWas() {
        fill();

        assertThat(run("list --json")).isZero();

        assertThat(out).hasSize(3).allSatisfy(line -> {
            assertThat(line).doesNotContain("\u001b", "\n");
            JsonObject letter = object(line);
            assertThat(letter.keySet())
                    .containsExactly("id", "event", "portal", "received", "died", "attempts", "reason");
            assertThat(letter.getString("reason")).isEqualTo(REASON);
            assertThat(letter.getInt("attempts")).isEqualTo(1);
        });
    }

    @Test
    void aRestoreIsAnObjectAndARefusalIsOneLineOfText() {
        fill();
        Path copy = directory.resolve("copy.db");
        assertThat(run("backup " + copy)).isZero();
        out.clear();

        assertThat(run("restore " + copy + " --json")).isZero();
        assertThat(object(out.get(0)).getString("restored")).isEqualTo(place().toString());
        assertThat(object(out.get(0)).getInt("dead")).isEqualTo(3);

        out.clear();
        assertThat(run("show 99 --json")).isEqualTo(1);
        assertThat(out).isEmpty();
        assertThat(err).containsExactly("no dead letter with id 99 in " + place());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            list            | ``
            list --json     | ``
            list 5          | ``
            backlog         | waiting=0 dead=0 oldest=none
            backlog --json  | {"waiting":0,"dead":0,"oldest":"none"}
            requeue all     | requeued=0
            purge 1         | purged=0
            purge-dead 1    | purged=0
            move            | moved=0
            """)
    void anInboxThatHoldsNothingIsNoFailure(String command, String answer) {
        Inbox.sqlite(place()).close();

        assertThat(run(command)).as("%s", err).isZero();

        assertThat(out).isEqualTo(answer.isEmpty() ? List.of() : List.of(answer));
        assertThat(err).isEmpty();
    }

    private Path place() {
        return directory.resolve("inbox.db");
    }

    private static JsonObject object(String line) {
        try (JsonReader reader = Json.createReader(new StringReader(line))) {
            return reader.readObject();
        }
    }

    private int run(String command) {
        Map<String, String> environment = Map.of(
                "OPENLINES_INBOX",
                place().toString(),
                "OPENLINES_NEW_INBOX",
                directory.resolve("new.db").toString(),
                "OPENLINES_MEMBER_ID",
                Bodies.MEMBER,
                "OPENLINES_APPLICATION_TOKEN",
                Bodies.TOKEN);
        return InboxCommand.run(List.of(command.split(" ")), environment, out::add, err::add);
    }
}
