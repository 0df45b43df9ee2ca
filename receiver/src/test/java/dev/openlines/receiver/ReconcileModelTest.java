// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.testkit.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many random histories; a failure names its seed, and {@code -Dseed=N} repeats it as the first one. */
@Timeout(7200)
class ReconcileModelTest {

    private static final long SEED = Long.getLong("seed", 20_261_129L);

    @TempDir
    Path directory;

    @Test
    void everyCloseIsHandledOnceOverSqliteWithMovesAndRestores() throws IOException {
        int rounds = Integer.getInteger("reconcile.rounds", 25);
        for (int round = 0; round < rounds; round++) {
            long seed = SEED + round;
            round(seed, new ReconcileModel(seed, new ModelFiles(Files.createDirectory(directory.resolve("" + seed)))));
        }
    }

    @Test
    void everyCloseIsHandledOnceOverPostgresqlWithTwoNodes() {
        int rounds = Integer.getInteger("reconcile.rounds", 25) / 5;
        for (int round = 0; round < rounds; round++) {
            String url = PostgresServer.newSchema();
            round(SEED + round, new ReconcileModel(SEED + round, 2, () -> Inbox.postgresql(url)));
        }
    }

    private static void round(long seed, ReconcileModel model) {
        try {
            model.run();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + "\n" + String.join("\n", model.history()), e);
        }
    }
}
