// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import de.siegmar.fastcsv.writer.CsvWriter;
import jakarta.json.Json;
import jakarta.json.stream.JsonGenerator;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes chats with their transcripts as files, with only a few in memory at a time. */
final class Export {

    private Export() {}

    static void csv(Archive archive, Filter filter, OutputStream out) throws SQLException, IOException {
        CsvWriter csv = CsvWriter.builder().build(out, StandardCharsets.UTF_8);
        csv.writeRecord(
                "id",
                "portal",
                "chat",
                "session",
                "line_id",
                "line",
                "connector",
                "customer",
                "operator",
                "opened_at",
                "closed_at",
                "seconds_to_close",
                "messages",
                "bots",
                "rating",
                "crm",
                "files",
                "transcript");
        archive.each(filter, (chat, messages) -> {
            Duration time = chat.timeToClose();
            csv.writeRecord(
                    text(chat.id()),
                    cell(chat.memberId()),
                    text(chat.chatId()),
                    text(chat.sessionId()),
                    text(chat.lineId()),
                    cell(chat.line()),
                    cell(chat.connector()),
                    cell(chat.customer()),
                    cell(chat.operator()),
                    text(chat.openedAt()),
                    text(chat.closedAt()),
                    text(time == null ? null : time.toSeconds()),
                    text(chat.messages()),
                    cell(chat.about().bots()),
                    text(chat.about().rating()),
                    cell(text(chat.about().crmPage())),
                    cell(messages.stream()
                            .flatMap(message -> message.files().stream())
                            .map(SentFile::name)
                            .collect(Collectors.joining("\n"))),
                    cell(messages.stream()
                            .map(message -> (message.author().isEmpty() ? message.role() : message.author()) + ": "
                                    + message.text())
                            .collect(Collectors.joining("\n"))));
        });
        csv.flush();
    }

    private static String text(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }

    /** Returns a cell that a spreadsheet does not treat as a formula, whatever a customer wrote. */
    private static String cell(String text) {
        return !text.isEmpty() && "=+-@\t\r".indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
    }

    static void json(Archive archive, Filter filter, OutputStream out) throws SQLException, IOException {
        try (JsonGenerator json = Json.createGenerator(out)) {
            json.writeStartArray();
            archive.each(filter, (chat, messages) -> {
                json.writeStartObject()
                        .write("id", chat.id())
                        .write("portal", chat.memberId())
                        .write("chat", chat.chatId());
                number(json, "session", chat.sessionId());
                number(json, "line_id", chat.lineId());
                json.write("line", chat.line())
                        .write("connector", chat.connector())
                        .write("customer", chat.customer())
                        .write("operator", chat.operator());
                string(json, "opened_at", chat.openedAt());
                string(json, "closed_at", chat.closedAt());
                string(json, "missing", chat.missing());
                json.write("operators", chat.about().operators())
                        .write("bots", chat.about().bots());
                number(json, "rating", chat.about().rating());
                string(json, "crm", chat.about().crm());
                string(json, "crm_page", chat.about().crmPage());
                json.writeStartArray("messages");
                for (Message message : messages) {
                    json.writeStartObject().write("author", message.author()).write("role", message.role());
                    string(json, "sent_at", message.sentAt());
                    json.write("text", message.text()).writeStartArray("files");
                    for (SentFile file : message.files()) {
                        json.writeStartObject()
                                .write("name", file.name())
                                .write("type", file.type())
                                .write("size", file.size());
                        string(json, "address", file.address());
                        json.writeEnd();
                    }
                    json.writeEnd().writeEnd();
                }
                json.writeEnd().writeEnd();
            });
            json.writeEnd();
        }
    }

    private static void number(JsonGenerator json, String name, @Nullable Number value) {
        if (value == null) {
            json.writeNull(name);
        } else {
            json.write(name, value.longValue());
        }
    }

    private static void string(JsonGenerator json, String name, @Nullable Object value) {
        if (value == null) {
            json.writeNull(name);
        } else {
            json.write(name, value.toString());
        }
    }
}
