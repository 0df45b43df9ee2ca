// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.cli.Probe.Call;
import dev.openlines.cli.Probe.Form;
import dev.openlines.cli.Probe.Need;
import dev.openlines.cli.Probe.Right;
import dev.openlines.portal.wire.EventBodies;
import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Facts about a portal, which are used to set up a similar simulated one. The ids are used in questions and never
 * shown.
 *
 * @param scope the scopes of the application
 * @param has the conditions of questions that the portal meets
 * @param reports whether the reports on open lines are available: {@code yes}, {@code plan} or {@code version}
 * @param operating whether answers have the used operating time
 * @param extendedOffline whether the plan has the offline queue in two steps
 * @param line an open line's id, or 0
 * @param chat a chat's id, or 0
 * @param session a session's id, or 0
 */
record PortalFacts(
        List<String> scope,
        Set<Need> has,
        String reports,
        boolean operating,
        boolean extendedOffline,
        long line,
        long chat,
        long session) {

    /** Asks a portal. */
    static PortalFacts of(ComparedPortal portal, boolean webhook, @Nullable Long chat)
            throws IOException, InterruptedException {
        PortalAnswer granted = portal.ask(call("scope"));
        if (granted.error().isPresent() || !(granted.at("result").orElse(null) instanceof JsonArray codes)) {
            throw CommandFailure.failed("the portal does not say what the application may do: HTTP " + granted.status()
                    + granted.error()
                            .map(code -> " " + new KnownNames().code(code))
                            .orElse(""));
        }
        List<String> scope = codes.stream()
                .filter(JsonString.class::isInstance)
                .map(code -> ((JsonString) code).getString().toLowerCase(Locale.ROOT))
                .toList();
        Set<Need> has = EnumSet.of(webhook ? Need.WEBHOOK : Need.TOKEN);
        if (portal.ask(call("profile")).at("result", "ADMIN").equals(Optional.of(JsonValue.TRUE))) {
            has.add(Need.ADMINISTRATOR);
        }
        boolean openLines = scope.contains("imopenlines");
        has.add(openLines ? Need.OPEN_LINES : Need.NO_OPEN_LINES);
        if (scope.contains("crm")) {
            has.add(Need.CRM);
        }
        if (scope.contains("disk")) {
            has.add(Need.FILES);
        }
        boolean operating = granted.at("time", "operating").isPresent();
        boolean extended = portal.ask(new Call(
                        "feature.get",
                        Right.GOOD,
                        Form.JSON,
                        EventBodies.object()
                                .add("CODE", "rest_offline_extended")
                                .build()))
                .at("result", "value")
                .map(JsonValue::toString)
                .equals(Optional.of("\"Y\""));
        if (!openLines) {
            return new PortalFacts(scope, has, "version", operating, extended, 0, 0, 0);
        }
        long line = portal.ask(call("imopenlines.config.list.get"))
                .at("result")
                .map(lines -> first(lines, "ID"))
                .orElse(0L);
        PortalAnswer sessions = portal.ask(new Call(
                "imopenlines.v2.Session.list",
                Right.GOOD,
                Form.JSON,
                EventBodies.object().add("limit", 1).build()));
        String reports = sessions.error().isEmpty()
                ? "yes"
                : sessions.error().equals(Optional.of("ERROR_METHOD_NOT_FOUND")) ? "version" : "plan";
        JsonValue listed = sessions.at("result", "sessions").orElse(JsonValue.EMPTY_JSON_ARRAY);
        long session = first(listed, "id");
        long talked = chat == null ? first(listed, "chatId") : chat;
        add(has, line, Need.LINE);
        add(has, talked, Need.CHAT);
        add(has, session, Need.SESSION);
        has.add(reports.equals("yes") ? Need.REPORTS : Need.NO_REPORTS);
        return new PortalFacts(scope, has, reports, operating, extended, line, talked, session);
    }

    private static void add(Set<Need> has, long id, Need need) {
        if (id > 0) {
            has.add(need);
        }
    }

    /** Returns an id in the first of some objects, or 0. */
    private static long first(JsonValue list, String name) {
        JsonValue id = list instanceof JsonArray array && !array.isEmpty() && array.get(0) instanceof JsonObject object
                ? object.get(name)
                : null;
        if (id instanceof JsonNumber number) {
            return number.longValue();
        }
        return id instanceof JsonString text && text.getString().matches("[0-9]{1,18}")
                ? Long.parseLong(text.getString())
                : 0;
    }

    private static Call call(String method) {
        return new Call(method, Right.GOOD, Form.JSON, JsonValue.EMPTY_JSON_OBJECT);
    }
}
