// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

/** What a case does. Findings are told to the run; a script throws for faults of ours only. */
@FunctionalInterface
interface Script {
    void run(CaseRun run) throws InterruptedException;
}
