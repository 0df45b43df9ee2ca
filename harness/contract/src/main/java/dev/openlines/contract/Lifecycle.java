// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Level.SHOULD;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;
import static dev.openlines.contract.Oracle.R;

import dev.openlines.model.Secret;

/** The application's own life: cases 016, 017 and 019. */
final class Lifecycle {

    private Lifecycle() {}

    /** Sends an installation of a portal that the handler knows, after which the portal must still be trusted. */
    @Case(
            id = 16,
            level = MUST,
            needs = {H, E, R},
            lane = Lane.ALONE,
            sends = "ONAPPINSTALL with tokens that work, then the event with its application token",
            requires = "trust it only with the right application token or after asking the portal; then accept",
            source = "documentation: safe event handlers")
    static void install(CaseRun run) {
        Reply installed = run.post(Events.install(run.identity(), run.now(), run.token(), run.refreshToken()));
        run.stands(installed, "ONAPPINSTALL with tokens that work");
        if (!installed.is2xx() && installed.failure() == null) {
            run.warn("status 2xx for ONAPPINSTALL with the right application token", installed);
        }
        run.good(run.event(), "an event after the installation");
        run.note("the handler was given the portal beforehand; what it asks a new portal is seen by 118");
    }

    /**
     * Sends an uninstallation. A handler that has a grant may ask whether it still works; this portal now refuses it.
     */
    @Case(
            id = 17,
            level = MUST,
            needs = {H, E},
            declared = Declaration.INSTALLATIONS,
            lane = Lane.LAST,
            sends = "ONAPPUNINSTALL with the right application token and no other, then an event",
            requires = "answer 2xx, then deny",
            source = "module source: sent without tokens")
    static void uninstall(CaseRun run) throws InterruptedException {
        run.installations().end();
        EventBody gone = Events.lifecycle("ONAPPUNINSTALL", run.identity(), run.now(), "", "", "CLEAN", "1");
        Reply reply = run.post(gone);
        if (run.intermediary().isQueue()) {
            // A queue without order could deliver the next event first.
            Thread.sleep(run.quiet().toMillis());
        }
        EventBody late = run.event();
        Reply answer = run.post(late);
        boolean goesOn = answer.is2xx() && !run.installations().recorded() && !run.dry();
        // A handler whose portal comes from settings may refuse what it does not follow.
        if (!reply.is2xx() && !(goesOn && reply.is4xx())) {
            run.fail("status 2xx for ONAPPUNINSTALL with the right application token", reply);
        }
        if (goesOn) {
            run.notObserved("whether the handler records installations: it took no token that only an installation"
                    + " named, and asked no OAuth host. If it does record them, this event should have been denied:"
                    + " --installing makes that a failure. If its portal comes from settings, --settings-only says so");
            run.expect(
                    new Expectation(late.chatId(), run.identity().memberId(), 0, 1, "an event after ONAPPUNINSTALL"));
            return;
        }
        run.denied(answer, late, "an event of a portal that has uninstalled the application");
    }

    @Case(
            id = 19,
            level = SHOULD,
            needs = {H, E},
            declared = Declaration.INSTALLATIONS,
            lane = Lane.LAST,
            sends = "ONAPPUPDATE that carries a new application token, then events with the new and the old",
            requires = "accept the new token and deny the old, or accept both for a documented while",
            source = "documentation: the token may change on update")
    static void update(CaseRun run) {
        String fresh = run.secret("application_token", 32);
        Identity renewed = new Identity(
                run.identity().memberId(),
                Secret.of(fresh),
                run.identity().domain(),
                run.identity().clientEndpoint(),
                run.identity().serverEndpoint());
        Reply updated = run.post(updateOf(run, renewed, 1));
        run.stands(updated, "ONAPPUPDATE");
        EventBody event = run.event(renewed, run.chat());
        String what = "an event with the new application token";
        Reply reply = run.post(event);
        if (reply.is4xx() && !run.installations().recorded() && !run.dry()) {
            run.notObserved(
                    "whether the handler records installations: if it does, it should have taken the new token, and"
                            + " --installing makes that a failure. If its portal comes from settings, --settings-only says so");
            run.noEffect(event, what);
        } else {
            run.acked(reply, what);
            run.effects(event, 1, what);
        }
        if (reply.is2xx()) {
            run.installations().tookNewToken();
        }
        EventBody old = run.event();
        run.takenOrRefused(run.post(old), old, "an event with the old application token");
        // The first token is installed again, so that the following cases can use it.
        run.post(updateOf(run, run.identity(), 2));
    }

    /** Returns an update with valid tokens, which an OAuth host confirms to a handler that asks. */
    private static EventBody updateOf(CaseRun run, Identity to, int from) {
        return Events.lifecycle(
                "ONAPPUPDATE",
                to,
                run.now(),
                run.token(),
                run.refreshToken(),
                "VERSION",
                Integer.toString(from + 1),
                "PREVIOUS_VERSION",
                Integer.toString(from));
    }
}
