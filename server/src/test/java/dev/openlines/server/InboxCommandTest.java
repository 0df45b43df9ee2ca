// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.DeadLetters;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeaseRequest;
import dev.openlines.receiver.LeasedDelivery;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Settlement;
import dev.openlines.receiver.VerifiedDelivery;
import dev.openlines.tck.Deliveries;
import dev.openlines.tck.InstallationContract;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.PostgresServer;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@EnumSource
class InboxCommandTest {

    /** The kinds of inboxes that {@code OPENLINES_INBOX} may name. */
    enum Kind {
        FILE,
        JDBC_URL
    }

    @Parameter
    Kind kind;

    @TempDir
    Path directory;

    private String place;

    private final List<String> out = new ArrayList<>();
    private final List<String> err = new ArrayList<>();

    @BeforeEach
    void threeDeadLettersAndOneWaiting() {
        place = kind == Kind.FILE ? directory.resolve("inbox.db").toString() : PostgresServer.newSchema();
        Instant now = Deliveries.T0;
        try (LeasingInbox inbox = open()) {
            for (long chat = 1; chat <= 4; chat++) {
                Deliveries.store(inbox, Deliveries.delivery(chat, 1));
            }
            for (LeasedDelivery leased :
                    inbox.lease(new LeaseRequest("a", 3, now, now.plusSeconds(1), Deliveries.LATEST, false))) {
                inbox.settle(leased, new Settlement.Dead("no \u001b[31m\nsuch contact"), now)
                        .toCompletableFuture()
                        .join();
            }
        }
    }

    @Test
    void theBacklogIsOneLine() {
        assertThat(run("backlog")).isZero();
        assertThat(out).containsExactly("waiting=1 dead=3 oldest=2027-01-15T08:00:00Z");
    }

    @Test
    void eachDeadLetterIsOneLine() {
        assertThat(run("list")).isZero();
        assertThat(out)
                .hasSize(3)
                .first()
                .isEqualTo("id=1 event=ONSESSIONFINISH portal=" + Bodies.MEMBER
                        + " received=2027-01-15T08:00:00Z died=2027-01-15T08:00:00Z attempts=1"
                        + " reason=no  [31m such contact");
        out.clear();
        assertThat(run("list", "2")).isZero();
        assertThat(out).hasSize(1);
    }

    @Test
    void oneIsShownWithItsHistoryAndPayload() {
        assertThat(run("show", "2")).isZero();
        assertThat(out).hasSize(3);
        assertThat(out.get(1)).isEqualTo("attempt=1 at=2027-01-15T08:00:00Z outcome=dead reason=no  [31m such contact");
        assertThat(out.get(2)).isEqualTo(Deliveries.delivery(2, 1).payload());
    }

    @Test
    void aPayloadDoesNotSteerTheTerminalAndStaysTheSameJson() {
        String name = "a\u009b31m\u007f\u202etxt\u2066\u2028z";
        long id;
        String payload;
        try (LeasingInbox inbox = open()) {
            Instant now = Deliveries.T0;
            VerifiedDelivery delivery = Deliveries.delivery(Deliveries.form(9, "data[DATA][line][name]", name));
            payload = delivery.payload();
            Deliveries.store(inbox, delivery);
            for (LeasedDelivery leased :
                    inbox.lease(new LeaseRequest("a", 9, now, now.plusSeconds(1), Deliveries.LATEST, false))) {
                inbox.settle(leased, new Settlement.Dead("bad"), now)
                        .toCompletableFuture()
                        .join();
            }
            id = inbox.deadLetters().list(0, 100).stream()
                    .mapToLong(DeadLetter::id)
                    .max()
                    .orElseThrow();
        }
        assertThat(payload).contains(name);

        int exit = ReceiverCommand.run(
                List.of("inbox", "show", Long.toString(id)), Map.of("OPENLINES_INBOX", place), out::add, err::add);
        int exitOfJson = ReceiverCommand.run(
                List.of("inbox", "show", Long.toString(id), "--json"),
                Map.of("OPENLINES_INBOX", place),
                out::add,
                err::add);

        assertThat(err).isEmpty();
        assertThat(exit + exitOfJson).isZero();
        assertThat(out)
                .allSatisfy(line ->
                        assertThat(line).doesNotContainPattern("[\\p{Cntrl}\\u0080-\\u009f\\p{Cf}\\u2028\\u2029]"));
        assertThat(object(out.get(2))).isEqualTo(object(payload));
        assertThat(object(out.get(5)).getString("payload")).isEqualTo(payload);
    }

    private static JsonObject object(String json) {
        try (JsonReader reader = Json.createReader(new StringReader(json))) {
            return reader.readObject();
        }
    }

    @Test
    void oneIsRequeuedAndAnotherDiscardedAndTheRestRequeued() {
        assertThat(run("requeue", "1")).isZero();
        assertThat(run("discard", "2")).isZero();
        assertThat(run("requeue", "all")).isZero();
        assertThat(out).containsExactly("requeued=1", "discarded=1", "requeued=1");
        try (LeasingInbox inbox = open()) {
            assertThat(inbox.backlog().waiting()).isEqualTo(3);
            assertThat(inbox.backlog().dead()).isZero();
        }
    }

    @Test
    void eventsDoneLongAgoAreForgotten() {
        try (LeasingInbox inbox = open()) {
            inbox.deadLetters().discard(1, Instant.EPOCH);
        }

        assertThat(run("purge", "30")).isZero();

        assertThat(out).containsExactly("purged=1");
    }

    @Test
    void oldDeadLettersAreForgotten() {
        try (LeasingInbox inbox = open()) {
            DeadLetters letters = inbox.deadLetters();
            assertThat(letters.requeue(1, Instant.EPOCH)).isTrue();
            LeasedDelivery leased = inbox.lease(new LeaseRequest(
                            "a", 1, Instant.EPOCH, Instant.EPOCH.plusSeconds(1), Deliveries.LATEST, false))
                    .get(0);
            inbox.settle(leased, new Settlement.Dead("long ago"), Instant.EPOCH)
                    .toCompletableFuture()
                    .join();
        }

        assertThat(run("purge-dead", "30")).isZero();
        assertThat(run("list")).isZero();

        assertThat(out).hasSize(3).first().isEqualTo("purged=1");
        assertThat(out.get(1)).startsWith("id=2 ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"show 99", "requeue 99", "discard 99"})
    void anIdOfNoDeadLetterIsSaid(String command) {
        assertThat(run(command.split(" "))).isEqualTo(1);
        assertThat(err).containsExactly("no dead letter with id 99 in " + place.split("\\?")[0]);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "lists", "show", "show x", "purge 0", "purge-dead 0", "purge-dead", "requeue -1", "list 1 2"
            })
    void anotherCommandIsRefusedWithTheOnesThereAre(String command) {
        assertThat(run(command.split(" "))).isEqualTo(3);
        assertThat(err)
                .containsExactly(
                        "expected backlog, list [AFTER], show ID, requeue ID|all, discard ID, purge DAYS, purge-dead DAYS,"
                                + " backup FILE, restore FILE, check, trust, copy-trust, move or new-key FILE, perhaps with --json");
    }

    @Test
    void theSettingMayBeInAFileAndAStoreThatIsAwayIsNamedInOneLineWithoutItsPassword() throws Exception {
        Path config = Files.writeString(directory.resolve("receiver.properties"), "OPENLINES_INBOX = " + place);
        assertThat(InboxCommand.run(
                        List.of("backlog"), Map.of("OPENLINES_CONFIG", config.toString()), out::add, err::add))
                .isZero();
        assertThat(out).hasSize(1);

        place = kind == Kind.FILE
                ? directory.resolve("nowhere").resolve("inbox.db").toString()
                : "jdbc:postgresql://127.0.0.1:1/none?user=u&password=canary-password";

        assertThat(run("list")).isEqualTo(3);
        assertThat(err)
                .singleElement()
                .asString()
                .startsWith("OPENLINES_INBOX: ")
                .doesNotContain("canary-password")
                .doesNotContain("\n");
    }

    @Test
    void aPortalThatUninstalledIsTrustedAgainWhenAnOperatorSaysSo() {
        try (LeasingInbox inbox = open()) {
            Receiver receiver = InstallationContract.receiver(
                    inbox, trusted(inbox).verifiedBy(InstallationContract.YES), Deliveries.T0);
            assertThat(InstallationContract.post(receiver, Bodies.finish(9, "event", "ONAPPUNINSTALL")))
                    .isEqualTo(200);
            assertThat(InstallationContract.post(receiver, Bodies.finish(10))).isEqualTo(403);
        }

        assertThat(run("trust")).isZero();
        assertThat(out).containsExactly("trusted=1 portal=" + Bodies.MEMBER);

        try (LeasingInbox inbox = open()) {
            Receiver receiver = InstallationContract.receiver(inbox, trusted(inbox), Deliveries.T0);
            assertThat(InstallationContract.post(receiver, Bodies.finish(11))).isEqualTo(200);
        }
    }

    @Test
    void answersMayBeJson() {
        assertThat(run("backlog", "--json")).isZero();
        assertThat(out).containsExactly("{\"waiting\":1,\"dead\":3,\"oldest\":\"2027-01-15T08:00:00Z\"}");
        out.clear();
        assertThat(run("--json", "show", "2")).isZero();
        assertThat(out).hasSize(3);
        assertThat(out.get(1))
                .startsWith("{\"attempt\":1,")
                .contains("\"outcome\":\"dead\"")
                .doesNotContain("\u001b");
        assertThat(out.get(2)).startsWith("{\"payload\":\"{");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "backlog",
                "list",
                "show 1",
                "requeue 1",
                "requeue all",
                "discard 1",
                "purge 1",
                "purge-dead 1",
                "trust",
                "check",
                "copy-trust",
                "move"
            })
    void anInboxThatIsNotThereIsRefusedAndNotMade(String command) throws Exception {
        if (kind == Kind.FILE) {
            place = directory.resolve("missing.db").toString();
        } else {
            place = PostgresServer.newSchema();
        }
        Map<String, String> environment = new HashMap<>(Map.of(
                "OPENLINES_INBOX",
                place,
                "OPENLINES_NEW_INBOX",
                directory.resolve("new.db").toString(),
                "OPENLINES_MEMBER_ID",
                "m",
                "OPENLINES_APPLICATION_TOKEN",
                "t"));
        assertThat(InboxCommand.run(List.of(command.split(" ")), environment, out::add, err::add))
                .isEqualTo(3);
        assertThat(out).isEmpty();
        assertThat(err)
                .singleElement()
                .asString()
                .startsWith("OPENLINES_INBOX: ")
                .containsAnyOf("there is no inbox at " + place, "is no inbox: it has no table openlines_schema");
        assertThat(Files.exists(directory.resolve("missing.db"))).isFalse();
        assertThat(Files.exists(directory.resolve("new.db"))).isFalse();
    }

    @Test
    void checkFindsThatAllIsInOrder() {
        assertThat(run("check")).isZero();
        assertThat(out).singleElement().asString().startsWith("check=ok waiting=1 dead=3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"move", "copy-trust"})
    void aMoveNeedsToKnowWhereTo(String command) {
        assertThat(run(command)).isEqualTo(3);
        assertThat(err).singleElement().asString().contains("OPENLINES_NEW_INBOX");
    }

    @Test
    void aMoveIntoTheSameStoreIsRefusedByWhateverNameAndNothingIsLost() {
        String alias = kind == Kind.FILE
                ? directory.resolve(".").resolve("inbox.db").toString()
                : place + "&ApplicationName=other";

        int exit = InboxCommand.run(
                List.of("move"), Map.of("OPENLINES_INBOX", place, "OPENLINES_NEW_INBOX", alias), out::add, err::add);

        assertThat(exit).isEqualTo(3);
        assertThat(err)
                .containsExactly(
                        "OPENLINES_NEW_INBOX: expected another store than that of OPENLINES_INBOX but found the same");
        try (LeasingInbox inbox = open()) {
            assertThat(inbox.backlog().waiting()).isEqualTo(1);
        }
    }

    private static Portals trusted(LeasingInbox inbox) {
        return inbox.portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN));
    }

    private int run(String... arguments) {
        Map<String, String> environment = Map.of(
                "OPENLINES_INBOX",
                place,
                "OPENLINES_MEMBER_ID",
                Bodies.MEMBER,
                "OPENLINES_APPLICATION_TOKEN",
                Bodies.TOKEN);
        return InboxCommand.run(List.of(arguments), environment, out::add, err::add);
    }

    private LeasingInbox open() {
        return kind == Kind.FILE ? Inbox.sqlite(Path.of(place)) : Inbox.postgresql(place);
    }
}
