// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

class SqliteSuspectTest implements SuspectContract {

    @Override
    public LeasingInbox openEmpty() {
        return Inbox.memory();
    }
}
