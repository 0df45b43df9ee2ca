// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonValue;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** {@code event.bind}, {@code event.unbind}, {@code event.get}: an application's subscriptions. */
final class EventMethods {

    /** Events that can be bound, with the scope each needs; empty for the application's own. */
    static final Map<String, String> EVENTS = Map.ofEntries(
            Map.entry("ONAPPINSTALL", ""),
            Map.entry("ONAPPUPDATE", ""),
            Map.entry("ONAPPUNINSTALL", ""),
            Map.entry("ONAPPPAYMENT", ""),
            Map.entry("ONAPPTEST", ""),
            Map.entry("ONAPPMETHODCONFIRM", ""),
            Map.entry("ONOFFLINEEVENT", ""),
            Map.entry("ONSUBSCRIPTIONRENEW", ""),
            Map.entry("ONOPENLINEMESSAGEADD", "imopenlines"),
            Map.entry("ONOPENLINEMESSAGEUPDATE", "imopenlines"),
            Map.entry("ONOPENLINEMESSAGEDELETE", "imopenlines"),
            Map.entry("ONSESSIONSTART", "imopenlines"),
            Map.entry("ONSESSIONFINISH", "imopenlines"),
            Map.entry("ONIMCONNECTORLINEDELETE", "imconnector"),
            Map.entry("ONIMCONNECTORMESSAGEADD", "imconnector"),
            Map.entry("ONIMCONNECTORMESSAGEUPDATE", "imconnector"),
            Map.entry("ONIMCONNECTORMESSAGEDELETE", "imconnector"),
            Map.entry("ONIMCONNECTORSTATUSDELETE", "imconnector"),
            Map.entry("ONIMCONNECTORDIALOGSTART", "imconnector"),
            Map.entry("ONIMCONNECTORDIALOGFINISH", "imconnector"));

    private EventMethods() {}

    static List<RestMethod> all() {
        return List.of(
                new RestMethod("event.bind", "", Provenance.SOURCE, EventMethods::bind),
                new RestMethod("event.unbind", "", Provenance.SOURCE, EventMethods::unbind),
                new RestMethod("event.get", "", Provenance.SOURCE, EventMethods::get));
    }

    private static RestResult bind(RestContext original) {
        if (original.webhook()) {
            throw RestError.wrongAuthType();
        }
        RestContext call = original.upperCase();
        String event = call.text("EVENT").toUpperCase(Locale.ROOT);
        long authType = authType(call, "Event binding with AUTH_TYPE requires administrator access rights");
        if (event.isEmpty()) {
            throw RestError.missing("EVENT");
        }
        offlineIsUnbuilt(call);
        String handler = call.text("HANDLER");
        if (handler.isEmpty()) {
            throw RestError.missing("HANDLER");
        }
        URI target = handler(handler);
        String scope = EVENTS.get(event);
        Portal portal = call.portal();
        if (scope == null || !portal.application().permits(scope)) {
            throw new RestError(400, "ERROR_EVENT_NOT_FOUND", "Event not found");
        }
        synchronized (portal) {
            if (portal.subscriptions().stream().anyMatch(s -> same(s, event, handler, authType))) {
                throw new RestError(400, "ERROR_CORE", "Unable to set event handler: Handler already binded");
            }
            portal.outbox().add(event, target, authType);
        }
        return RestResult.of(JsonValue.TRUE);
    }

    private static RestResult unbind(RestContext original) {
        if (original.webhook()) {
            throw RestError.wrongAuthType();
        }
        RestContext call = original.upperCase();
        String event = call.text("EVENT").toUpperCase(Locale.ROOT);
        // The server compares with !== here, so that a non-administrator who sends it as text is refused
        // whatever it says.
        long authType = authType(call, "Event unbinding with AUTH_TYPE requires administrator access rights");
        if (event.isEmpty()) {
            throw RestError.missing("EVENT");
        }
        offlineIsUnbuilt(call);
        String handler = call.text("HANDLER");
        if (handler.isEmpty()) {
            throw RestError.missing("HANDLER");
        }
        boolean anyUser = !call.has("AUTH_TYPE") && call.user().admin();
        int removed = call.portal()
                .outbox()
                .remove(s -> s.event().equals(event)
                        && s.handler().toString().equals(handler)
                        && (anyUser || s.authType() == authType));
        return RestResult.of(EventBodies.object().add("count", removed).build());
    }

    private static RestResult get(RestContext call) {
        if (call.webhook()) {
            throw RestError.wrongAuthType();
        }
        JsonArrayBuilder rows = PhpJson.PROVIDER.createArrayBuilder();
        for (Subscription subscription : call.portal().subscriptions()) {
            if (call.user().admin() || subscription.authType() == call.user().id()) {
                rows.add(EventBodies.object()
                        .add("event", subscription.event())
                        .add("handler", subscription.handler().toString())
                        .add("auth_type", Long.toString(subscription.authType()))
                        .add("offline", 0));
            }
        }
        return RestResult.of(rows.build());
    }

    /** Whose token the events will carry: an administrator chooses, everyone else is that user. */
    private static long authType(RestContext call, String refusal) {
        long wanted = call.integer("AUTH_TYPE");
        if (call.user().admin()) {
            return wanted;
        }
        if (wanted > 0) {
            throw RestError.accessDenied(refusal);
        }
        return call.user().id();
    }

    private static void offlineIsUnbuilt(RestContext call) {
        switch (call.text("EVENT_TYPE")) {
            case "", "online" -> {
                // What follows is about online events.
            }
            case "offline" -> throw RestMethods.lacks("offline events");
            default -> throw RestError.argument("Value must be one of {online|offline}", "EVENT_TYPE");
        }
    }

    /** The scheme first, then a host with a dot that is not its first character. */
    private static URI handler(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw new RestError(400, "ERROR_WRONG_HANDLER_URL", "Wrong handler URL");
        }
        String scheme = Objects.requireNonNullElse(uri.getScheme(), "").toLowerCase(Locale.ROOT);
        if (!scheme.isEmpty() && !scheme.equals("http") && !scheme.equals("https")) {
            throw new RestError(400, "ERROR_UNSUPPORTED_PROTOCOL", "Unsupported handler protocol");
        }
        if (scheme.isEmpty() || uri.getHost() == null || uri.getHost().indexOf('.') < 1 || text.length() > 255) {
            throw new RestError(400, "ERROR_WRONG_HANDLER_URL", "Wrong handler URL");
        }
        return uri;
    }

    private static boolean same(Subscription s, String event, String handler, long authType) {
        return s.event().equals(event) && s.handler().toString().equals(handler) && s.authType() == authType;
    }
}
