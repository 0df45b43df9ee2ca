// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.io.TempDir;

class SqliteReconcileTest implements ReconcileContract {

    @TempDir
    Path directory;

    private final AtomicInteger files = new AtomicInteger();

    @Override
    public LeasingInbox open() {
        return Inbox.sqlite(directory.resolve("inbox-" + files.incrementAndGet() + ".db"));
    }
}
