// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.EventAuth;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.InstallationCheck.Answer;
import dev.openlines.testkit.Bodies;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Installations for tests, and receivers that check them. */
final class Installing {

    static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    static final InstallationCheck YES = new Always(Answer.VERIFIED);
    static final InstallationCheck NO = new Always(Answer.REFUSED);

    /** Finds every installation the same, and every uninstallation genuine if these are. */
    record Always(Answer answer) implements InstallationCheck {

        @Override
        public Answer verify(EventAuth claim) {
            return answer;
        }

        @Override
        public boolean uninstalled(String memberId) {
            return answer == Answer.VERIFIED;
        }
    }

    private Installing() {}

    static String install(String token, String... namesAndValues) {
        String[] all = new String[namesAndValues.length + 6];
        all[0] = "event";
        all[1] = "ONAPPINSTALL";
        all[2] = "auth[application_token]";
        all[3] = token;
        all[4] = "auth[server_endpoint]";
        all[5] = "https://oauth.bitrix.info/rest/";
        System.arraycopy(namesAndValues, 0, all, 6, namesAndValues.length);
        return Bodies.finish(0, all);
    }

    static Receiver receiver(LeasingInbox inbox, Portals portals, Instant now) {
        return new Receiver(inbox, portals, Limits.DEFAULT, () -> now, () -> {}, Telemetry.none());
    }

    static int post(Receiver receiver, String body) {
        return receive(receiver, body).orTimeout(30, TimeUnit.SECONDS).join().status();
    }

    static CompletableFuture<Reply> receive(Receiver receiver, String body) {
        return receiver.receive(new RawDelivery(
                        "POST", "application/x-www-form-urlencoded", body.getBytes(StandardCharsets.UTF_8)))
                .toCompletableFuture();
    }
}
