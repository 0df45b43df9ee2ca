// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

/** The program of a case. It reports findings to the run, and throws for faults of the suite only. */
@FunctionalInterface
interface Script {
    void run(CaseRun run) throws InterruptedException;
}
