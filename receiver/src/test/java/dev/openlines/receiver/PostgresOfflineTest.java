// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.testkit.PostgresServer;

class PostgresOfflineTest implements OfflineContract {

    @Override
    public LeasingInbox open() {
        return Inbox.postgresql(PostgresServer.newSchema());
    }
}
