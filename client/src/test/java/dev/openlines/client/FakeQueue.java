// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.client.FakePortal.Asked;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A queue as the platform's source keeps it. A record is free or belongs to a reservation. Equal free payloads are one
 * record. Marking a record as failed frees it, drops records of the same payload that were queued since, and leaves it
 * to callers that ask for failed ones.
 */
final class FakeQueue {

    private static final int PAGE = 50;

    private record Row(int id, String message, String time, String process, boolean error) {

        Row of(String newProcess, boolean nowError) {
            return new Row(id, message, time, newProcess, nowError);
        }

        String json() {
            return "{\"ID\":\"" + id + "\",\"TIMESTAMP_X\":\"" + time + "\",\"EVENT_NAME\":\"ONSESSIONFINISH\","
                    + "\"EVENT_DATA\":{\"DATA\":{\"connector\":{\"connector_id\":\"livechat\",\"line_id\":\"1\","
                    + "\"chat_id\":\"" + Integer.parseInt(message) + "\",\"user_id\":\"10\"},\"chat\":{\"chat_id\":\""
                    + Integer.parseInt(message) + "\"},\"line\":{\"id\":\"1\",\"name\":\"Support\"}}},"
                    + "\"EVENT_ADDITIONAL\":{\"user_id\":\"1\"},\"MESSAGE_ID\":\"" + message + "\",\"PROCESS_ID\":\""
                    + process + "\",\"ERROR\":\"" + (error ? 1 : 0) + "\"}";
        }
    }

    private final List<Row> rows = new ArrayList<>();
    private int ids;
    private int processes;

    /** Queues the close of a chat. */
    void add(int chat) {
        add(chat, "2026-11-22T19:00:00+02:00");
    }

    synchronized void add(int chat, String time) {
        String message = "%032d".formatted(chat);
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            if (row.message().equals(message) && row.process().isEmpty()) {
                rows.set(i, new Row(row.id(), message, time, "", row.error()));
                return;
            }
        }
        rows.add(new Row(++ids, message, time, "", false));
    }

    synchronized int size() {
        return rows.size();
    }

    synchronized long failed() {
        return rows.stream().filter(Row::error).count();
    }

    synchronized boolean holds(String message) {
        return rows.stream().anyMatch(row -> row.message().equals(message));
    }

    synchronized Answered answer(Asked asked) {
        JsonObject json = asked.json();
        return switch (asked.method()) {
            case "event.offline.list" -> list(json);
            case "event.offline.get" -> get(json);
            case "event.offline.clear" -> {
                rows.removeIf(named(json));
                yield Answered.ok("{\"result\":true}");
            }
            case "event.offline.error" -> error(json);
            default -> Answered.error(404, "ERROR_METHOD_NOT_FOUND", "Method not found!");
        };
    }

    private Answered list(JsonObject json) {
        int start = json.getInt("start", 0);
        int end = Math.min(start + PAGE, rows.size());
        String next = end < rows.size() ? ",\"next\":" + end : "";
        return Answered.ok("{\"result\":[" + json(rows.subList(start, end)) + "]" + next + "}");
    }

    private Answered get(JsonObject json) {
        assertThat(json.getInt("clear")).isZero();
        boolean errors = json.getInt("error", 0) == 1;
        String process = json.getString("process_id", "");
        if (process.isEmpty()) {
            process = "p" + ++processes;
            int taken = 0;
            for (int i = 0; i < rows.size() && taken < json.getInt("limit"); i++) {
                Row row = rows.get(i);
                if (row.process().isEmpty() && row.error() == errors) {
                    rows.set(i, row.of(process, errors));
                    taken++;
                }
            }
        }
        String own = process;
        List<Row> given = rows.stream()
                .filter(row -> row.process().equals(own) && row.error() == errors)
                .limit(json.getInt("limit"))
                .toList();
        return Answered.ok("{\"result\":{\"process_id\":\"" + process + "\",\"events\":[" + json(given) + "]}}");
    }

    private Answered error(JsonObject json) {
        Set<String> messages = messages(json);
        String process = json.getString("process_id");
        rows.removeIf(row -> messages.contains(row.message())
                && !row.error()
                && !row.process().equals(process));
        rows.replaceAll(row -> messages.contains(row.message()) && !row.error() ? row.of("", true) : row);
        return Answered.ok("{\"result\":true}");
    }

    private static Predicate<Row> named(JsonObject json) {
        Set<String> messages = messages(json);
        String process = json.getString("process_id");
        return row -> row.process().equals(process) && messages.contains(row.message());
    }

    private static Set<String> messages(JsonObject json) {
        return json.getJsonArray("message_id").getValuesAs(JsonString::getString).stream()
                .collect(Collectors.toSet());
    }

    private static String json(List<Row> some) {
        return some.stream().map(Row::json).collect(Collectors.joining(","));
    }
}
