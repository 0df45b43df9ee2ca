// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.testkit.PostgresServer;

class PostgresSuspectTest implements SuspectContract {

    @Override
    public LeasingInbox openEmpty() {
        return Inbox.postgresql(PostgresServer.newSchema());
    }
}
