// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.model.ConnectorCode;
import dev.openlines.model.Event;
import dev.openlines.model.EventAuth;
import dev.openlines.model.EventHeader;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Dialect;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventJson;
import dev.openlines.parser.Limits;
import dev.openlines.portal.wire.EventBodies;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One event of each kind that a portal sends, for {@code send --event}. */
final class SampleEvents {

    private static final String CONNECTOR = "my_connector";
    private static final List<String> EXTERNAL = List.of("ext-5");
    private static final Set<String> WITH_REFRESH_TOKEN =
            Set.of("ONAPPINSTALL", "ONAPPUPDATE", "ONAPPTEST", "ONOFFLINEEVENT", "ONSUBSCRIPTIONRENEW");
    private static final Set<String> WITHOUT_TOKENS = Set.of("ONAPPUNINSTALL", "ONAPPMETHODCONFIRM", "ONAPPPAYMENT");

    private interface Data {
        @Nullable
        JsonValue of(EventBodies.MessageFacts message, Dialect shape);
    }

    private static final Map<String, Data> DATA = data();

    private SampleEvents() {}

    private static Map<String, Data> data() {
        Map<String, Data> data = new LinkedHashMap<>();
        data.put("ONSESSIONFINISH", (message, shape) -> EventBodies.sessionData(message.chat(), shape));
        data.put("ONSESSIONSTART", (message, shape) -> EventBodies.sessionData(open(message.chat()), shape));
        data.put("ONOPENLINEMESSAGEADD", (message, shape) -> EventBodies.operatorMessage(message));
        data.put("ONOPENLINEMESSAGEUPDATE", (message, shape) -> EventBodies.operatorChange(message, EXTERNAL));
        data.put("ONOPENLINEMESSAGEDELETE", (message, shape) -> EventBodies.operatorDeletion(message, EXTERNAL));
        data.put("ONIMCONNECTORMESSAGEADD", (message, shape) -> EventBodies.connectorMessage(message));
        data.put("ONIMCONNECTORMESSAGEUPDATE", (message, shape) -> EventBodies.connectorChange(message, EXTERNAL));
        data.put("ONIMCONNECTORMESSAGEDELETE", (message, shape) -> EventBodies.connectorDeletion(message, EXTERNAL));
        data.put("ONIMCONNECTORDIALOGSTART", (message, shape) -> dialog(message, open(message.chat())));
        data.put("ONIMCONNECTORDIALOGFINISH", (message, shape) -> dialog(message, message.chat()));
        data.put(
                "ONAPPINSTALL",
                (message, shape) -> fields("VERSION", "1", "ACTIVE", "Y", "INSTALLED", "Y", "LANGUAGE_ID", "en"));
        data.put(
                "ONAPPUPDATE",
                (message, shape) -> fields("VERSION", "2", "PREVIOUS_VERSION", "1", "LANGUAGE_ID", "en"));
        data.put("ONAPPUNINSTALL", (message, shape) -> fields("CLEAN", "0", "LANGUAGE_ID", "en"));
        data.put(
                "ONAPPPAYMENT",
                (message, shape) -> fields(
                        "CODE", "vendor.app", "VERSION", "1", "STATUS", "P", "PAYMENT_EXPIRED", "N", "DAYS", "30"));
        data.put(
                "ONAPPMETHODCONFIRM",
                (message, shape) -> fields(
                        "TOKEN",
                        "0".repeat(70),
                        "METHOD",
                        "voximplant.user.get",
                        "CONFIRMED",
                        "1",
                        "LANGUAGE_ID",
                        "en"));
        data.put(
                "ONAPPTEST",
                (message, shape) -> EventBodies.object()
                        .add("QUERY", fields("any", "data"))
                        .add("LANGUAGE_ID", "en")
                        .build());
        for (Class<?> type : Event.class.getPermittedSubclasses()) {
            String code = type.getSimpleName().toUpperCase(Locale.ROOT);
            if (code.startsWith("ON") && !data.containsKey(code)) {
                data.put(code, (message, shape) -> sides(code, type));
            }
        }
        return data;
    }

    /** Returns the data of an event that says no more than a connector and a line, or null if it says nothing. */
    private static @Nullable JsonValue sides(String code, Class<?> type) {
        RecordComponent[] components = type.getRecordComponents();
        Object[] values = new Object[components.length];
        for (int i = 0; i < values.length; i++) {
            Class<?> kind = components[i].getType();
            if (kind == EventHeader.class) {
                values[i] = new EventHeader(code, null, null, EventAuth.none());
            } else if (kind == ConnectorCode.class) {
                values[i] = new ConnectorCode(CONNECTOR);
            } else if (kind == long.class || kind == Long.class) {
                values[i] = 1L;
            }
        }
        try {
            Class<?>[] kinds =
                    Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            Event event = (Event) type.getDeclaredConstructor(kinds).newInstance(values);
            byte[] form = EventJson.toForm(event);
            return Envelope.parse(form, BodyFormat.FORM, Limits.DEFAULT).raw().get("data");
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("expected a sample of " + code + " here", e);
        }
    }

    /** Returns the codes of all events there are. */
    static Set<String> codes() {
        return DATA.keySet();
    }

    static boolean hasRefreshToken(String event) {
        return WITH_REFRESH_TOKEN.contains(event);
    }

    static boolean hasTokens(String event) {
        return !WITHOUT_TOKENS.contains(event);
    }

    /** Returns the data of an event about a chat, or null if the event has none. */
    static @Nullable JsonValue data(String event, long chatId, Dialect shape) {
        boolean own = event.startsWith("ONIMCONNECTOR");
        EventBodies.ChatFacts chat =
                new EventBodies.ChatFacts(own ? CONNECTOR : "livechat", 1, chatId, 10, "Open line", chatId, true);
        Data data = DATA.get(event);
        return data == null
                ? null
                : data.of(new EventBodies.MessageFacts(chat, 80_964, 5, "Good day!", "1017", "510", List.of()), shape);
    }

    private static EventBodies.ChatFacts open(EventBodies.ChatFacts chat) {
        return new EventBodies.ChatFacts(
                chat.connector(),
                chat.lineId(),
                chat.chatId(),
                chat.visitorId(),
                chat.lineName(),
                chat.sessionId(),
                false);
    }

    private static JsonObject dialog(EventBodies.MessageFacts message, EventBodies.ChatFacts chat) {
        return EventBodies.connectorDialog(chat, message.externalChat(), message.externalUser());
    }

    private static JsonObject fields(String... namesAndValues) {
        JsonObjectBuilder fields = EventBodies.object();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return fields.build();
    }
}
