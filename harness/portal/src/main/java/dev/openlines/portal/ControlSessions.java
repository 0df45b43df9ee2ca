// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Set;

/** Reads the parts of the control API and of seed files about sessions and access to reports. */
final class ControlSessions {

    private static final String TOP = "$";

    private ControlSessions() {}

    /** Ends or changes a session without an event, as the platform does. */
    static void act(PortalSession session, String action) {
        switch (action) {
            case "dismiss" -> session.dismissOperator();
            case "break-off" -> session.breakOff();
            case "repair" -> session.repair();
            case "duplicate" -> session.duplicate();
            default -> throw new IllegalArgumentException("expected dismiss, break-off, repair or duplicate");
        }
    }

    /** Sets fields of a session's row in the list. */
    static void describe(PortalSession session, JsonValue json) {
        ControlBody body =
                ControlBody.of(json, TOP, Set.of("source", "vote", "stars", "comment", "crm_type", "crm_id"));
        body.text("source").ifPresent(session::source);
        body.text("vote").ifPresent(vote -> {
            if (!Set.of("like", "dislike").contains(vote)) {
                throw ControlBody.wrong("like or dislike", vote, body.at("vote"));
            }
            session.rate(vote.equals("like"));
        });
        body.integer("stars")
                .ifPresent(stars -> session.rateBySupervisor(
                        Math.toIntExact(Math.min(stars, 6)),
                        body.text("comment").orElse("")));
        if (body.has("crm_type")) {
            session.linkToCrm(
                    ControlChats.crmType(body, "crm_type"),
                    body.integer("crm_id").orElse(1L));
        }
    }

    /** Sets the access to reports; members that are absent change nothing. */
    static void reports(Portal portal, JsonValue json, String path) {
        ControlBody body = ControlBody.of(
                json,
                path,
                Set.of(
                        "known",
                        "included",
                        "ratings_shown",
                        "crm_shown",
                        "first_answer_seconds",
                        "denied_users",
                        "hidden_lines",
                        "allowed_users",
                        "shown_lines"));
        PortalReports reports = portal.reports();
        if (body.has("known")) {
            reports.known(body.flag("known", true));
        }
        if (body.has("included")) {
            reports.included(body.flag("included", true));
        }
        if (body.has("ratings_shown")) {
            reports.ratingsShown(body.flag("ratings_shown", true));
        }
        if (body.has("crm_shown")) {
            reports.crmShown(body.flag("crm_shown", true));
        }
        body.integer("first_answer_seconds")
                .ifPresent(seconds -> reports.firstAnswerWithin(Duration.ofSeconds(seconds)));
        each(body, "denied_users", id -> reports.allowed(id, false));
        each(body, "allowed_users", id -> reports.allowed(id, true));
        each(body, "hidden_lines", id -> reports.lineShown(id, false));
        each(body, "shown_lines", id -> reports.lineShown(id, true));
    }

    private interface Each {
        void take(long id);
    }

    private static void each(ControlBody body, String name, Each each) {
        int index = 0;
        for (JsonValue item : body.items(name)) {
            if (!(item instanceof JsonNumber number) || !number.isIntegral()) {
                throw ControlBody.expected("an id", item, body.itemPath(name, index));
            }
            each.take(number.longValue());
            index++;
        }
    }

    static ZoneId zone(String text, String path) {
        try {
            return ZoneId.of(text);
        } catch (DateTimeException e) {
            throw ControlBody.wrong("a time zone such as Europe/Berlin", text, path);
        }
    }

    static JsonObject view(PortalSession session) {
        JsonObjectBuilder out = EventBodies.object()
                .add("id", session.id())
                .add("chat_id", session.chat().id());
        synchronized (session.chat().portal()) {
            out.add("line_id", session.line().id())
                    .add("source", session.source())
                    .add("status", session.status())
                    .add("created", session.created().toString());
            session.closedAt().ifPresent(closed -> out.add("closed", closed.toString()));
        }
        return out.build();
    }
}
