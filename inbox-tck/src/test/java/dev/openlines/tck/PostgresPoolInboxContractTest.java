// SPDX-License-Identifier: Apache-2.0
package dev.openlines.tck;

import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.testkit.PostgresServer;
import org.postgresql.ds.PGSimpleDataSource;

/** Over connections that are set up as an inbox must not have them. */
class PostgresPoolInboxContractTest implements LeasingInboxContract, InstallationContract {

    private final PGSimpleDataSource database = new PGSimpleDataSource();

    PostgresPoolInboxContractTest() {
        database.setUrl(PostgresServer.newSchema());
        database.setReadOnly(true);
        database.setOptions("-c synchronous_commit=off -c default_transaction_isolation=serializable"
                + " -c statement_timeout=1h -c idle_in_transaction_session_timeout=1h");
    }

    @Override
    public LeasingInbox open() {
        return Inbox.postgresql(database);
    }
}
