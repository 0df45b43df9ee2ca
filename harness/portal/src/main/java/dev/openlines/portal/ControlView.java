// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Collection;
import java.util.function.Function;

/** The control API's view of portals and their parts. Portals show their secrets here; journals do not. */
final class ControlView {

    private ControlView() {}

    static <T> JsonValue list(Collection<T> items, Function<T, JsonObject> describe) {
        JsonArrayBuilder array = PhpJson.PROVIDER.createArrayBuilder();
        items.forEach(item -> array.add(describe.apply(item)));
        return array.build();
    }

    static JsonObject of(Portal portal) {
        synchronized (portal) {
            return EventBodies.object()
                    .add("label", portal.label())
                    .add("domain", portal.domain())
                    .add("member_id", portal.memberId())
                    .add("client_endpoint", portal.restUri().toString())
                    .add("server_endpoint", portal.serverEndpoint().toString())
                    .add(
                            "webhook",
                            portal.restUri() + "1/" + portal.webhookCode().reveal() + "/")
                    .add("client_id", portal.clientId())
                    .add("client_secret", portal.clientSecret().reveal())
                    .add("application_token", portal.applicationToken().reveal())
                    .add("installed", portal.application().installed())
                    .add("clock", clock(portal))
                    .build();
        }
    }

    static JsonObject clock(Portal portal) {
        return EventBodies.object()
                .add("now", portal.clock().instant().toString())
                .add("time_zone", portal.clock().zone().getId())
                .add("frozen", portal.clock().frozen())
                .build();
    }

    static JsonObject of(PortalLine line) {
        return EventBodies.object()
                .add("id", line.id())
                .add("name", line.name())
                .build();
    }

    static JsonObject of(PortalChat chat) {
        return EventBodies.object()
                .add("id", chat.id())
                .add("line_id", chat.line().id())
                .add("connector", chat.connector())
                .add("visitor_id", chat.visitorId())
                .add("session_id", chat.sessionId())
                .add("open", chat.isOpen())
                .add("group", chat.group())
                .add("people", list(chat.people().all(), ControlView::of))
                .build();
    }

    private static JsonObject of(PortalUser user) {
        return EventBodies.object()
                .add("id", user.id())
                .add("name", user.name())
                .add("role", user.bot() ? "bot" : "customer")
                .build();
    }

    static JsonObject of(PortalSubscription subscription) {
        return EventBodies.object()
                .add("id", subscription.id())
                .add("event", subscription.event())
                .add("handler", subscription.handler().toString())
                .add("auth_type", subscription.authType())
                .add("dialect", subscription.dialect().label())
                .build();
    }

    static JsonObject of(Delivery delivery) {
        JsonObjectBuilder out = EventBodies.object()
                .add("number", delivery.number())
                .add("event", delivery.event())
                .add("dialect", delivery.dialect().label())
                .add("subscription_id", delivery.subscriptionId())
                .add("handler", delivery.handler().toString())
                .add("sent_at", delivery.sentAt().toString())
                .add("status", delivery.status())
                .add("acknowledged", delivery.acknowledged())
                .add("connect_ms", millis(delivery.connectTime()))
                .add("first_byte_ms", millis(delivery.firstByteTime()))
                .add("total_ms", millis(delivery.totalTime()))
                .add("backlog_suspected", delivery.backlogSuspected());
        delivery.failure().ifPresent(failure -> out.add("failure", failure));
        return out.build();
    }

    static JsonObject list(Collection<Delivery> deliveries) {
        return EventBodies.object()
                .add("deliveries", list(deliveries, ControlView::of))
                .build();
    }

    /** Returns the delivery with its bytes, secrets included, to show what was wrong with them. */
    static JsonObject whole(Delivery delivery) {
        JsonObjectBuilder out = EventBodies.object();
        of(delivery).forEach(out::add);
        return out.add("request_head", delivery.requestHead())
                .add("request_body", new String(delivery.requestBody(), StandardCharsets.UTF_8))
                .add("request_body_base64", Base64.getEncoder().encodeToString(delivery.requestBody()))
                .add("answer", new String(delivery.answer(), StandardCharsets.UTF_8))
                .add("answer_base64", Base64.getEncoder().encodeToString(delivery.answer()))
                .build();
    }

    static JsonObject of(PortalCall call) {
        JsonObjectBuilder out = EventBodies.object()
                .add("at", call.at().toString())
                .add("method", call.method())
                .add("parameters", call.parameters())
                .add("user_id", call.userId())
                .add("status", call.status());
        call.error().ifPresent(error -> out.add("error", error));
        if (call.fault() != null) {
            out.add("fault", call.fault());
        }
        return out.add("provenance", call.provenance().label())
                .add("declared", call.declared())
                .add("took_ms", millis(call.took()))
                .build();
    }

    static double millis(Duration time) {
        return Math.round(time.toNanos() / 1e3) / 1e3;
    }
}
