// SPDX-License-Identifier: Apache-2.0
package dev.openlines.tck;

import dev.openlines.receiver.Inbox;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteInboxContractTest implements InboxContract, InstallationContract {

    @TempDir
    Path directory;

    @Override
    public Inbox open() {
        return Inbox.sqlite(directory.resolve("inbox.db"));
    }
}
