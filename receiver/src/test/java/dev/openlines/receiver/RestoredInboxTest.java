// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.receiver.ModelPortal.Close;
import dev.openlines.testkit.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests of a restored inbox: events handled after the backup look missing, and are not handled again. */
@Timeout(300)
class RestoredInboxTest {

    private static final String RESTORED = "the inbox was restored from a backup";

    @TempDir
    Path directory;

    private final ModelPortal portal =
            new ModelPortal(Instant.ofEpochSecond(Instant.now().getEpochSecond()));
    private long chats;

    private Path file() {
        return directory.resolve("inbox.db");
    }

    private Reconciler reconciler(Inbox inbox) {
        return reconciler(inbox, ReconcileSettings.DEFAULT);
    }

    private Reconciler reconciler(Inbox inbox, ReconcileSettings settings) {
        return new Reconciler(inbox, portal, settings, () -> portal.now, Telemetry.none());
    }

    private Reconciler.Report compare(Inbox inbox) {
        return reconciler(inbox).run(ModelPortal.MEMBER, true).orElseThrow();
    }

    /** Closes a chat, handles its event, and compares the portal. */
    private void work(LeasingInbox inbox) {
        chats++;
        Close close = portal.close(portal.begin(chats));
        Deliveries.store(inbox, ModelPortal.event(close, 0, 12));
        portal.pass(Duration.ofMinutes(10));
        assertThat(compare(inbox).doubt()).isNull();
    }

    private void work(Path place) {
        try (LeasingInbox inbox = Inbox.sqlite(place)) {
            work(inbox);
        }
    }

    private @Nullable String doubt(Path place) {
        try (LeasingInbox inbox = Inbox.sqlite(place)) {
            return compare(inbox).doubt();
        }
    }

    private Path backup() throws IOException {
        return Files.copy(file(), directory.resolve("backup.db"), StandardCopyOption.COPY_ATTRIBUTES);
    }

    private void restore(Path backup) throws IOException {
        Files.copy(backup, file(), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
    }

    @Test
    void aFileThatIsAsTheLastRunHasLeftItIsNotHeld() {
        work(file());
        for (int run = 0; run < 3; run++) {
            portal.close(portal.begin(100 + run));
            portal.pass(Duration.ofMinutes(10));
            try (LeasingInbox inbox = Inbox.sqlite(file())) {
                assertThat(compare(inbox).missing()).isEqualTo(1);
            }
        }
    }

    @Test
    void aRestoredFileIsHeldUntilItIsAccepted() throws Exception {
        work(file());
        Path backup = backup();
        work(file());
        restore(backup);

        assertThat(doubt(file())).isEqualTo(RESTORED);
        assertThat(doubt(file())).as("also after another start").isEqualTo(RESTORED);
        try (LeasingInbox inbox = Inbox.sqlite(file())) {
            Reconciler reconciler = reconciler(inbox);
            Reconciler.Report dry = reconciler.dryRun(ModelPortal.MEMBER);
            assertThat(dry.missed()).hasSize(1);
            reconciler.accept(ModelPortal.MEMBER, dry.portalTime());
            assertThat(compare(inbox).missing()).isEqualTo(1);
        }
    }

    @Test
    void aCopyOfTheSameRunIsHeld() throws Exception {
        work(file());
        Path backup = directory.resolve("backup.db");
        try (LeasingInbox inbox = Inbox.sqlite(file())) {
            work(inbox);
            try (var other = DriverManager.getConnection("jdbc:sqlite:" + file());
                    var statement = other.createStatement()) {
                statement.executeUpdate("vacuum into '" + backup + "'");
            }
            work(inbox);
        }
        restore(backup);

        assertThat(doubt(file())).isEqualTo(RESTORED);
    }

    @Test
    void aFileFromAnotherPlaceIsHeld() throws Exception {
        work(file());
        Path elsewhere = Files.copy(file(), directory.resolve("elsewhere.db"));
        work(file());

        assertThat(doubt(elsewhere)).isEqualTo("the inbox was copied from another place");
    }

    @Test
    void aNewFileInPlaceOfALostOneHoldsWhatIsSetToBeginBefore() throws Exception {
        Instant since = portal.now.minus(Duration.ofHours(1));
        work(file());
        Files.delete(file());
        try (LeasingInbox inbox = Inbox.sqlite(file())) {
            Reconciler reconciler = reconciler(inbox, ReconcileSettings.DEFAULT.since(since));
            assertThat(reconciler.run(ModelPortal.MEMBER, false).orElseThrow().doubt())
                    .isEqualTo("an inbox was here before, and it is gone");
        }
    }

    @Test
    void theFirstComparisonBeginsAtTheTimeThatIsSet() {
        portal.close(portal.begin(1));
        portal.pass(Duration.ofMinutes(10));
        Instant since = portal.now;
        portal.pass(Duration.ofMinutes(10));
        portal.close(portal.begin(2));
        portal.pass(Duration.ofMinutes(10));
        Instant now = portal.now;
        try (LeasingInbox inbox = Inbox.sqlite(file())) {
            // The database's clock is real, and the portal's ahead.
            assertThat(reconciler(inbox, ReconcileSettings.DEFAULT.since(since.minus(Duration.ofHours(1))))
                            .run(ModelPortal.MEMBER, false)
                            .orElseThrow()
                            .missing())
                    .isEqualTo(2);
        }
        try (LeasingInbox inbox = Inbox.sqlite(directory.resolve("later.db"))) {
            assertThat(reconciler(inbox, ReconcileSettings.DEFAULT.since(since))
                            .run(ModelPortal.MEMBER, false)
                            .orElseThrow()
                            .missing())
                    .isEqualTo(1);
            assertThat(reconciler(inbox)
                            .run(ModelPortal.MEMBER, now.minus(Duration.ofHours(1)))
                            .orElseThrow()
                            .missing())
                    .as("what the operator wants")
                    .isEqualTo(1);
        }
    }

    @Test
    void aPostgresqlWhoseTablesWereRestoredIsHeld() {
        String url = PostgresServer.newSchema();
        try (LeasingInbox inbox = Inbox.postgresql(url)) {
            work(inbox);
            work(inbox);
            // pg_restore does this: other tables with the rows of the dump.
            ((SqlInbox) inbox).transaction(connection -> {
                try (var statement = connection.createStatement()) {
                    statement.execute("alter table reconcile_state rename to old");
                    statement.execute("create table reconcile_state (like old including all)");
                    statement.execute("insert into reconcile_state select * from old");
                    statement.execute("drop table old");
                    statement.execute("delete from session_close where chat_id = 2");
                    return true;
                }
            });
            assertThat(compare(inbox).doubt())
                    .isEqualTo("the database was restored, or another server has taken it over");
            Reconciler reconciler = reconciler(inbox);
            reconciler.accept(
                    ModelPortal.MEMBER, reconciler.dryRun(ModelPortal.MEMBER).portalTime());
            assertThat(compare(inbox).missing()).isEqualTo(1);
            work(inbox);
        }
    }
}
