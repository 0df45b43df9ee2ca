// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.client.OpenLines.App;
import dev.openlines.client.OpenLines.Dialog;
import dev.openlines.client.OpenLines.History;
import dev.openlines.client.OpenLines.Line;
import dev.openlines.client.OpenLines.Message;
import dev.openlines.client.OpenLines.Profile;
import dev.openlines.client.OpenLines.Role;
import dev.openlines.client.OpenLines.User;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.URI;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Replies of the portal as the records of {@link OpenLines}. */
final class OpenLinesReading {

    private OpenLinesReading() {}

    static History history(Fields fields) {
        Map<Long, User> users = new LinkedHashMap<>();
        for (Fields user : fields.member("users").elementsOrNone()) {
            long id = user.member("id").integer();
            users.put(id, new User(id, user.member("name").textOrNull(), roleOrNull(user)));
        }
        Map<Long, ChatFile> files = new LinkedHashMap<>();
        for (Fields file : fields.member("files").elementsOrNone()) {
            ChatFile read = file(file);
            files.put(read.id(), read);
        }
        List<Message> messages = fields.member("message").elementsOrNone().stream()
                .map(message -> message(message, files))
                .sorted(Comparator.comparingLong(Message::id))
                .toList();
        long chatId = fields.member("chatId").integer();
        Fields chat = objectOrNone(objectOrNone(fields.member("chat")).member(Long.toString(chatId)));
        long rating = fields.member("sessionVoteHead").integerOrZero();
        return new History(
                fields.member("sessionId").integer(),
                chatId,
                lineOrNull(fields),
                messages,
                users,
                files,
                rating < 1 || rating > 5 ? null : (int) rating,
                fields.member("sessionCommentHead").textOrNull(),
                CrmLinks.of(
                        chat.member("entityData1").textOrNull(),
                        chat.member("entityData2").textOrNull()),
                fields.object());
    }

    /** Returns a map. PHP prints an empty one as a list, and a missing one as false. */
    private static Fields objectOrNone(Fields fields) {
        return fields.value() instanceof JsonObject
                ? fields
                : new Fields(fields.method(), fields.path(), JsonValue.EMPTY_JSON_OBJECT);
    }

    private static @Nullable Long lineOrNull(Fields history) {
        JsonObject lines = objectOrNone(
                        objectOrNone(history.member("openlines")).member("canvoteashead"))
                .object();
        return lines.size() == 1
                ? lines.keySet().stream()
                        .filter(id -> id.matches("[1-9][0-9]{0,17}"))
                        .map(Long::valueOf)
                        .findFirst()
                        .orElse(null)
                : null;
    }

    private static @Nullable Role roleOrNull(Fields user) {
        Boolean bot = user.member("bot").flagOrNull();
        Boolean connector = user.member("connector").flagOrNull();
        if (Boolean.TRUE.equals(bot)) {
            return Role.BOT;
        }
        if (Boolean.TRUE.equals(connector)) {
            return Role.CUSTOMER;
        }
        return bot == null && connector == null ? null : Role.OPERATOR;
    }

    private static ChatFile file(Fields file) {
        return new ChatFile(
                file.member("id").integer(),
                file.member("authorId").integerOrZero(),
                file.member("name").textOrEmpty(),
                file.member("type").textOrEmpty(),
                file.member("size").integerOrZero(),
                addressOrNull(file.member("urlDownload").textOrEmpty()));
    }

    /** Returns an address. The portal may write characters that no URI may hold, such as a blank in a name. */
    private static @Nullable URI addressOrNull(String text) {
        try {
            URI address = URI.create(text.replace(" ", "%20"));
            boolean web = "https".equalsIgnoreCase(address.getScheme()) || "http".equalsIgnoreCase(address.getScheme());
            return web && address.getHost() != null ? address : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static Message message(Fields message, Map<Long, ChatFile> files) {
        Fields params = objectOrNone(message.member("params"));
        Fields ids = params.member("FILE_ID").absent() ? params.member("fileId") : params.member("FILE_ID");
        boolean many = ids.value() instanceof JsonArray || ids.value() instanceof JsonObject;
        List<Fields> each = many || ids.absent() ? ids.elementsOrNone() : List.of(ids);
        return new Message(
                message.member("id").integer(),
                message.member("senderid").integerOrZero(),
                message.member("date").timeOrNull(),
                message.member("text").textOrEmpty(),
                each.stream()
                        .map(Fields::integerOrNull)
                        .map(files::get)
                        .filter(Objects::nonNull)
                        .toList());
    }

    static Dialog dialog(Fields fields) {
        String data = fields.member("entity_data_1").textOrNull();
        String[] parts = data == null ? new String[0] : data.split("\\|", -1);
        Long session = parts.length > 5 && parts[5].matches("[1-9][0-9]{0,17}") ? Long.valueOf(parts[5]) : null;
        return new Dialog(
                fields.member("id").integer(),
                fields.member("entity_id").textOrNull(),
                session,
                CrmLinks.of(data, fields.member("entity_data_2").textOrNull()),
                fields.object());
    }

    static Optional<Line> line(Fields fields) {
        return fields.value().equals(JsonValue.FALSE) || fields.absent()
                ? Optional.empty()
                : Optional.of(settings(fields));
    }

    static Line settings(Fields fields) {
        return new Line(
                fields.member("ID").integer(),
                fields.member("LINE_NAME").textOrNull(),
                fields.member("ACTIVE").flag(),
                fields.object());
    }

    static Optional<Profile> profile(Fields fields) {
        if (fields.object().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Profile(
                fields.member("ID").integer(), fields.member("ADMIN").flag(), fields.object()));
    }

    static App app(Fields fields) {
        return new App(
                fields.member("INSTALLED").flag(),
                fields.member("PAYMENT_EXPIRED").flag(),
                fields.member("VERSION").integerOrNull(),
                fields.object());
    }
}
