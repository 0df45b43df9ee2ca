// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.UTF_8;

import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The shape of a request: its body with every value replaced by another of the same kind, class of length and classes
 * of characters, and the names of its headers. It holds no data of a portal or its customers, so it may be stored and
 * sent to others. Its body can be sent to a handler, and a simulated portal can learn its shape. Immutable.
 *
 * <p>These stay unchanged: the event's code, names of fields that the platform is known to send, codes of the platform
 * such as {@code Y} or {@code livechat} in the fields that have them, {@code 0} and empty texts. Equal values of a
 * request become equal values. A form is written anew as PHP writes it. Needs an implementation of JSON-P at run time.
 */
public final class EventCapture {

    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String JSON = "application/json";

    /** Headers whose names are kept: those of the platform and of common proxies. */
    private static final Set<String> HEADERS = Set.of(
            "accept",
            "accept-charset",
            "accept-encoding",
            "accept-language",
            "cache-control",
            "connection",
            "content-encoding",
            "content-length",
            "content-type",
            "expect",
            "forwarded",
            "host",
            "keep-alive",
            "pragma",
            "te",
            "traceparent",
            "transfer-encoding",
            "user-agent",
            "via",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-port",
            "x-forwarded-proto",
            "x-real-ip",
            "x-request-id");

    /** The limits of a file. They are above those of a receiver, which can be set, and masked texts are longer. */
    private static final Limits OF_FILES = new Limits(4 << 20, 1_000_000, 64, 1 << 20, 1 << 20);

    /** Longest file of captures, in bytes. */
    private static final long LONGEST_FILE = 64 << 20;

    private final String event;
    private final BodyFormat format;
    private final String body;
    private final List<String> headers;

    private EventCapture(String event, BodyFormat format, String body, List<String> headers) {
        this.event = event;
        this.format = format;
        this.body = body;
        this.headers = headers;
    }

    /**
     * Returns the codes of the events that are captured: those that have a type.
     *
     * @return codes in upper case, in alphabetical order; the caller's own
     */
    public static Set<String> codes() {
        Set<String> codes = new TreeSet<>();
        EventTypes.all().forEach(row -> codes.add(row.code));
        return codes;
    }

    /**
     * Makes the capture of a request. Two captures of one request have different values.
     *
     * @param body the request's body; not kept
     * @param format the format of the body
     * @param headers the names of the request's headers, in any case; names that are not known to be harmless are left
     *     out
     * @param limits the limits on the body
     * @return the capture, or empty if the event's code is none of {@link #codes()}
     * @throws DecodeException if the body is malformed or beyond the limits
     */
    public static Optional<EventCapture> of(byte[] body, BodyFormat format, Collection<String> headers, Limits limits) {
        Envelope envelope = Envelope.parse(body, format, limits);
        String code = envelope.event();
        if (EventTypes.of(code) == null) {
            return Optional.empty();
        }
        CaptureMask mask =
                new CaptureMask(envelope.sentAt().map(Instant::getEpochSecond).orElse(0L));
        JsonObject masked = mask.body(envelope.raw());
        String text = format == BodyFormat.FORM ? new String(PhpForm.encode(masked), UTF_8) : masked.toString();
        return Optional.of(new EventCapture(code, format, text, known(headers.stream())));
    }

    /**
     * Reads a capture from its file.
     *
     * @param file the content, as {@link #toJson()} gives it
     * @return the capture
     * @throws IllegalArgumentException if it is no capture; the message holds nothing of it
     */
    public static EventCapture parse(byte[] file) {
        return parsed(json(file));
    }

    /**
     * Reads the captures of a file, or those of each {@code .json} file of a folder in the order of their names.
     *
     * @param path a file of one capture or of several in a JSON array, or a receiver's folder
     * @return the captures; empty if the folder has none
     * @throws IllegalArgumentException if one cannot be read or is no capture; the message names the file and holds
     *     nothing of it
     */
    public static List<EventCapture> read(Path path) {
        List<Path> files = List.of(path);
        if (Files.isDirectory(path)) {
            try (Stream<Path> all = Files.list(path)) {
                files = all.filter(file -> file.toString().endsWith(".json"))
                        .sorted()
                        .toList();
            } catch (IOException e) {
                throw new IllegalArgumentException("the folder " + path + " cannot be read", e);
            }
        }
        List<EventCapture> captures = new ArrayList<>();
        for (Path file : files) {
            try {
                JsonValue json = json(content(file));
                (json instanceof JsonArray several ? several : List.of(json)).forEach(one -> captures.add(parsed(one)));
            } catch (IOException e) {
                throw new IllegalArgumentException("the file " + file + " cannot be read", e);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("the file " + file + ": " + e.getMessage(), e);
            }
        }
        return captures;
    }

    private static byte[] content(Path file) throws IOException {
        if (Files.size(file) > LONGEST_FILE) {
            throw new IllegalArgumentException("expected at most " + LONGEST_FILE + " bytes of captures");
        }
        return Files.readAllBytes(file);
    }

    private static JsonValue json(byte[] file) {
        try (var reader = TreeJson.provider().createReader(new StringReader(new String(file, UTF_8)))) {
            return reader.readValue();
        } catch (JsonException e) {
            // The cause is left out, because it may quote the file.
            throw new IllegalArgumentException("expected the JSON of a capture");
        }
    }

    private static EventCapture parsed(JsonValue value) {
        try {
            JsonObject json = value.asJsonObject();
            if (json.getInt("capture") != 1) {
                throw new IllegalArgumentException(
                        "expected a capture of version 1; another version of Openlines reads it");
            }
            BodyFormat format = json.getString("content_type").equals(FORM) ? BodyFormat.FORM : BodyFormat.JSON;
            String body = json.getString("body");
            String code = Envelope.parse(body.getBytes(UTF_8), format, OF_FILES).event();
            if (EventTypes.of(code) == null) {
                throw new IllegalArgumentException("expected a capture of an event that has a type");
            }
            Stream<String> headers = json.getJsonArray("headers").getValuesAs(JsonString::getString).stream();
            return new EventCapture(code, format, body, known(headers));
        } catch (DecodeException | ClassCastException | NullPointerException e) {
            throw new IllegalArgumentException("expected the JSON of a capture");
        }
    }

    private static List<String> known(Stream<String> headers) {
        return headers.map(name -> name.toLowerCase(Locale.ROOT))
                .filter(HEADERS::contains)
                .distinct()
                .toList();
    }

    /**
     * Returns the event's code.
     *
     * @return the code in upper case, such as {@code ONSESSIONFINISH}
     */
    public String event() {
        return event;
    }

    /**
     * Returns the format of the body.
     *
     * @return a form or JSON
     */
    public BodyFormat format() {
        return format;
    }

    /**
     * Returns the body, with its fields in the order of the request's.
     *
     * @return the bytes, the caller's own
     */
    public byte[] body() {
        return body.getBytes(UTF_8);
    }

    /**
     * Returns the names of the request's headers that are kept.
     *
     * @return names in lower case, in the order of the request
     */
    public List<String> headers() {
        return headers;
    }

    /**
     * Returns the content of the capture's file.
     *
     * @return JSON without a line end
     */
    public String toJson() {
        JsonArrayBuilder names = TreeJson.provider().createArrayBuilder();
        headers.forEach(names::add);
        return TreeJson.provider()
                .createObjectBuilder()
                .add("capture", 1)
                .add("event", event)
                .add("content_type", format == BodyFormat.FORM ? FORM : JSON)
                .add("headers", names)
                .add("body", body)
                .build()
                .toString();
    }

    /** Describes the capture by its code alone. */
    @Override
    public String toString() {
        return "capture of " + event;
    }
}
