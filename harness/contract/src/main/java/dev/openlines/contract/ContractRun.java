// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.List;
import java.util.function.Consumer;

/**
 * A run that can be watched and cut short. Made by {@link ContractSuite#start}; closing it ends the portal and the
 * handler's process, if the suite started one. Thread-safe.
 */
public final class ContractRun implements AutoCloseable {

    private final Run run;
    private final Runner runner;

    ContractRun(Run run, List<ContractCase> cases, Consumer<String> progress) {
        this.run = run;
        runner = new Runner(run, cases, progress);
    }

    /**
     * Returns what makes the run's bytes again.
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
     * Cuts the run short: reports what is known by now, from another thread than the one in {@link #finish}.
     *
     * @param reason why, as the report says it
     * @return complete in form; what did not run is not observed
     */
    public ContractReport partial(String reason) {
        return runner.partial(reason);
    }

    @Override
    public void close() {
        run.close();
    }
}
