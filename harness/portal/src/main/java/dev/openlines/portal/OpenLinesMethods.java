// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Methods of the scope {@code imopenlines}: they describe chats and lines, list messages, and close chats. */
final class OpenLinesMethods {

    private static final String SCOPE = "imopenlines";
    private static final String DENIED = "You cannot open this conversation because you do not have sufficient rights.";
    private static final JsonObject CONFIG = config();

    private OpenLinesMethods() {}

    static List<RestMethod> all() {
        return List.of(
                new RestMethod("imopenlines.session.history.get", SCOPE, Provenance.SOURCE, OpenLinesMethods::history),
                new RestMethod("imopenlines.dialog.get", SCOPE, Provenance.SOURCE, OpenLinesMethods::dialog),
                new RestMethod("imopenlines.crm.chat.get", SCOPE, Provenance.DOCS, OpenLinesMethods::crmChats),
                new RestMethod("imopenlines.config.get", SCOPE, Provenance.DOCS, OpenLinesMethods::config),
                new RestMethod("imopenlines.config.list.get", SCOPE, Provenance.DOCS, OpenLinesMethods::configs),
                new RestMethod("imopenlines.operator.finish", SCOPE, Provenance.SOURCE, OpenLinesMethods::finish),
                new RestMethod(
                        "imopenlines.bot.session.finish", SCOPE, Provenance.SOURCE, OpenLinesMethods::botFinish));
    }

    private static RestResult finish(RestContext original) {
        RestContext call = original.upperCase();
        long id = call.integer("CHAT_ID");
        PortalChat chat = call.portal()
                .openLines()
                .chat(one -> one.id() == id)
                .orElseThrow(() -> new RestError(400, "CHAT_ID", "Invalid chat ID"));
        call.portal().openLines().closeLater(chat, Closing.OPERATOR, call.user().id(), call.connector());
        return RestResult.of(JsonValue.TRUE);
    }

    private static RestResult botFinish(RestContext original) {
        RestContext call = original.upperCase();
        long id = call.integer("CHAT_ID");
        if (id <= 0) {
            throw new RestError(400, "CHAT_ID_EMPTY", "Chat ID can't be empty");
        }
        if (!call.portal().application().permits("imbot")) {
            throw new RestError(400, "BOT_ID_ERROR", "Bot not found");
        }
        // The server does not check that the chat exists.
        call.portal()
                .openLines()
                .chat(one -> one.id() == id)
                .ifPresent(chat -> call.portal()
                        .openLines()
                        .closeLater(chat, Closing.BOT, call.user().id(), call.connector()));
        return RestResult.of(JsonValue.TRUE);
    }

    private static RestResult crmChats(RestContext original) {
        RestContext call = original.upperCase();
        String type = call.text("CRM_ENTITY_TYPE").toLowerCase(Locale.ROOT);
        String id = call.text("CRM_ENTITY");
        if (type.isEmpty()) {
            throw RestError.missing("CRM_ENTITY_TYPE");
        }
        if (id.isEmpty()) {
            throw RestError.missing("CRM_ENTITY");
        }
        if (!id.chars().allMatch(Character::isDigit)) {
            throw RestError.argument("The value of an argument 'CRM_ENTITY' has an invalid type", "CRM_ENTITY");
        }
        boolean all = call.text("ACTIVE_ONLY").equalsIgnoreCase("N");
        JsonArrayBuilder out = PhpJson.PROVIDER.createArrayBuilder();
        call.portal().chats().stream()
                .filter(chat -> chat.links().has(type, RestContext.intval(id)) && (all || chat.isOpen()))
                .forEach(chat -> out.add(EventBodies.object()
                        .add("CHAT_ID", Long.toString(chat.id()))
                        .add("CONNECTOR_ID", chat.connector())
                        .add("CONNECTOR_TITLE", chat.connector())));
        return RestResult.of(out.build());
    }

    private static RestResult dialog(RestContext original) {
        RestContext call = original.upperCase();
        PortalChat chat = Stream.of("CHAT_ID", "DIALOG_ID", "SESSION_ID", "USER_CODE")
                .filter(call::has)
                .findFirst()
                .flatMap(name -> named(call, name))
                .orElseThrow(
                        () -> new RestError(400, "ACCESS_ERROR", "You do not have access to the specified dialog"));
        synchronized (call.portal()) {
            return RestResult.of(EventBodies.object()
                    .add("id", chat.id())
                    .add("title", chat.title())
                    .add("name", chat.title())
                    .add("owner", chat.isOpen() ? Portal.OPERATOR_ID : 0)
                    .add("extranet", false)
                    .add("contains_collaber", false)
                    .add("avatar", "")
                    .add("color", "#4ba984")
                    .add("type", "lines")
                    .add("entity_type", "LINES")
                    .add("entity_id", chat.userCode())
                    .add("entity_data_1", chat.entityData())
                    .add("entity_data_2", chat.links().pairs())
                    .add("entity_data_3", "N")
                    .add("mute_list", PhpJson.PROVIDER.createArrayBuilder())
                    .add("manager_list", PhpJson.PROVIDER.createArrayBuilder())
                    .add("date_create", chat.portal().clock().local(chat.opened()))
                    .add("message_type", "L")
                    .add("message_count", chat.messages().size())
                    .add("user_counter", 2)
                    .add("restrictions", PhpJson.PROVIDER.createArrayBuilder())
                    .add("role", "MEMBER")
                    .add("dialog_id", "chat" + chat.id())
                    .build());
        }
    }

    private static Optional<PortalChat> named(RestContext call, String name) {
        String text = call.text(name);
        long number = RestContext.intval(text);
        OpenLines openLines = call.portal().openLines();
        return switch (name) {
            case "CHAT_ID" -> openLines.chat(chat -> chat.id() == number);
            case "DIALOG_ID" ->
                text.startsWith("chat") ? openLines.chat(chat -> text.equals("chat" + chat.id())) : Optional.empty();
            case "SESSION_ID" -> openLines.chat(chat -> chat.hasSession(number));
            default -> {
                String code = text.startsWith("imol|") ? text.substring(5) : text;
                yield openLines.chat(chat -> chat.userCode().equals(code));
            }
        };
    }

    /** Reads its parameters in upper case only, as the server does. */
    private static RestResult history(RestContext call) {
        if (!call.has("SESSION_ID") && !call.has("CHAT_ID")) {
            throw new RestError(400, "MISSING_REQUIRED_PARAM", "Session ID or Chat ID must be provided");
        }
        OpenLines openLines = call.portal().openLines();
        long wanted = call.integer("SESSION_ID");
        if (wanted <= 0) {
            long chatId = call.integer("CHAT_ID");
            wanted = openLines
                    .chat(chat -> chat.id() == chatId)
                    .map(PortalChat::sessionId)
                    .orElseThrow(() -> new RestError(
                            400, "INVALID_SESSION_ID", "Unable to determine session ID from provided parameters"));
        }
        long session = wanted;
        PortalChat chat = openLines
                .chat(one -> one.hasSession(session))
                .orElseThrow(() -> new RestError(400, "ACCESS_DENIED", DENIED));
        synchronized (call.portal()) {
            return RestResult.of(new ChatHistory(chat, session).json());
        }
    }

    /** Reads its parameters in upper case only, as the server does. The server checks no rights here. */
    private static RestResult config(RestContext call) {
        long id = call.integer("CONFIG_ID");
        if (id <= 0) {
            throw new RestError(400, "CONFIG_ID_EMPTY", "Config ID can't be empty");
        }
        Optional<PortalLine> line =
                call.portal().lines().stream().filter(one -> one.id() == id).findFirst();
        if (line.isEmpty()) {
            return RestResult.of(JsonValue.FALSE);
        }
        JsonObjectBuilder out = config(line.get());
        if (!call.text("WITH_QUEUE").toUpperCase(Locale.ROOT).equals("N")) {
            queue(out);
        }
        return RestResult.of(out.build());
    }

    /** Returns every line, without its queue. Ignores the optional filter and order. */
    private static RestResult configs(RestContext call) {
        JsonArrayBuilder out = PhpJson.PROVIDER.createArrayBuilder();
        call.portal().lines().forEach(line -> out.add(config(line)));
        return RestResult.of(out.build());
    }

    private static JsonObjectBuilder config(PortalLine line) {
        JsonObjectBuilder out = EventBodies.object();
        CONFIG.forEach((name, value) -> {
            switch (name) {
                case "ID" -> out.add(name, Long.toString(line.id()));
                case "LINE_NAME" -> out.add(name, line.name());
                case "DATE_CREATE", "DATE_MODIFY" -> out.add(name, PhpJson.EMPTY_OBJECT);
                default -> out.add(name, value);
            }
        });
        return out;
    }

    private static void queue(JsonObjectBuilder out) {
        String operator = Long.toString(Portal.OPERATOR_ID);
        out.add("QUEUE", PhpJson.PROVIDER.createArrayBuilder().add(operator))
                .add(
                        "QUEUE_FULL",
                        EventBodies.object()
                                .add(
                                        operator,
                                        names(EventBodies.object()
                                                .add("ID", "1")
                                                .add("SORT", "0")
                                                .add("USER_ID", operator)
                                                .add("DEPARTMENT_ID", "0"))))
                .add("QUEUE_USERS_FIELDS", EventBodies.object().add(operator, names(EventBodies.object())))
                .add("QUEUE_ONLINE", "Y");
    }

    private static JsonObjectBuilder names(JsonObjectBuilder out) {
        return out.addNull("USER_NAME")
                .addNull("USER_WORK_POSITION")
                .addNull("USER_AVATAR")
                .add("USER_AVATAR_ID", "0");
    }

    private static JsonObject config() {
        try (InputStream in = OpenLinesMethods.class.getResourceAsStream("line-config.json")) {
            if (in == null) {
                throw new IllegalStateException("line-config.json is missing from the jar");
            }
            return PhpJson.parse(in.readAllBytes()).asJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
