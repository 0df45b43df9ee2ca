// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.client.Finding.Severity;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongToIntFunction;
import org.jspecify.annotations.Nullable;

/** The doctor's comparison of the sessions that a portal closed in the last day with what an application handled. */
final class LastDay {

    /** The name of the check. */
    static final String CHECK = "sessions";

    private static final Duration DAY = Duration.ofDays(1);

    /** An event that is younger may be on its way. */
    private static final Duration GRACE = Duration.ofMinutes(10);

    /** The most sessions that are read. */
    private static final int MOST = 10_000;

    private static final int NAMED = 10;

    private final Map<Long, Integer> closes = new TreeMap<>();
    private int sessions;
    private @Nullable OffsetDateTime latest;
    private boolean all = true;

    private LastDay() {}

    static Finding of(PortalClient portal, @Nullable LongToIntFunction handled) {
        try {
            LastDay day = new LastDay();
            day.read(portal.openLines(), Instant.now());
            return handled == null ? day.told() : day.compared(handled);
        } catch (RestException e) {
            return note(
                    "the portal does not say which sessions were closed: " + e.getMessage(),
                    "It needs a plan with reports on open lines, and a user who may see them.");
        } catch (ClientException e) {
            return note("the sessions of the last day were not read: " + e.getMessage(), "Try again later.");
        }
    }

    private void read(OpenLines lines, Instant now) {
        Iterator<Session> listed = lines.sessions(SessionFilter.closed(now.minus(DAY), now.minus(GRACE)))
                .iterator();
        while (listed.hasNext()) {
            if (sessions == MOST) {
                all = false;
                return;
            }
            Session session = listed.next();
            sessions++;
            closes.merge(session.chatId(), 1, Integer::sum);
            latest = session.closedAt();
        }
    }

    private String count() {
        return (all ? "" : "at least ") + sessions + (sessions == 1 ? " session was" : " sessions were")
                + " closed in the last day, in " + closes.size() + (closes.size() == 1 ? " chat" : " chats");
    }

    private Finding told() {
        if (sessions == 0) {
            return note(
                    "no session was closed in the last day, so no event was due",
                    "The list leaves out lines that the token's user may not see.");
        }
        return note(
                count() + ", the last at " + latest,
                "Compare with what the application handled; reconciling does so all the time.");
    }

    private Finding compared(LongToIntFunction handled) {
        List<Long> missing = new ArrayList<>();
        int closed = 0;
        for (Map.Entry<Long, Integer> chat : closes.entrySet()) {
            int less = chat.getValue() - handled.applyAsInt(chat.getKey());
            if (less > 0) {
                closed += less;
                missing.add(chat.getKey());
            }
        }
        if (missing.isEmpty()) {
            return new Finding(Severity.OK, CHECK, count() + ", and each was handled", "");
        }
        String named = missing.subList(0, Math.min(NAMED, missing.size())).toString();
        return new Finding(
                Severity.ERROR,
                CHECK,
                count() + "; " + closed + " of them " + (closed == 1 ? "was" : "were") + " not handled, of the chats "
                        + (missing.size() > NAMED ? named.replace("]", ", …]") : named),
                "Look for them in the receiver's log and its dead letters; reconciling handles a close that sent no event.");
    }

    private static Finding note(String text, String remedy) {
        return new Finding(Severity.NOTE, CHECK, text, remedy);
    }
}
