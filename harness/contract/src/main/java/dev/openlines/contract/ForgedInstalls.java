// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import dev.openlines.model.Secret;
import java.util.List;

/** Forged installations: cases 117 and 118. */
final class ForgedInstalls {

    private ForgedInstalls() {}

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
        run.quietEvil();
    }

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
        run.quietEvil();
        run.atEnd(() -> {
            if (!run.evil().seen().isEmpty()) {
                run.fail("no request to an address that only a forged ONAPPINSTALL names", "one to the evil portal");
            }
        });
        run.note("requests to the link-local, metadata and file addresses would be seen by an egress proxy only");
    }
}
