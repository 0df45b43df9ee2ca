// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** {@code event.bind}, {@code event.unbind}, {@code event.get}: an application's subscriptions. */
final class EventMethods {

    /** Events that can be bound, with the scope that each needs. The scope of the application's own events is empty. */
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
            Map.entry("ONIMCONNECTORLINEDELETE", "imopenlines"),
            Map.entry("ONIMCONNECTORMESSAGEADD", "imopenlines"),
            Map.entry("ONIMCONNECTORMESSAGEUPDATE", "imopenlines"),
            Map.entry("ONIMCONNECTORMESSAGEDELETE", "imopenlines"),
            Map.entry("ONIMCONNECTORSTATUSDELETE", "imopenlines"),
            Map.entry("ONIMCONNECTORDIALOGSTART", "imopenlines"),
            Map.entry("ONIMCONNECTORDIALOGFINISH", "imopenlines"));

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
        long authType = authType(call);
        if (event.isEmpty()) {
            throw RestError.missing("EVENT");
        }
        if (offline(call)) {
            if (!call.user().admin()) {
                throw RestError.accessDenied("Offline events binding requires administrator access rights");
            }
            return bindOffline(call, event);
        }
        String handler = call.text("HANDLER");
        if (handler.isEmpty()) {
            throw RestError.missing("HANDLER");
        }
        HandlerAddress address = HandlerAddress.of(handler);
        String scope = EVENTS.get(event);
        Portal portal = call.portal();
        if (scope == null || !portal.application().permits(scope)) {
            throw new RestError(400, "ERROR_EVENT_NOT_FOUND", "Event not found");
        }
        synchronized (portal) {
            if (portal.subscriptions().stream().anyMatch(s -> same(portal, s, event, handler, authType))) {
                throw new RestError(400, "ERROR_CORE", "Unable to set event handler: Handler already binded");
            }
            portal.outbox().add(event, address, authType, minTimeout(call, event));
        }
        return RestResult.of(JsonValue.TRUE);
    }

    private static RestResult bindOffline(RestContext call, String event) {
        Portal portal = call.portal();
        String scope = EVENTS.get(event);
        if (scope == null || !portal.application().permits(scope)) {
            throw new RestError(400, "ERROR_EVENT_NOT_FOUND", "Event not found");
        }
        if (scope.isEmpty()) {
            throw new RestError(400, "ERROR_ARGUMENT", "Offline event cannot be registered for this event.");
        }
        synchronized (portal) {
            boolean bound = portal.outbox().offline().bindings().stream()
                    .anyMatch(b -> b.event().equals(event) && b.connector().equals(call.connector()));
            if (bound) {
                throw new RestError(400, "ERROR_CORE", "Unable to set event handler: Handler already binded");
            }
            portal.outbox().bindOffline(event, call.connector());
        }
        return RestResult.of(JsonValue.TRUE);
    }

    /** Returns the least seconds between two {@code ONOFFLINEEVENT}, the only event with an option. */
    private static long minTimeout(RestContext call, String event) {
        JsonValue options = call.parameters().get("OPTIONS");
        if (!event.equals("ONOFFLINEEVENT") || !(options instanceof JsonObject object)) {
            return Outbox.MIN_TIMEOUT;
        }
        return Optional.ofNullable(object.get("minTimeout"))
                .flatMap(RestRequest::scalar)
                .map(RestContext::intval)
                .orElse(Outbox.MIN_TIMEOUT);
    }

    private static RestResult unbind(RestContext original) {
        if (original.webhook()) {
            throw RestError.wrongAuthType();
        }
        RestContext call = original.upperCase();
        String event = call.text("EVENT").toUpperCase(Locale.ROOT);
        if (event.isEmpty()) {
            throw RestError.missing("EVENT");
        }
        if (offline(call)) {
            if (!call.user().admin()) {
                throw RestError.accessDenied("Offline events unbinding requires administrator access rights");
            }
            synchronized (call.portal()) {
                int removed = call.portal()
                        .outbox()
                        .offline()
                        .unbind(b -> b.event().equals(event) && b.connector().equals(call.connector()));
                return RestResult.of(EventBodies.object().add("count", removed).build());
            }
        }
        String handler = call.text("HANDLER");
        if (handler.isEmpty()) {
            throw RestError.missing("HANDLER");
        }
        // The server compares with !== here. So it always refuses a form from a user who is no administrator, because
        // every number of a form is text.
        if (call.has("AUTH_TYPE") && !call.user().admin()) {
            JsonValue given = call.parameters().getOrDefault("AUTH_TYPE", JsonValue.NULL);
            if (given.getValueType() != JsonValue.ValueType.NUMBER
                    || call.integer("AUTH_TYPE") != call.user().id()) {
                throw RestError.accessDenied("Event unbinding with AUTH_TYPE requires administrator access rights");
            }
        }
        boolean anyUser = !call.has("AUTH_TYPE") && call.user().admin();
        long authType =
                call.has("AUTH_TYPE") ? call.integer("AUTH_TYPE") : call.user().id();
        int removed = call.portal()
                .outbox()
                .remove(s -> s.event().equals(event)
                        && call.portal().outbox().bound(s).equals(handler)
                        && (anyUser || s.authType() == authType));
        return RestResult.of(EventBodies.object().add("count", removed).build());
    }

    private static RestResult get(RestContext call) {
        if (call.webhook()) {
            throw RestError.wrongAuthType();
        }
        TreeMap<Integer, JsonObject> rows = new TreeMap<>();
        for (PortalSubscription subscription : call.portal().subscriptions()) {
            if (call.user().admin() || subscription.authType() == call.user().id()) {
                rows.put(
                        subscription.id(),
                        EventBodies.object()
                                .add("event", subscription.event())
                                .add("handler", call.portal().outbox().bound(subscription))
                                .add("auth_type", Long.toString(subscription.authType()))
                                .add("offline", 0)
                                .build());
            }
        }
        if (call.user().admin()) {
            synchronized (call.portal()) {
                for (OfflineQueue.Binding binding :
                        call.portal().outbox().offline().bindings()) {
                    rows.put(
                            binding.id(),
                            EventBodies.object()
                                    .add("event", binding.event())
                                    .add("connector_id", binding.connector())
                                    .add("offline", 1)
                                    .build());
                }
            }
        }
        JsonArrayBuilder list = PhpJson.PROVIDER.createArrayBuilder();
        rows.values().forEach(list::add);
        return RestResult.of(list.build());
    }

    /** Returns the user whose token the events will carry. An administrator may choose one, others get their own. */
    private static long authType(RestContext call) {
        long wanted = call.integer("AUTH_TYPE");
        if (call.user().admin()) {
            return Math.max(0, wanted);
        }
        if (wanted > 0 && wanted != call.user().id()) {
            throw RestError.accessDenied("Event binding with AUTH_TYPE requires administrator access rights");
        }
        return call.user().id();
    }

    private static boolean offline(RestContext call) {
        return switch (call.text("EVENT_TYPE").toLowerCase(Locale.ROOT)) {
            case "", "online" -> false;
            case "offline" -> true;
            default -> throw RestError.argument("Value must be one of {online|offline}", "EVENT_TYPE");
        };
    }

    private static boolean same(Portal portal, PortalSubscription s, String event, String handler, long authType) {
        return s.event().equals(event) && portal.outbox().bound(s).equals(handler) && s.authType() == authType;
    }
}
