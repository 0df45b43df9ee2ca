// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.tck.InstallationContract;
import dev.openlines.tck.LeasingInboxContract;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** In this package because only tests may name an inbox in memory, which lets them open it again. */
class MemoryInboxContractTest implements LeasingInboxContract, InstallationContract {

    private final String name = UUID.randomUUID().toString();
    private Connection kept;

    @BeforeEach
    void keep() throws SQLException {
        kept = SqlDialect.memory("openlines-" + name).connections().open();
    }

    @AfterEach
    void forget() throws SQLException {
        kept.close();
    }

    @Override
    public LeasingInbox open() {
        return SqlInbox.memory(name);
    }
}
