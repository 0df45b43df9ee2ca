// SPDX-License-Identifier: Apache-2.0
package dev.openlines.tck;

import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.testkit.PostgresServer;

class PostgresInboxContractTest implements LeasingInboxContract, InstallationContract {

    private final String url = PostgresServer.newSchema();

    @Override
    public LeasingInbox open() {
        return Inbox.postgresql(url);
    }
}
