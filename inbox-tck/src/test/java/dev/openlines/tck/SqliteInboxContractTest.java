// SPDX-License-Identifier: Apache-2.0
package dev.openlines.tck;

import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class SqliteInboxContractTest implements LeasingInboxContract, InstallationContract {

    @TempDir
    Path directory;

    @Override
    public LeasingInbox open() {
        return Inbox.sqlite(directory.resolve("inbox.db"));
    }
}
