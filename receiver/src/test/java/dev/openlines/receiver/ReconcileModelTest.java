// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.testkit.PostgresServer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many random histories; a failure names its seed, and {@code -Dseed=N} repeats it as the first one. */
@Timeout(7200)
class ReconcileModelTest {

    private static final long SEED = Long.getLong("seed", 20_261_129L);

    @TempDir
    Path directory;

    private final AtomicInteger files = new AtomicInteger();

    @Test
    void everyCloseIsHandledOnceOverSqliteWithMoves() {
        int rounds = Integer.getInteger("reconcile.rounds", 25);
        for (int round = 0; round < rounds; round++) {
            round(SEED + round, 1, true, () -> Inbox.sqlite(directory.resolve(files.incrementAndGet() + ".db")));
        }
    }

    @Test
    void everyCloseIsHandledOnceOverPostgresqlWithTwoNodes() {
        int rounds = Integer.getInteger("reconcile.rounds", 25) / 5;
        for (int round = 0; round < rounds; round++) {
            String url = PostgresServer.newSchema();
            round(SEED + round, 2, false, () -> Inbox.postgresql(url));
        }
    }

    private static void round(long seed, int nodes, boolean moves, Supplier<LeasingInbox> stores) {
        ReconcileModel model = new ReconcileModel(seed, nodes, moves, stores);
        try {
            model.run();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + "\n" + String.join("\n", model.history()), e);
        }
    }
}
