// SPDX-License-Identifier: Apache-2.0
package dev.openlines.tck;

import dev.openlines.receiver.Inbox;
import dev.openlines.testkit.PostgresServer;

class PostgresInboxContractTest implements InboxContract, InstallationContract {

    private final String url = PostgresServer.newSchema();

    @Override
    public Inbox open() {
        return Inbox.postgresql(url);
    }
}
