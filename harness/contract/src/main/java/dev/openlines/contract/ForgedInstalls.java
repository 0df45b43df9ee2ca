// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;
import static dev.openlines.contract.Oracle.R;

import dev.openlines.model.Secret;
import java.util.List;
import java.util.Set;

/** Forged installations: cases 117 and 118. */
final class ForgedInstalls {

    private ForgedInstalls() {}

    @Case(
            id = 117,
            level = MUST,
            needs = {H, E, R},
            lane = Lane.ALONE,
            sends = "a forged ONAPPINSTALL for the known portal: the attacker's token and REST address",
            requires = "keep what is stored, send no secret to the attacker, accept the portal's next event",
            source = "documentation: an install is unauthenticated until checked")
    static void ofTheKnownPortal(CaseRun run) {
        String evil = run.evil().uri() + "rest/";
        Identity forged = new Identity(
                run.identity().memberId(),
                Secret.of(run.forged()),
                run.identity().domain(),
                evil,
                evil);
        Reply reply = run.post(
                Events.install(forged, run.now(), run.mint().hex(70), run.mint().hex(70)));
        run.stands(reply, "a forged ONAPPINSTALL");
        EventBody theirs = run.event(forged, Long.toString(run.mint().chat()));
        run.denied(run.post(theirs), theirs, "an event with the token of a forged installation");
        run.alive();
        quietEvil(run);
    }

    @Case(
            id = 118,
            level = MUST,
            needs = R,
            lane = Lane.ALONE,
            sends = "a forged ONAPPINSTALL of an unknown portal with loopback, link-local, metadata and file"
                    + " addresses",
            requires = "call none of them, and do not trust the portal",
            source = "practice: server-side request forgery")
    static void ofAnUnknownPortal(CaseRun run) {
        String evil = run.evil().uri().toString();
        List<String> addresses = List.of(
                evil + "rest/",
                "http://169.254.169.254/latest/",
                "http://[fe80::1]/rest/",
                "file:///etc/passwd",
                "http://oauth.bitrix.info.attacker.test/rest/");
        for (String address : addresses) {
            Identity stranger =
                    new Identity(run.forged(), Secret.of(run.forged()), "stranger.bitrix24.test", address, address);
            Reply reply = run.post(Events.install(
                    stranger, run.now(), run.mint().hex(70), run.mint().hex(70)));
            run.stands(reply, "a forged ONAPPINSTALL of an unknown portal");
            EventBody theirs = run.event(stranger, Long.toString(run.mint().chat()));
            run.denied(run.post(theirs), theirs, "an event of a portal that was never verified");
        }
        run.alive();
        quietEvil(run);
        run.atEnd(() -> {
            if (!run.evil().seen().isEmpty()) {
                run.fail("no request to an address that only a forged ONAPPINSTALL names", "one to the evil portal");
            }
        });
        run.note("requests to the link-local, metadata and file addresses would be seen by an egress proxy only");
    }

    /** Checks at the end that nothing secret has reached the case's evil portal. */
    static void quietEvil(CaseRun run) {
        run.atEnd(() -> {
            for (Listener.Seen seen : run.evil().seen()) {
                Set<String> found = run.canaries().in(seen.text());
                if (!found.isEmpty()) {
                    run.fail(
                            "no secret sent to the evil portal",
                            "a request there with <" + String.join(">, <", found) + ">");
                    return;
                }
            }
        });
    }
}
