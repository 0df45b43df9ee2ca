// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

/**
 * Watches whether the handler still acknowledges the portal's events. A case that breaks this, such as a forged
 * installation that is trusted, would make all later cases fail.
 */
final class Trust {

    private final Run run;
    private boolean held = true;

    Trust(Run run) {
        this.run = run;
    }

    /** Records the result of the first good event. */
    void held(boolean value) {
        held = value;
    }

    /**
     * Looks at the handler after a case that failed, and restores the trust if that case has ended it: by a genuine
     * installation, then by a restart.
     *
     * @return false if good events were acknowledged before and are no longer
     */
    boolean holdsAfter(CaseRun failed) throws InterruptedException {
        if (!held || acknowledges(failed)) {
            return true;
        }
        Reply unused = failed.post(Events.install(run.identity(), failed.now(), failed.token(), failed.refreshToken()));
        if (acknowledges(failed)) {
            failed.note("the handler denied good events after this case; a genuine ONAPPINSTALL ended that");
            return true;
        }
        HandlerProcess process = run.process();
        if (process != null) {
            process.kill();
            if (process.start() && acknowledges(failed)) {
                failed.note("the handler denied good events after this case; a restart ended that");
                return true;
            }
        }
        held = false;
        return false;
    }

    private static boolean acknowledges(CaseRun failed) {
        return failed.post(failed.event()).is2xx();
    }
}
