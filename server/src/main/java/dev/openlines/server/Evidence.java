// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.StoreException;
import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * A file with one JSON object per line for each closed chat that was handled: {@code member_id}, {@code chat_id},
 * {@code line_id}, {@code connector_id}, {@code line_name}, {@code at} (seconds: when the event was sent, or when the
 * chat was closed if the close was found by comparing), {@code session_id} (of a close that was found), {@code
 * idempotency_key}; without the values that the event does not have.
 *
 * <p>A line is handed to the operating system before its event counts as done, so it survives the death of the process.
 * If an event is handled again, its existing line is not written twice. A line that a crash cut short has no line feed
 * at its end; it is removed before the next one is written.
 */
final class Evidence implements AutoCloseable {

    private final Path file;
    private final FileChannel channel;

    private Evidence(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    static Evidence open(String setting, Path file) {
        try {
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            cutTornLine(channel);
            return new Evidence(file, channel);
        } catch (IOException e) {
            throw new ConfigurationException(setting + ": cannot write " + file, e);
        }
    }

    synchronized void record(Event event, EventContext context) throws IOException {
        if (!(event instanceof OnSessionFinish finish)) {
            return;
        }
        Set<String> present = context.attempt() == 1 ? Set.of() : new HashSet<>(Files.readAllLines(file));
        StringBuilder lines = new StringBuilder();
        for (OpenLineChat chat : finish.chats()) {
            String line = line(chat, finish, context);
            if (!present.contains(line)) {
                lines.append(line).append('\n');
            }
        }
        ByteBuffer bytes = ByteBuffer.wrap(lines.toString().getBytes(StandardCharsets.UTF_8));
        channel.position(channel.size());
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    @Override
    public synchronized void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new StoreException("cannot close " + file, e);
        }
    }

    private static String line(OpenLineChat chat, OnSessionFinish finish, EventContext context) {
        JsonObjectBuilder line =
                Json.createObjectBuilder().add("member_id", context.memberId()).add("chat_id", chat.chatId());
        Long lineId = chat.lineId();
        if (lineId != null) {
            line.add("line_id", lineId);
        }
        if (chat.connector().connectorId() != null) {
            line.add("connector_id", chat.connector().connectorId().code());
        }
        String name = chat.lineName();
        if (name != null) {
            line.add("line_name", name);
        }
        context.closedAt()
                .or(() -> Optional.ofNullable(finish.header().sentAt()))
                .ifPresent(at -> line.add("at", at.getEpochSecond()));
        context.sessionId().ifPresent(session -> line.add("session_id", session));
        return line.add("idempotency_key", context.idempotencyKey()).build().toString();
    }

    private static void cutTornLine(FileChannel channel) throws IOException {
        long end = channel.size();
        ByteBuffer last = ByteBuffer.allocate(1);
        while (end > 0) {
            last.clear();
            channel.read(last, end - 1);
            if (last.get(0) == '\n') {
                break;
            }
            end--;
        }
        channel.truncate(end);
    }
}
