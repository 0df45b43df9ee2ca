// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import jakarta.json.JsonObject;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The application's own connectors on a portal: they bring chats from elsewhere into open lines. They need an
 * application's token: a webhook's is refused with {@link ErrorCode#WRONG_AUTH_TYPE}. Each method blocks and fails as
 * {@link PortalClient#call(String, Map)} does.
 *
 * @see <a href="https://apidocs.bitrix24.com/api-reference/imopenlines/imconnector/index.html">Connectors</a>
 */
public final class Connectors {

    private static final String REGISTER = "imconnector.register";
    private static final String ACTIVATE = "imconnector.activate";
    private static final String SEND = "imconnector.send.messages";
    private static final String DELIVERED = "imconnector.send.status.delivery";

    /**
     * A connector to register.
     *
     * @param code its code, of lower-case letters, digits and underscores; wire field {@code ID}
     * @param name the name that people see; wire field {@code NAME}
     * @param icon an SVG image as a {@code data:image/svg+xml,} address; wire field {@code ICON[DATA_IMAGE]}
     * @param settingsPage the application's page that the portal shows in the line's settings; wire field {@code
     *     PLACEMENT_HANDLER}
     * @param groupChats whether its chats have several customers: events of such chats name no customer; wire field
     *     {@code CHAT_GROUP}
     */
    public record Registration(String code, String name, String icon, URI settingsPage, boolean groupChats) {

        public Registration {
            if (!code.matches("[a-z0-9_]+")) {
                throw new IllegalArgumentException(
                        "expected a connector's code of lower-case letters, digits and underscores");
            }
        }
    }

    /**
     * A customer's message to bring in.
     *
     * @param id its id outside; wire field {@code message[id]}
     * @param chatId the chat's id outside; wire field {@code chat[id]}
     * @param userId the customer's id outside; wire field {@code user[id]}
     * @param userName the customer's name, null if not known; wire field {@code user[name]}
     * @param sentAt when it was written; wire field {@code message[date]}
     * @param text may be empty if there are files; wire field {@code message[text]}
     * @param files names to public addresses that the portal gets them from; wire field {@code message[files]}
     */
    public record Incoming(
            String id,
            String chatId,
            String userId,
            @Nullable String userName,
            Instant sentAt,
            String text,
            Map<String, URI> files) {

        public Incoming {
            files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
            if (text.isEmpty() && files.isEmpty()) {
                throw new IllegalArgumentException("expected text or files in a message but found neither");
            }
        }

        /** Names the message, not what was said. */
        @Override
        public String toString() {
            return "message " + id;
        }
    }

    /**
     * The result of a message.
     *
     * @param accepted wire field {@code SUCCESS}
     * @param errors why not; wire field {@code ERRORS}
     * @param sessionId the session it is in, null if not sent; wire field {@code session[ID]}
     * @param chatId the chat on the portal, null if not sent; wire field {@code session[CHAT_ID]}
     * @param raw the result as it came
     */
    public record Sent(
            boolean accepted,
            List<String> errors,
            @Nullable Long sessionId,
            @Nullable Long chatId,
            JsonObject raw) {

        public Sent {
            errors = List.copyOf(errors);
        }

        /** Leaves out what was said. */
        @Override
        public String toString() {
            return accepted ? "accepted, chat " + chatId : "refused";
        }
    }

    private final PortalClient portal;

    Connectors(PortalClient portal) {
        this.portal = portal;
    }

    /**
     * Registers a connector, or changes it. It may be repeated.
     *
     * @param connector the connector
     * @throws RestException with a code such as {@code NAME_REQUIRED}, though the platform answers such a refusal as a
     *     success
     */
    public void register(Registration connector) {
        Map<String, Object> params = new LinkedHashMap<>();
        params.put("ID", connector.code());
        params.put("NAME", connector.name());
        params.put("ICON", Map.of("DATA_IMAGE", connector.icon()));
        params.put("PLACEMENT_HANDLER", connector.settingsPage().toString());
        params.put("CHAT_GROUP", connector.groupChats());
        RestReply reply = portal.call(RestCall.of(REGISTER, params).idempotent());
        Fields result = reply.fields();
        if (!result.member("result").flag()) {
            String code = result.member("error").textOrEmpty();
            throw new RestException(
                    REGISTER,
                    new RestError(
                            200,
                            code.isBlank() ? null : new ErrorCode(RestError.shown(code)),
                            result.member("error_description").textOrEmpty(),
                            null,
                            null,
                            null));
        }
    }

    /**
     * Switches a connector on or off on a line.
     *
     * @param connector its code
     * @param lineId the line
     * @param active whether customers' messages come in
     */
    public void activate(String connector, long lineId, boolean active) {
        Map<String, Object> params = Map.of("CONNECTOR", connector, "LINE", lineId, "ACTIVE", active ? 1 : 0);
        RestReply reply = portal.call(RestCall.of(ACTIVATE, params).idempotent());
        if (!reply.fields().flag()) {
            throw reply.fields().unexpected("true");
        }
    }

    /**
     * Brings customers' messages in. If no answer comes, it is not sent again, because the messages could then appear
     * twice.
     *
     * @param connector the connector's code
     * @param lineId a line that has it active
     * @param messages at least one
     * @return the result of each message, in order
     * @throws RestException with {@code NOT_ACTIVE_LINE} if the line is not active or not there
     */
    public List<Sent> send(String connector, long lineId, List<Incoming> messages) {
        List<Map<String, Object>> sent =
                messages.stream().map(Connectors::fields).toList();
        RestReply reply = portal.call(SEND, Map.of("CONNECTOR", connector, "LINE", lineId, "MESSAGES", sent));
        List<Sent> outcomes = new ArrayList<>();
        for (Fields one : reply.fields().member("DATA").member("RESULT").elementsOrNone()) {
            Fields session = one.member("session");
            boolean told = session.value() instanceof JsonObject;
            outcomes.add(new Sent(
                    one.member("SUCCESS").flag(),
                    one.member("ERRORS").elementsOrNone().stream()
                            .map(Fields::text)
                            .toList(),
                    told ? session.member("ID").integerOrNull() : null,
                    told ? session.member("CHAT_ID").integerOrNull() : null,
                    one.object()));
        }
        if (outcomes.size() != messages.size()) {
            throw reply.fields().unexpected("an outcome for each of " + messages.size() + " messages");
        }
        return List.copyOf(outcomes);
    }

    private static Map<String, Object> fields(Incoming message) {
        Map<String, Object> user = new LinkedHashMap<>();
        user.put("id", message.userId());
        Optional.ofNullable(message.userName()).ifPresent(name -> user.put("name", name));
        Map<String, Object> content = new LinkedHashMap<>();
        content.put("id", message.id());
        content.put("date", message.sentAt().getEpochSecond());
        content.put("text", message.text());
        if (!message.files().isEmpty()) {
            content.put(
                    "files",
                    message.files().entrySet().stream()
                            .map(file -> Map.of("url", file.getValue().toString(), "name", file.getKey()))
                            .toList());
        }
        return Map.of("user", user, "message", content, "chat", Map.of("id", message.chatId()));
    }

    /**
     * Confirms that an operator's message arrived outside. Only after that does the portal send events about the
     * message's changes and deletion. It may be repeated.
     *
     * @param connector the connector's code
     * @param lineId the line, from {@code OnImConnectorMessageAdd}
     * @param chatId the portal's chat, from the event; wire field {@code im[chat_id]}
     * @param messageId the portal's message, from the event; wire field {@code im[message_id]}
     * @param externalChatId the chat's id outside; wire field {@code chat[id]}
     * @param externalIds the message's ids outside, at least one; wire field {@code message[id]}
     */
    public void confirmDelivery(
            String connector,
            long lineId,
            long chatId,
            long messageId,
            String externalChatId,
            List<String> externalIds) {
        if (externalIds.isEmpty()) {
            throw new IllegalArgumentException("expected an id of the message outside but found none");
        }
        Map<String, Object> message = Map.of(
                "im", Map.of("chat_id", chatId, "message_id", messageId),
                "message", Map.of("id", List.copyOf(externalIds)),
                "chat", Map.of("id", externalChatId));
        Map<String, Object> params = Map.of("CONNECTOR", connector, "LINE", lineId, "MESSAGES", List.of(message));
        RestReply reply = portal.call(RestCall.of(DELIVERED, params).idempotent());
        if (!reply.fields().member("SUCCESS").flag()) {
            throw reply.fields().member("SUCCESS").unexpected("true");
        }
    }
}
