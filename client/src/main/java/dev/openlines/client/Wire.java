// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.client.Transport.Answer;
import dev.openlines.model.Secret;
import jakarta.json.JsonArray;
import jakarta.json.JsonException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonReaderFactory;
import jakarta.json.JsonString;
import jakarta.json.JsonStructure;
import jakarta.json.JsonValue;
import jakarta.json.JsonWriter;
import jakarta.json.JsonWriterFactory;
import jakarta.json.spi.JsonProvider;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns calls into bytes, and answers into replies or errors. */
final class Wire {

    static final JsonProvider JSON = JsonProvider.provider();

    private static final JsonReaderFactory READERS = JSON.createReaderFactory(Map.of());
    private static final JsonWriterFactory WRITERS = JSON.createWriterFactory(Map.of());

    /** The longest wait that an answer may ask for. A longer one would be a mistake or malice. */
    private static final Duration LONGEST = Duration.ofMinutes(15);

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx", Locale.ROOT).withZone(ZoneOffset.UTC);

    private Wire() {}

    static byte[] json(JsonStructure value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (JsonWriter writer = WRITERS.createWriter(bytes, StandardCharsets.UTF_8)) {
            writer.write(value);
        }
        return bytes.toByteArray();
    }

    static JsonArray array(List<JsonValue> values) {
        return JSON.createArrayBuilder(values).build();
    }

    /** Cuts off fractions of a second, as the platform does. */
    static Instant second(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS);
    }

    /** Returns the parameters with their times as text. */
    static Map<String, Object> withTimes(Map<String, Object> params) {
        Map<String, Object> sent = new LinkedHashMap<>(params);
        sent.replaceAll((name, value) -> value instanceof Instant time ? TIME.format(second(time)) : value);
        return sent;
    }

    /**
     * Checks a period before the platform does.
     *
     * @return true
     * @throws IllegalArgumentException if it ends before it begins, or is longer than the platform accepts
     */
    static boolean isPeriod(String name, Instant from, Instant to) {
        if (second(to).isBefore(second(from))) {
            throw new IllegalArgumentException("expected a period for " + name + " but found " + from + " to " + to);
        }
        if (Duration.between(from, to).compareTo(SessionFilter.LONGEST) > 0) {
            throw new IllegalArgumentException("expected at most " + SessionFilter.LONGEST.toDays() + " days for "
                    + name + " but found " + from + " to " + to);
        }
        return true;
    }

    /**
     * Reads an answer.
     *
     * @param secrets texts that must not be shown if the answer repeats them
     * @throws ClientException if the answer is an error or unreadable
     */
    static JsonObject read(String method, Answer answer, List<Secret> secrets) {
        JsonValue value = valueOrNull(answer.body);
        JsonObject body = value instanceof JsonObject object ? object : null;
        JsonValue error = body == null ? null : body.get("error");
        boolean failed = isError(error) || answer.status / 100 != 2;
        if (failed) {
            String found = value == null && answer.body.length > 0 ? found(answer) : null;
            throw error(answer, body == null ? JsonValue.EMPTY_JSON_OBJECT : body, secrets, found)
                    .exception(method, retryAfter(answer));
        }
        if (value == null) {
            // The platform answers in JSON, so this is a page of a proxy, a maintenance page or a login page.
            throw new NoAnswerException(
                    method, "HTTP " + answer.status + ' ' + found(answer) + "; JSON expected", true, null);
        }
        if (body == null) {
            throw new UnexpectedReplyException(method, "a JSON object", Fields.kind(value), "$");
        }
        return body;
    }

    /** Reads the two published forms of an error: {@code error} is a code, or an object that holds one. */
    private static RestError error(Answer answer, JsonObject body, List<Secret> secrets, @Nullable String found) {
        JsonValue error = body.get("error");
        String code = error instanceof JsonObject inner ? text(inner, "code") : text(body, "error");
        String description =
                error instanceof JsonObject inner ? text(inner, "message") : text(body, "error_description");
        String argument = text(body, "argument");
        String requestId = Transport.header(answer.headers, "x-request-id");
        String cleanCode = RestError.withoutSecrets(code, secrets);
        return new RestError(
                answer.status,
                cleanCode.isBlank() ? null : new ErrorCode(RestError.shown(cleanCode)),
                RestError.withoutSecrets(description, secrets),
                argument.isEmpty() ? null : RestError.withoutSecrets(argument, secrets),
                requestId == null ? null : RestError.withoutSecrets(requestId, secrets),
                found);
    }

    private static boolean isError(@Nullable JsonValue error) {
        return error instanceof JsonObject
                || (error instanceof JsonString text && !text.getString().isBlank());
    }

    private static String text(JsonObject object, String name) {
        JsonValue value = object.get(name);
        if (value instanceof JsonString string) {
            return string.getString();
        }
        return value instanceof JsonNumber number ? number.toString() : "";
    }

    /** Returns the JSON of a body, which may begin with a byte order mark, or null if it is none. */
    private static @Nullable JsonValue valueOrNull(byte[] body) {
        int from =
                body.length >= 3 && body[0] == (byte) 0xEF && body[1] == (byte) 0xBB && body[2] == (byte) 0xBF ? 3 : 0;
        ByteArrayInputStream bytes = new ByteArrayInputStream(body, from, body.length - from);
        try (JsonReader reader = READERS.createReader(bytes, StandardCharsets.UTF_8)) {
            return reader.readValue();
        } catch (JsonException e) {
            return null;
        }
    }

    /**
     * Returns the type and length of a body, never its content. The sender chooses the text of the type, so only its
     * form is shown.
     */
    private static String found(Answer answer) {
        String type = Transport.header(answer.headers, "content-type");
        String media = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        String shown = media.matches("[a-z]{1,20}/[a-z0-9.+-]{1,60}") ? media : "of no known type";
        return shown + ", " + answer.body.length + (answer.body.length == 1 ? " byte" : " bytes");
    }

    private static @Nullable Duration retryAfter(Answer answer) {
        String seconds = Transport.header(answer.headers, "retry-after");
        if (seconds == null || !seconds.matches("[0-9]{1,6}")) {
            return null;
        }
        Duration asked = Duration.ofSeconds(Math.max(1, Long.parseLong(seconds)));
        return asked.compareTo(LONGEST) > 0 ? LONGEST : asked;
    }
}
