// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.client.PortalClient;
import dev.openlines.receiver.ClosedSession;
import dev.openlines.receiver.ClosedSessions;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.ReconcileSettings;
import dev.openlines.receiver.Reconciler;
import dev.openlines.receiver.SessionsUnavailableException;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.Telemetry;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Compares portals' closed sessions with the events, from a command line. */
final class ReconcileCommand {

    private static final String USAGE =
            "expected reconcile [--portal MEMBER_ID] [--since TIME] [--dry-run | --accept TIME] [--json],"
                    + " or reconcile --hold";

    private static final String HELP = """
            Compares the closed sessions that portals list with the events in OPENLINES_INBOX, over the last 35 days or
            since the receiver first saw a portal, and stores the closes whose event never came. It may run while the
            receiver runs. Portals are asked with the grants of the installed application, or by OPENLINES_WEBHOOK.

              --portal MEMBER_ID  compare only that portal
              --since TIME        compare closes from a time on, such as 2026-01-31T10:00:00Z, at most 35 days back
              --dry-run           print the missing closes, store nothing
              --accept TIME       store also closes that were held, in doubt or too old, up to a dry run's until=
              --json              print one JSON object for each portal
              --hold              only record that the inbox was restored: nothing is stored until it is accepted

            Exit codes: 0 nothing is missing any more, 1 a portal could not be compared or the store is down, 2 closes
            are missing that were not stored, 3 wrong arguments or settings.""";

    /** The size of an empty spool, which consists of a head, in bytes. */
    private static final long EMPTY_SPOOL = 8;

    /** A message names no more portals. */
    private static final int MOST_NAMED = 5;

    /** A portal's clock may be wrong. */
    private static final Duration AHEAD = Duration.ofHours(1);

    private final Consumer<String> out;
    private @Nullable String portal;
    private @Nullable Instant since;
    private @Nullable Instant accept;
    private boolean dry;
    private boolean hold;
    private boolean json;
    private boolean failed;
    private boolean left;

    private ReconcileCommand(Consumer<String> out) {
        this.out = out;
    }

    /**
     * Compares once, over the last 35 days or since the receiver first saw the portal. It may run beside the receiver.
     * It prints how many closes the portal lists, how many were handled before, and each that is missing, and stores
     * those. Blocks.
     *
     * @param arguments the arguments after {@code reconcile}
     * @param makes makes the object that asks portals, from the settings; the portal of {@code OPENLINES_WEBHOOK} is
     *     asked too
     * @return 0 nothing is missing any more, 1 a portal could not be compared or the store is down, 2 closes are
     *     missing that were not stored, 3 wrong arguments or settings
     */
    static int run(
            List<String> arguments,
            Map<String, String> environment,
            Function<Map<String, String>, ClosedSessions> makes,
            Consumer<String> out,
            Consumer<String> err) {
        if (arguments.equals(List.of("--help")) || arguments.equals(List.of("-h"))) {
            HELP.lines().forEach(out);
            return 0;
        }
        ReconcileCommand command = new ReconcileCommand(out);
        try {
            if (!command.read(arguments)) {
                err.accept(USAGE);
                return 3;
            }
            Settings settings = Settings.ofCommand(environment);
            Map<String, PortalClient> webhooks = settings.webhooks();
            ClosedSessions sessions = makes.apply(settings.values());
            ClosedSessions asked =
                    webhooks.isEmpty() ? sessions : PortalSessions.with(sessions, webhooks, "OPENLINES_WEBHOOK");
            Path spool = settings.spool();
            if (!command.dry && spool != null && holds(spool)) {
                err.accept(
                        "OPENLINES_SPOOL: it has events, whose closes would look missing; let the receiver drain it");
                return 1;
            }
            Store store = Store.open("OPENLINES_INBOX", settings.inbox());
            try (Inbox inbox = store.inbox()) {
                if (!store.reconciles()) {
                    throw new ConfigurationException(
                            "OPENLINES_INBOX: expected an inbox on SQLite or PostgreSQL but found Kafka", null);
                }
                ReconcileSettings how = settings.reconcile();
                try (Reconciler reconciler = new Reconciler(
                        inbox,
                        asked,
                        how == null ? ReconcileSettings.DEFAULT : how,
                        InstantSource.system(),
                        Telemetry.none())) {
                    if (command.hold) {
                        reconciler.hold("the operator says that the inbox was restored");
                        return 0;
                    }
                    return command.compare(reconciler, asked.portals(), err);
                }
            }
        } catch (ConfigurationException e) {
            err.accept(e.getMessage());
            return 3;
        } catch (StoreException | SessionsUnavailableException e) {
            err.accept(e.getMessage());
            return 1;
        }
    }

    private static boolean holds(Path spool) {
        try {
            return Files.exists(spool) && Files.size(spool) > EMPTY_SPOOL;
        } catch (IOException e) {
            throw new ConfigurationException("OPENLINES_SPOOL: cannot read " + spool, e);
        }
    }

    private boolean read(List<String> arguments) {
        try {
            for (int i = 0; i < arguments.size(); i++) {
                switch (arguments.get(i)) {
                    case "--dry-run" -> dry = true;
                    case "--json" -> json = true;
                    case "--hold" -> hold = arguments.size() == 1;
                    case "--portal" -> portal = arguments.get(++i);
                    case "--since" -> since = time("--since", arguments.get(++i));
                    case "--accept" -> accept = time("--accept", arguments.get(++i));
                    default -> {
                        return false;
                    }
                }
            }
        } catch (IndexOutOfBoundsException e) {
            return false;
        }
        if (accept != null && accept.isAfter(Instant.now().plus(AHEAD))) {
            // A close that has not happened yet cannot have been looked at.
            throw ConfigurationException.wrong("--accept", "a time that has passed", accept.toString());
        }
        return hold ? arguments.size() == 1 : !arguments.contains("--hold") && (!dry || accept == null);
    }

    private static Instant time(String option, String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            throw ConfigurationException.wrong(option, "a time such as 2026-01-31T10:00:00Z", text);
        }
    }

    private int compare(Reconciler reconciler, Set<String> portals, Consumer<String> err) {
        if (portals.isEmpty()) {
            throw new ConfigurationException(
                    "no portal can be asked: set OPENLINES_WEBHOOK, or an application that a portal has installed",
                    null);
        }
        if (portal != null && !portals.contains(portal)) {
            String known = portals.size() > MOST_NAMED
                    ? portals.size() + " portals"
                    : String.join(", ", new TreeSet<>(portals));
            throw ConfigurationException.wrong(
                    "--portal", "the member id of a portal that can be asked (" + known + ")", portal);
        }
        Collection<String> chosen = portal == null ? new TreeSet<>(portals) : List.of(portal);
        for (String memberId : chosen) {
            try {
                compare(reconciler, memberId, err);
            } catch (SessionsUnavailableException e) {
                failed = true;
                err.accept("portal=" + memberId + ": " + e.getMessage());
            }
        }
        return failed ? 1 : left ? 2 : 0;
    }

    private void compare(Reconciler reconciler, String memberId, Consumer<String> err) {
        Instant from = since;
        if (dry) {
            print(from == null ? reconciler.dryRun(memberId) : reconciler.dryRun(memberId, from));
            return;
        }
        if (accept != null) {
            reconciler.accept(memberId, accept);
        }
        Optional<Reconciler.Report> report =
                from == null ? reconciler.run(memberId, true) : reconciler.run(memberId, from);
        if (report.isEmpty()) {
            failed = true;
            err.accept("portal=" + memberId + ": another process compares it now, try again");
        }
        report.ifPresent(this::print);
    }

    private void print(Reconciler.Report report) {
        boolean stored = !dry && report.doubt() == null;
        left |= report.reported() > 0 || !stored && report.missing() > 0 || report.doubt() != null;
        int missing = report.missing() + report.reported();
        int handled = report.compared() - missing;
        if (json) {
            printJson(report, missing, handled, stored);
            return;
        }
        String portal = " portal=" + report.memberId();
        out.accept("reconciled" + portal + " closed=" + report.compared() + " handled=" + handled + " missing="
                + missing + " stored=" + (stored ? report.missing() : 0) + " young=" + report.undecided() + " until="
                + report.portalTime() + (report.blind() ? " blind=yes" : "")
                + (report.doubt() == null ? "" : " doubt=\"" + report.doubt() + '"'));
        for (Reconciler.Missing close : report.missed()) {
            ClosedSession session = close.session();
            out.accept("missing" + portal + " line=" + session.lineId() + " chat=" + session.chatId() + " session="
                    + session.sessionId() + " closed=" + closed(session) + " reason=" + reason(close, stored));
        }
        if (missing > report.missed().size()) {
            out.accept(
                    "missing" + portal + " more=" + (missing - report.missed().size()));
        }
    }

    private void printJson(Reconciler.Report report, int missing, int handled, boolean stored) {
        JsonArrayBuilder closes = Json.createArrayBuilder();
        for (Reconciler.Missing close : report.missed()) {
            ClosedSession session = close.session();
            closes.add(Json.createObjectBuilder()
                    .add("line", session.lineId())
                    .add("chat", session.chatId())
                    .add("session", session.sessionId())
                    .add("closed", closed(session))
                    .add("reason", reason(close, stored)));
        }
        JsonObjectBuilder object = Json.createObjectBuilder()
                .add("portal", report.memberId())
                .add("closed", report.compared())
                .add("handled", handled)
                .add("missing", missing)
                .add("stored", stored ? report.missing() : 0)
                .add("young", report.undecided())
                .add("until", report.portalTime().toString())
                .add("blind", report.blind())
                .add("closes", closes);
        if (report.doubt() != null) {
            object.add("doubt", report.doubt());
        }
        out.accept(object.build().toString());
    }

    private static String closed(ClosedSession session) {
        return Objects.requireNonNull(session.closedAt()).toInstant().toString();
    }

    private static String reason(Reconciler.Missing close, boolean stored) {
        return close.tooOld() ? "too-old" : stored ? "no-event-stored-now" : "no-event";
    }
}
