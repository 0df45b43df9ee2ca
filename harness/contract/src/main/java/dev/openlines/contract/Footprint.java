// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

/** The memory and the temporary files of a handler's process. */
final class Footprint {

    private static final long MUCH = 64L << 20;

    private Footprint() {}

    /** Returns the handler's memory in bytes, or -1 if it cannot be read: the case is then not observed. */
    static long memory(CaseRun run) {
        long memory = run.process().map(HandlerProcess::memory).orElse(-1L);
        if (memory < 0 && !run.dry()) {
            run.notObserved("the handler's memory (L): --handler-cmd lets the suite see it");
        }
        return memory;
    }

    /** Cases that run at the same time take memory too, so a case that fails is run again alone. */
    static void grewBy(CaseRun run, long before, String what) {
        long after = run.process().map(HandlerProcess::memory).orElse(-1L);
        if (before >= 0 && after - before >= MUCH) {
            run.failUnlessBusy("less than 64 MB of memory more for " + what, (after - before >> 20) + " MB more");
        }
    }

    /** Fails if a text is in the folder for temporary files. */
    static void temporaryFiles(CaseRun run, String mark) {
        if (run.process().isEmpty() && !run.dry()) {
            run.notObserved("the handler's temporary files (L): --handler-cmd says that it runs on this machine");
            return;
        }
        run.atEnd(() -> {
            if (TemporaryFiles.hold(mark)) {
                run.fail("no temporary file left behind", "one with a part of the request");
            }
        });
    }
}
