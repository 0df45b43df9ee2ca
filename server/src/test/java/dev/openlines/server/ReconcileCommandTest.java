// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.receiver.ClosedSession;
import dev.openlines.receiver.ClosedSessions;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.SessionsUnavailableException;
import dev.openlines.receiver.SessionsUnavailableException.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class ReconcileCommandTest {

    private static final String SHOP = "a223c6b3710f85df22e9377d6c4f7553";

    @TempDir
    Path directory;

    /** The portal's time. */
    private Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    private final Set<String> portals = new TreeSet<>(List.of(SHOP));
    private final List<ClosedSession> closed = new ArrayList<>();
    private final List<String> out = new ArrayList<>();
    private final List<String> err = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private @Nullable Reason away;

    private final ClosedSessions sessions = new ClosedSessions() {
        @Override
        public Set<String> portals() {
            return portals;
        }

        @Override
        public Page list(Query query) {
            if (away != null) {
                throw new SessionsUnavailableException(away, null, null);
            }
            return new Page(
                    closed.stream()
                            .filter(session -> !session.closedAt().toInstant().isBefore(query.from())
                                    && !session.closedAt().toInstant().isAfter(query.to()))
                            .toList(),
                    false,
                    now);
        }
    };

    @BeforeEach
    void thePortalIsKnown() {
        environment.put("OPENLINES_INBOX", directory.resolve("inbox.db").toString());
        assertThat(run("--dry-run")).isZero();
        assertThat(out).singleElement().asString().startsWith("reconciled portal=" + SHOP + " closed=0 handled=0");
        now = now.plus(Duration.ofMinutes(10));
    }

    private int run(String... arguments) {
        out.clear();
        err.clear();
        List<String> command = new ArrayList<>(List.of(arguments));
        command.add(0, "reconcile");
        return ReceiverCommand.run(command, environment, settings -> sessions, out::add, err::add);
    }

    private void close(long session, Duration ago) {
        closed.add(new ClosedSession(
                session, 100 + session, 3, 10, "livechat", null, now.minus(ago).atOffset(ZoneOffset.UTC), "closed"));
    }

    private long waiting() {
        try (LeasingInbox inbox = Inbox.sqlite(Path.of(environment.get("OPENLINES_INBOX")))) {
            return inbox.backlog().waiting();
        }
    }

    @Test
    void missingClosesArePrintedAndStored() {
        close(7, Duration.ofMinutes(8));
        String time = now.minus(Duration.ofMinutes(8)).toString();

        assertThat(run("--dry-run")).isEqualTo(2);
        assertThat(out)
                .containsExactly(
                        "reconciled portal=" + SHOP + " closed=1 handled=0 missing=1 stored=0 young=0 until=" + now,
                        "missing portal=" + SHOP + " line=3 chat=107 session=7 closed=" + time + " reason=no-event");
        assertThat(waiting()).isZero();

        assertThat(run()).isZero();
        assertThat(out)
                .containsExactly(
                        "reconciled portal=" + SHOP + " closed=1 handled=0 missing=1 stored=1 young=0 until=" + now,
                        "missing portal=" + SHOP + " line=3 chat=107 session=7 closed=" + time
                                + " reason=no-event-stored-now");
        assertThat(waiting()).isEqualTo(1);

        assertThat(run("--portal", SHOP)).isZero();
        assertThat(out)
                .containsExactly(
                        "reconciled portal=" + SHOP + " closed=1 handled=1 missing=0 stored=0 young=0 until=" + now);
        assertThat(waiting()).isEqualTo(1);
    }

    @Test
    void jsonIsOneObjectForEachPortal() {
        close(7, Duration.ofMinutes(8));
        assertThat(run("--json")).isZero();
        assertThat(out)
                .containsExactly("{\"portal\":\"" + SHOP
                        + "\",\"closed\":1,\"handled\":0,\"missing\":1,\"stored\":1,\"young\":0,\"until\":\"" + now
                        + "\",\"blind\":false,\"closes\":[{\"line\":3,\"chat\":107,\"session\":7,\"closed\":\""
                        + now.minus(Duration.ofMinutes(8)) + "\",\"reason\":\"no-event-stored-now\"}]}");
    }

    @Test
    void closesThatAreTooOldAreStoredOnceAccepted() {
        close(7, Duration.ofDays(3));
        String since = now.minus(Duration.ofDays(4)).toString();

        assertThat(run()).as("before the receiver saw the portal").isZero();
        assertThat(run("--since", since)).isEqualTo(2);
        assertThat(out.get(1)).endsWith(" reason=too-old");
        assertThat(waiting()).isZero();

        assertThat(run("--since", since, "--accept", now.toString())).isZero();
        assertThat(out.get(0)).contains(" missing=1 stored=1 ");
        assertThat(waiting()).isEqualTo(1);
    }

    @Test
    void aHeldInboxIsComparedOnceAccepted() {
        close(7, Duration.ofMinutes(8));
        assertThat(run("--hold")).isZero();

        assertThat(run()).isEqualTo(2);
        assertThat(out.get(0)).endsWith(" doubt=\"the operator says that the inbox was restored\"");
        assertThat(waiting()).isZero();

        assertThat(run("--accept", now.toString())).isZero();
        assertThat(waiting()).isEqualTo(1);
    }

    @Test
    void aPortalThatDoesNotListIsNamedAndTheOthersAreCompared() {
        portals.add("b0");
        away = Reason.PLAN;
        assertThat(run()).isEqualTo(1);
        assertThat(err)
                .hasSize(2)
                .first()
                .isEqualTo(
                        "portal=" + SHOP + ": plan without reports: change the portal's plan, or turn reconciling off");
    }

    @Test
    void helpNamesEachOptionAndNeedsNoSettings() {
        environment.put("OPENLINES_INBOX", "");
        for (String help : List.of("--help", "-h")) {
            assertThat(run(help)).isZero();
            assertThat(out)
                    .anyMatch(line -> line.startsWith("  --portal "))
                    .anyMatch(line -> line.startsWith("  --since "))
                    .anyMatch(line -> line.startsWith("  --dry-run "))
                    .anyMatch(line -> line.startsWith("  --accept "))
                    .anyMatch(line -> line.startsWith("  --json "))
                    .anyMatch(line -> line.startsWith("  --hold "));
        }
    }

    @Test
    void withoutAPortalToAskItSaysWhatIsMissing() {
        portals.clear();
        assertThat(run("--dry-run")).isEqualTo(3);
        assertThat(err)
                .containsExactly("no portal can be asked: set OPENLINES_WEBHOOK, or an application that a portal has"
                        + " installed");
    }

    @Test
    void wrongArgumentsAndSettingsAreExitCode3() throws Exception {
        for (List<String> wrong : List.of(
                List.of("--now"),
                List.of("--since"),
                List.of("--hold", "--json"),
                List.of("--json", "--hold"),
                List.of("--dry-run", "--accept", now.toString()))) {
            assertThat(run(wrong.toArray(String[]::new))).as("%s", wrong).isEqualTo(3);
            assertThat(err).singleElement().asString().startsWith("expected reconcile [--portal MEMBER_ID]");
        }
        assertThat(run("--portal", "other")).isEqualTo(3);
        assertThat(err)
                .containsExactly("--portal: expected the member id of a portal that can be asked (" + SHOP
                        + "), found \"other\"");
        assertThat(run("--since", "yesterday")).isEqualTo(3);
        assertThat(err).containsExactly("--since: expected a time such as 2026-01-31T10:00:00Z, found \"yesterday\"");
        String tomorrow = now.plus(Duration.ofDays(1)).toString();
        assertThat(run("--accept", tomorrow)).isEqualTo(3);
        assertThat(err).containsExactly("--accept: expected a time that has passed, found \"" + tomorrow + '"');

        Path spool = Files.write(directory.resolve("spool"), new byte[100]);
        environment.put("OPENLINES_SPOOL", spool.toString());
        assertThat(run()).isEqualTo(1);
        assertThat(err)
                .containsExactly(
                        "OPENLINES_SPOOL: it has events, whose closes would look missing; let the receiver drain it");
        assertThat(run("--dry-run")).as("looks only").isZero();
    }
}
