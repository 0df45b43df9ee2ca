// SPDX-License-Identifier: Apache-2.0
package consumer;

import dev.openlines.receiver.Inbox;
import dev.openlines.tck.InboxContract;

/** Runs one test of the contract without JUnit's launcher. */
public final class App implements InboxContract {

    private final Inbox inbox = Inbox.memory();

    @Override
    public Inbox open() {
        return inbox;
    }

    public static void main(String[] args) throws Exception {
        new App().waitingEventsAreCountedAndAProbeLeavesNothingBehind();
        System.out.println("one test passed");
    }
}
