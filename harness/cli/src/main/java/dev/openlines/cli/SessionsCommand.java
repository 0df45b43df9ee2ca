// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.client.ClientException;
import dev.openlines.client.ErrorCode;
import dev.openlines.client.OpenLines;
import dev.openlines.client.Session;
import dev.openlines.client.SessionFilter;
import dev.openlines.portal.wire.EventBodies;
import jakarta.json.JsonObjectBuilder;
import java.io.PrintWriter;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code openlines sessions}: lists the sessions that a portal has closed. */
@Command(
        name = "sessions",
        mixinStandardHelpOptions = true,
        description = {
            "Lists the sessions that a portal closed, oldest first, to compare them with those an application handled.",
            "Needs a plan with reports on open lines and a user who may see them. Changes nothing. It asks with an access",
            "token, from the variable OPENLINES_ACCESS_TOKEN or from a file, or without --portal by an incoming webhook,",
            "from the variable OPENLINES_WEBHOOK or from a file."
        })
final class SessionsCommand implements Callable<Integer> {

    /** The longest lead of the portal's clock over ours. */
    private static final Duration AHEAD = Duration.ofHours(1);

    private static final Map<ErrorCode, String> REMEDIES = Map.of(
            ErrorCode.TARIFF_RESTRICTION, "the portal's plan has no reports on open lines",
            ErrorCode.ERROR_METHOD_NOT_FOUND, "the portal's version cannot list sessions",
            ErrorCode.ACCESS_DENIED, "the token's user may not see the reports on open lines",
            ErrorCode.INSUFFICIENT_SCOPE, "the application needs the scope imopenlines",
            ErrorCode.EXPIRED_TOKEN, "the token has expired: take a new one",
            ErrorCode.INVALID_CREDENTIALS, "the portal does not know this webhook");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private WebhookOptions portal = new WebhookOptions();

    @Option(
            names = "--since",
            paramLabel = "T",
            description = "Since when: 2026-11-28T10:00:00Z, 2026-11-28 (UTC), or how long ago, such as PT6H. A day by"
                    + " default, at most 365 days.")
    private String since = "P1D";

    @Option(names = "--json", description = "One JSON object a line.")
    private boolean json;

    private SessionsCommand() {}

    @Override
    public Integer call() {
        OpenLines lines = portal.access().client(Duration.ofSeconds(30)).openLines();
        Instant now = Instant.now();
        try {
            // The status does not count here: a closed session has a time of closing, but its status may still be open.
            Iterator<Session> sessions = lines.sessions(SessionFilter.closed(begin(now), now.plus(AHEAD)))
                    .iterator();
            PrintWriter out = spec.commandLine().getOut();
            while (sessions.hasNext()) {
                out.println(json ? json(sessions.next()) : text(sessions.next()));
            }
            return 0;
        } catch (ClientException e) {
            throw CommandFailure.of(e, REMEDIES);
        } catch (IllegalArgumentException e) {
            throw wrong("--since: " + e.getMessage());
        }
    }

    private Instant begin(Instant now) {
        try {
            if (since.startsWith("P")) {
                return now.minus(Duration.parse(since));
            }
            return since.contains("T")
                    ? OffsetDateTime.parse(since).toInstant()
                    : LocalDate.parse(since).atStartOfDay().toInstant(ZoneOffset.UTC);
        } catch (DateTimeException | ArithmeticException e) {
            throw wrong("--since: expected a time such as 2026-11-28T10:00:00Z, a date such as 2026-11-28 or a duration"
                    + " such as PT6H, found \"" + since + '"');
        }
    }

    private ParameterException wrong(String what) {
        return new ParameterException(spec.commandLine(), what);
    }

    private static String text(Session session) {
        return String.format(
                Locale.ROOT,
                "%-25s  session %-8d chat %-8d line %-4d %-16s %s%s",
                session.closedAt(),
                session.id(),
                session.chatId(),
                session.lineId(),
                session.source(),
                session.status(),
                session.closeReason() == null ? "" : ", " + session.closeReason());
    }

    private static String json(Session session) {
        JsonObjectBuilder out = EventBodies.object()
                .add("session", session.id())
                .add("chat", session.chatId())
                .add("line", session.lineId())
                .add("source", session.source().code())
                .add("user", session.userId())
                .add("created", String.valueOf(session.createdAt()))
                .add("closed", String.valueOf(session.closedAt()))
                .add("status", session.status().code());
        if (session.closeReason() != null) {
            out.add("close_reason", session.closeReason().code());
        }
        return out.build().toString();
    }
}
