// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code imconnector.register}, {@code activate}, {@code send.messages}, {@code send.status.delivery} and similar
 * methods. An application calls them so that its own connector brings chats and gets events. They work with an
 * application's token only.
 */
final class ConnectorMethods {

    private static final String SCOPE = "imopenlines";

    private ConnectorMethods() {}

    static List<RestMethod> all() {
        return List.of(
                new RestMethod("imconnector.register", SCOPE, Provenance.SOURCE, ConnectorMethods::register),
                new RestMethod("imconnector.unregister", SCOPE, Provenance.SOURCE, ConnectorMethods::unregister),
                new RestMethod("imconnector.activate", SCOPE, Provenance.DOCS, ConnectorMethods::activate),
                new RestMethod("imconnector.status", SCOPE, Provenance.DOCS, ConnectorMethods::status),
                new RestMethod("imconnector.send.messages", SCOPE, Provenance.DOCS, ConnectorMethods::send),
                new RestMethod(
                        "imconnector.send.status.delivery", SCOPE, Provenance.SOURCE, ConnectorMethods::delivered));
    }

    private static RestContext checked(RestContext call) {
        if (call.webhook()) {
            throw RestError.wrongAuthType();
        }
        return call.upperCase();
    }

    private static RestResult register(RestContext original) {
        RestContext call = checked(original);
        String id = call.text("ID");
        if (id.contains(".")) {
            return refused("IMCONNECTOR_REST_APPLICATION_REGISTRATION_ERROR_POINT", "The ID must not contain a dot");
        }
        boolean icon = call.parameters().get("ICON") instanceof JsonObject given
                && !member(given, "DATA_IMAGE").isEmpty();
        if (id.isEmpty()) {
            return refused("IMCONNECTOR_REST_CONNECTOR_ID_REQUIRED", "The connector's ID is missing");
        }
        if (call.text("NAME").isEmpty()) {
            return refused("IMCONNECTOR_REST_NAME_REQUIRED", "The connector's name is missing");
        }
        if (!icon) {
            return refused("IMCONNECTOR_REST_ICON_REQUIRED", "The connector's icon is missing");
        }
        if (call.text("PLACEMENT_HANDLER").isEmpty()) {
            return refused("IMCONNECTOR_REST_NO_PLACEMENT_HANDLER", "The handler of the settings page is missing");
        }
        call.portal()
                .connectors()
                .register(
                        id,
                        call.truthy("CHAT_GROUP") && !call.text("CHAT_GROUP").equals("false"));
        return RestResult.of(EventBodies.object().add("result", true).build());
    }

    /** Returns an error as the platform does, with 200 and the error inside the result. */
    private static RestResult refused(String code, String description) {
        return RestResult.of(EventBodies.object()
                .add("result", false)
                .add("error", code)
                .add("error_description", description)
                .build());
    }

    private static RestResult unregister(RestContext original) {
        RestContext call = checked(original);
        return call.portal().connectors().unregister(call.text("ID").toLowerCase(Locale.ROOT))
                ? RestResult.of(EventBodies.object().add("result", true).build())
                : refused(
                        "IMCONNECTOR_REST_APPLICATION_UNREGISTRATION_ERROR", "The connector could not be unregistered");
    }

    private static RestResult activate(RestContext original) {
        RestContext call = checked(original);
        for (String name : List.of("CONNECTOR", "LINE", "ACTIVE")) {
            if (!call.has(name)) {
                throw RestError.missing(name);
            }
        }
        boolean active = call.truthy("ACTIVE") && !call.text("ACTIVE").equalsIgnoreCase("N");
        return RestResult.of(
                call.portal().connectors().activate(call.text("CONNECTOR"), call.integer("LINE"), active)
                        ? JsonValue.TRUE
                        : JsonValue.FALSE);
    }

    private static RestResult status(RestContext original) {
        RestContext call = checked(original);
        String connector = call.text("CONNECTOR");
        if (connector.isEmpty()) {
            throw RestError.missing("CONNECTOR");
        }
        boolean active = call.portal().connectors().isActive(connector, call.integer("LINE"));
        return RestResult.of(EventBodies.object()
                .add("LINE", call.integer("LINE"))
                .add("CONNECTOR", connector)
                .add("ERROR", false)
                .add("CONFIGURED", active)
                .add("STATUS", active)
                .build());
    }

    private static RestResult send(RestContext original) {
        RestContext call = checked(original);
        for (String name : List.of("CONNECTOR", "LINE", "MESSAGES")) {
            if (!call.has(name)) {
                throw RestError.missing(name);
            }
        }
        String connector = call.text("CONNECTOR");
        Portal portal = call.portal();
        List<JsonObject> messages = objects(call.parameters().get("MESSAGES"));
        if (messages.isEmpty()) {
            throw RestError.argument("The value of an argument 'MESSAGES' must be of type array", "MESSAGES");
        }
        for (JsonObject message : messages) {
            for (String part : List.of("user", "message", "chat")) {
                if (object(message, part).isEmpty()) {
                    throw RestError.argument(
                            "The incorrect structure of a message inside MESSAGES parameter", "MESSAGES");
                }
            }
        }
        if (!portal.connectors().isOwn(connector)) {
            throw new RestError(
                    400, "IMCONNECTOR_NO_CORRECT_PROVIDER", "Failed to find a suitable provider for the connector");
        }
        PortalLine line = portal.lines().stream()
                .filter(one -> one.id() == call.integer("LINE"))
                .filter(one -> portal.connectors().isActive(connector, one.id()))
                .findFirst()
                .orElseThrow(() ->
                        new RestError(400, "NOT_ACTIVE_LINE", "The line with this ID is inactive or does not exist"));
        JsonArrayBuilder results = PhpJson.PROVIDER.createArrayBuilder();
        messages.forEach(message -> results.add(sent(portal, line, connector, message)));
        return RestResult.of(EventBodies.object()
                .add("SUCCESS", true)
                .add("DATA", EventBodies.object().add("RESULT", results))
                .build());
    }

    private static JsonObjectBuilder sent(Portal portal, PortalLine line, String connector, JsonObject message) {
        JsonObject content = object(message, "message");
        String text = member(content, "text");
        Map<String, String> files = new LinkedHashMap<>();
        objects(find(content, "files")).forEach(file -> files.put(member(file, "name"), member(file, "url")));
        JsonObject user = object(message, "user");
        String externalChat = member(object(message, "chat"), "id");
        JsonObjectBuilder out = EventBodies.object()
                .add(
                        "message",
                        EventBodies.object().add("id", member(content, "id")).add("text", text))
                .add("chat", EventBodies.object().add("id", externalChat));
        if (text.isEmpty() && files.isEmpty()) {
            return out.add("SUCCESS", false)
                    .add("ERRORS", PhpJson.PROVIDER.createArrayBuilder().add("The message is empty"));
        }
        PortalChat chat = portal.connectors()
                .receive(
                        line,
                        connector,
                        externalChat,
                        member(user, "id"),
                        (member(user, "name") + " " + member(user, "last_name")).strip(),
                        text,
                        files);
        return out.add("SUCCESS", true)
                .add("user", Long.toString(chat.visitor().id()))
                .add(
                        "session",
                        EventBodies.object()
                                .add("ID", Long.toString(chat.sessionId()))
                                .add("CHAT_ID", Long.toString(chat.id())));
    }

    private static RestResult delivered(RestContext original) {
        RestContext call = checked(original);
        for (String name : List.of("CONNECTOR", "LINE", "MESSAGES")) {
            if (!call.has(name)) {
                throw RestError.missing(name);
            }
        }
        for (JsonObject message : objects(call.parameters().get("MESSAGES"))) {
            long id = RestContext.intval(member(object(message, "im"), "message_id"));
            List<String> external = texts(find(object(message, "message"), "id"));
            if (id > 0 && !external.isEmpty()) {
                call.portal().connectors().confirmDelivery(id, external);
            }
        }
        return RestResult.of(EventBodies.object().add("SUCCESS", true).build());
    }

    /** Names are matched in any case, as the platform converts them. */
    private static JsonValue find(JsonObject of, String name) {
        return of.entrySet().stream()
                .filter(entry -> entry.getKey().equalsIgnoreCase(name))
                .findFirst()
                .<JsonValue>map(java.util.Map.Entry::getValue)
                .orElse(JsonValue.NULL);
    }

    private static String member(JsonObject of, String name) {
        return Optional.of(find(of, name)).flatMap(RestRequest::scalar).orElse("");
    }

    private static JsonObject object(JsonObject of, String name) {
        return find(of, name) instanceof JsonObject found ? found : JsonValue.EMPTY_JSON_OBJECT;
    }

    /** Returns the objects of a list. A form's list may come as an object with numbers for names. */
    private static List<JsonObject> objects(@Nullable JsonValue list) {
        List<JsonObject> found = new ArrayList<>();
        Iterable<JsonValue> values = list instanceof JsonArray array
                ? array
                : list instanceof JsonObject object ? object.values() : List.of();
        for (JsonValue value : values) {
            if (value instanceof JsonObject object) {
                found.add(object);
            }
        }
        return found;
    }

    private static List<String> texts(JsonValue value) {
        List<String> found = new ArrayList<>();
        Iterable<JsonValue> values = value instanceof JsonArray array
                ? array
                : value instanceof JsonObject object ? object.values() : List.of(value);
        for (JsonValue one : values) {
            RestRequest.scalar(one).filter(text -> !text.isEmpty()).ifPresent(found::add);
        }
        return found;
    }
}
