// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.List;
import java.util.function.Consumer;

/**
 * A run whose progress can be watched and that can be ended early. Made by {@link ContractSuite#start}. Closing it ends
 * the portal, and the handler's process if the suite started one. Thread-safe.
 */
public final class ContractRun implements AutoCloseable {

    private final Run run;
    private final Runner runner;

    ContractRun(Run run, List<ContractCase> cases, Consumer<String> progress) {
        this.run = run;
        runner = new Runner(run, cases, progress);
    }

    /**
     * Returns the seed. A run with the same seed sends the same bytes.
     *
     * @return the seed
     */
    public long seed() {
        return run.seed();
    }

    /**
     * Runs the cases, once. Blocks for as long as they take; ends early, with a report of what is known, if the thread
     * is interrupted, the time limit is reached or the handler is gone.
     *
     * @return what was found
     */
    public ContractReport finish() {
        return runner.go();
    }

    /**
     * Ends the run early and reports the results so far. Call it from another thread than the one in {@link #finish}.
     *
     * @param reason the reason, for the report
     * @return a complete report; cases that did not run are not observed in it
     */
    public ContractReport partial(String reason) {
        return runner.partial(reason);
    }

    @Override
    public void close() {
        run.close();
    }
}
