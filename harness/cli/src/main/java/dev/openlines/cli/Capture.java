// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.EventCapture;
import dev.openlines.portal.wire.EventBodies;
import jakarta.json.JsonObject;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request's body, found in a record of the request. The kind of a file is recognized by its content; nothing in it is
 * executed.
 *
 * @param kind the kind of the file's content, or null if it is the body itself
 * @param body the request's body
 * @param format how to read it
 * @param exact whether these are the bytes that were sent; false if they were rebuilt from a dump
 */
@SuppressWarnings("ArrayRecordComponent") // made, read and dropped
record Capture(@Nullable String kind, byte[] body, BodyFormat format, boolean exact) {

    /**
     * Thrown if a file cannot be read as a request. The message is one line, and contains only names of fields from the
     * file.
     */
    static final class Unreadable extends Exception {

        private static final long serialVersionUID = 1;

        Unreadable(String message) {
            super(message, null, false, false);
        }
    }

    private static final Pattern REQUEST_LINE = Pattern.compile("\\A\\s*(?:> )?([A-Z]{3,7}) \\S+ HTTP/[0-9.]+\\r?\\n");
    private static final Pattern HEADER = Pattern.compile("(?:> ?)?([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \\t]*(.*)");
    private static final Pattern ACCESS_LOG = Pattern.compile("\"(?:[A-Z]{3,7}) [^\"]* HTTP/[0-9.]+\"");
    /** A body in a line of a log: from the name of an event's field to the end of the word, which may be quoted. */
    private static final Pattern LOGGED_BODY = Pattern.compile(
            "(?<![\\w%])((?:event|data(?:\\[|%5[Bb])|auth(?:\\[|%5[Bb])|ts)[^\\s\"=]*=[^\\s\"]*&[^\\s\"]*)");

    private static final Pattern ESCAPED = Pattern.compile("\\\\x([0-9A-Fa-f]{2})");

    /**
     * Recognizes what a file holds.
     *
     * @throws Unreadable if it is recognized and cannot be read
     */
    static Capture of(byte[] file) throws Unreadable {
        // One char for each byte, so that lengths are those of the file.
        String text = new String(file, ISO_8859_1);
        Matcher request = REQUEST_LINE.matcher(text);
        if (request.lookingAt()) {
            return request(text, request.end());
        }
        String start = text.stripLeading();
        if (start.startsWith("{\"capture\":")) {
            return kept(file);
        }
        if (start.startsWith("{")) {
            return RelayedJson.find(file).orElseGet(() -> new Capture(null, file, BodyFormat.JSON, true));
        }
        Optional<PhpDump> dump = PhpDump.find(text);
        if (dump.isPresent()) {
            return made(dump.get().kind(), dump.get().read());
        }
        if (ACCESS_LOG.matcher(text).find()) {
            return logged(text);
        }
        if (start.startsWith("[")) {
            Optional<Capture> relayed = RelayedJson.find(file);
            if (relayed.isPresent()) {
                return relayed.get();
            }
        }
        return new Capture(null, file, BodyFormat.FORM, true);
    }

    /** Reads a receiver's capture. It is not exact, because the request had other values. */
    private static Capture kept(byte[] file) throws Unreadable {
        String kind = "a receiver's capture";
        try {
            EventCapture capture = EventCapture.parse(file);
            return new Capture(kind, capture.body(), capture.format(), false);
        } catch (IllegalArgumentException e) {
            throw new Unreadable(kind + ": " + e.getMessage());
        }
    }

    /** Makes a form from the fields of a dump. */
    static Capture made(String kind, JsonObject fields) {
        return new Capture(kind, EventBodies.form(fields), BodyFormat.FORM, false);
    }

    /** Reads a text that was sent as a body. */
    static Capture sent(String kind, byte[] body) {
        return new Capture(kind, body, formatOf(body), true);
    }

    private static BodyFormat formatOf(byte[] body) {
        return new String(body, ISO_8859_1).stripLeading().startsWith("{") ? BodyFormat.JSON : BodyFormat.FORM;
    }

    private static Capture request(String text, int headers) throws Unreadable {
        String kind = "a raw HTTP request";
        int length = -1;
        boolean chunked = false;
        BodyFormat format = null;
        int at = headers;
        while (true) {
            int end = text.indexOf('\n', at);
            if (end < 0) {
                throw new Unreadable(kind + ": expected a blank line and a body after the headers, found the end");
            }
            String line = text.substring(at, end).strip();
            at = end + 1;
            if (line.isEmpty() || line.equals(">")) {
                break;
            }
            Matcher header = HEADER.matcher(line);
            if (!header.matches()) {
                throw new Unreadable(kind + ": expected a header or a blank line at byte " + (at - line.length()));
            }
            String value = header.group(2).strip();
            switch (header.group(1).toLowerCase(Locale.ROOT)) {
                case "content-length" -> length = number(kind, value);
                case "transfer-encoding" -> chunked = value.equalsIgnoreCase("chunked");
                case "content-encoding" -> refuseCompressed(kind, value);
                case "content-type" -> format = format(kind, value);
                default -> {}
            }
        }
        byte[] rest = text.substring(at).getBytes(ISO_8859_1);
        byte[] body = chunked ? unchunked(kind, rest) : cut(kind, rest, length);
        return new Capture(kind, body, format == null ? formatOf(body) : format, true);
    }

    private static BodyFormat format(String kind, String type) throws Unreadable {
        return BodyFormat.ofContentType(type)
                .orElseThrow(() -> new Unreadable(kind + ": expected the content type of a form or of JSON"));
    }

    private static void refuseCompressed(String kind, String coding) throws Unreadable {
        if (!coding.isEmpty() && !coding.equalsIgnoreCase("identity")) {
            throw new Unreadable(kind + ": its body is compressed; decompress it first");
        }
    }

    private static int number(String kind, String digits) throws Unreadable {
        try {
            return Integer.parseUnsignedInt(digits);
        } catch (NumberFormatException e) {
            throw new Unreadable(kind + ": expected a number as Content-Length");
        }
    }

    /** Cuts the body. An editor may have added a line end, and a next request may follow. */
    private static byte[] cut(String kind, byte[] rest, int length) throws Unreadable {
        if (length < 0) {
            return withoutLineEnd(rest);
        }
        if (rest.length < length) {
            throw new Unreadable(kind + ": expected the " + length + " bytes of its Content-Length, found "
                    + rest.length + "; the capture is cut short");
        }
        return Arrays.copyOf(rest, length);
    }

    private static byte[] withoutLineEnd(byte[] body) {
        int end = body.length;
        while (end > 0 && (body[end - 1] == '\n' || body[end - 1] == '\r')) {
            end--;
        }
        return Arrays.copyOf(body, end);
    }

    private static byte[] unchunked(String kind, byte[] rest) throws Unreadable {
        String text = new String(rest, ISO_8859_1);
        StringBuilder body = new StringBuilder(rest.length);
        int at = 0;
        while (true) {
            int end = text.indexOf('\n', at);
            String size =
                    end < 0 ? "" : text.substring(at, end).replaceAll(";.*", "").strip();
            int length;
            try {
                length = Integer.parseUnsignedInt(size, 16);
            } catch (NumberFormatException e) {
                throw new Unreadable(kind + ": expected the size of a chunk at byte " + at + " of its body");
            }
            if (length == 0) {
                return body.toString().getBytes(ISO_8859_1);
            }
            if (length > text.length() - end - 1) {
                throw new Unreadable(kind + ": a chunk of its body is cut short");
            }
            body.append(text, end + 1, end + 1 + length);
            at = end + 1 + length;
            if (text.startsWith("\r", at)) {
                at++;
            }
            if (text.startsWith("\n", at)) {
                at++;
            }
        }
    }

    /** Reads the first line that has a body. Servers log bodies only if they are configured to. */
    private static Capture logged(String text) throws Unreadable {
        String kind = "a line of an access log";
        for (String line : text.split("\\R")) {
            Matcher body = LOGGED_BODY.matcher(ACCESS_LOG.matcher(line).replaceAll("\"\""));
            if (ACCESS_LOG.matcher(line).find() && body.find()) {
                return sent(kind, unescaped(body.group(1)).getBytes(ISO_8859_1));
            }
        }
        throw new Unreadable(kind + ": it has no body; a server logs it only if it is told to, such as nginx by"
                + " $request_body in log_format");
    }

    /** Undoes the escapes that nginx writes for quotation marks, line ends and characters beyond ASCII. */
    private static String unescaped(String logged) {
        return ESCAPED.matcher(logged)
                .replaceAll(
                        found -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(found.group(1), 16))));
    }

    /** Returns text that was read with one char for each byte. */
    static String utf8(String bytes) {
        return new String(bytes.getBytes(ISO_8859_1), UTF_8);
    }
}
