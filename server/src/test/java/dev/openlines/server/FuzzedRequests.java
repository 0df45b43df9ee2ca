// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.openlines.testkit.Bodies;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/** Requests to {@code /in} that are changed at random. The same seed makes the same requests. */
final class FuzzedRequests {

    private static final byte[] SPECIAL = "\0\r\n:%&[]= \t;,\"{}\u007f\u0080\u00ff".getBytes(ISO_8859_1);

    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String JSON = "application/json";
    private static final String WRONG = Bodies.finish(1, "auth[application_token]", "wrong");

    private FuzzedRequests() {}

    /** Returns requests without an event that is trusted. */
    static List<byte[]> forged() {
        String stranger = Bodies.finish(1, "auth[member_id]", "stranger", "auth[application_token]", "wrong");
        return bytes(Stream.of(
                post("/in", FORM, WRONG),
                post("/in", FORM, stranger),
                post("/in", JSON, json("wrong")),
                post("/in", FORM, "a=" + "%F0%9F%98%80".repeat(500)),
                post("/in", JSON, "[".repeat(2_000)),
                post("/in", FORM, WRONG).repeat(3),
                chunked(WRONG),
                chunked(WRONG) + post("/in", FORM, WRONG),
                post("/in", FORM, "\u00ef\u00bb\u00bf" + WRONG),
                post("/in", JSON, "\u00ef\u00bb\u00bf" + json("wrong")),
                post("/in", FORM, gzip(WRONG)).replace("Host: a", "Host: a\r\nContent-Encoding: gzip"),
                post("/in", "multipart/form-data; boundary=x", multipart(WRONG)),
                // More than it says, less than it says, two lengths, a length and chunks.
                post("/in", FORM, WRONG).replace("Content-Length: ", "Content-Length: 1"),
                post("/in", FORM, WRONG).replaceFirst("Content-Length: \\d+", "Content-Length: 7"),
                post("/in", FORM, WRONG).replace("Host: a", "Host: a\r\nContent-Length: 7"),
                chunked(WRONG).replace("Host: a", "Host: a\r\nContent-Length: 7"),
                chunked(WRONG).replace("\r\n\r\n", "\r\n\r\nffffffffffffffff\r\n"),
                "POST /in HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\na=bcd",
                "POST /in HTTP/1.1\r\nHost: a\r\n" + "x: y\r\n".repeat(3_000) + "\r\n",
                "POST /in HTTP/1.1\r\nHost: a\r\nx: " + "y".repeat(20_000) + "\r\n\r\n",
                "GET /in?a=b HTTP/1.0\r\n\r\n",
                Stream.of("HEAD /in", "PUT /in", "TRACE /in", "OPTIONS *", "CONNECT a:1", "POST /in/", "POST //in")
                        .map(start -> start + " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
                        .reduce("", String::concat),
                post("/in;x=y", FORM, WRONG) + post("/%69n", FORM, WRONG) + post("/in/../in?x", FORM, WRONG),
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    }

    /** Returns the events of a portal whose token is right, and of one that says it has installed the application. */
    static List<byte[]> trusted() {
        String good = Bodies.finish(17);
        String installed = Bodies.finish(1, "event", "ONAPPINSTALL", "auth[application_token]", "wrong");
        return bytes(Stream.of(
                post("/in", FORM, good),
                post("/in", FORM, Bodies.chats(17, 18, 19)),
                post("/in", JSON, json(Bodies.TOKEN)),
                post("/in", FORM, good + "&data[DATA][line][name]=" + "%F0%9F%98%80".repeat(200)),
                post("/in", FORM, Bodies.finish(17, "event", "ONIMCONNECTORMESSAGEADD")),
                chunked(good),
                post("/in", FORM, good).repeat(3),
                post("/in", FORM, installed),
                post("/install", FORM, "AUTH_ID=a&REFRESH_ID=b&AUTH_EXPIRES=3600&member_id=" + Bodies.MEMBER)));
    }

    private static List<byte[]> bytes(Stream<String> requests) {
        return requests.map(text -> text.getBytes(ISO_8859_1)).toList();
    }

    private static String post(String target, String type, String body) {
        return "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Type: " + type + "\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    private static String chunked(String body) {
        int half = body.length() / 2;
        return "POST /in HTTP/1.1\r\nHost: a\r\nContent-Type: " + FORM + "\r\nTransfer-Encoding: chunked\r\n\r\n"
                + Integer.toHexString(half) + ";a=b\r\n" + body.substring(0, half) + "\r\n"
                + Integer.toHexString(body.length() - half) + "\r\n" + body.substring(half)
                + "\r\n0\r\nTrailer: x\r\n\r\n";
    }

    private static String json(String token) {
        return "{\"event\":\"ONSESSIONFINISH\",\"ts\":\"1\",\"data\":{\"DATA\":[{\"a\":[1,2,{}],\"chat\":{\"chat_id\":17}}]},"
                + "\"auth\":{\"member_id\":\"" + Bodies.MEMBER + "\",\"application_token\":\"" + token + "\"}}";
    }

    private static String multipart(String value) {
        return "--x\r\nContent-Disposition: form-data; name=\"event\"\r\n\r\n" + value + "\r\n--x--\r\n";
    }

    private static String gzip(String body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(body.getBytes(UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toString(ISO_8859_1);
    }

    /** Returns one of the requests with up to four changes. */
    static byte[] changed(List<byte[]> requests, Random random) {
        byte[] bytes = requests.get(random.nextInt(requests.size())).clone();
        for (int i = random.nextInt(5); i > 0 && bytes.length > 2; i--) {
            int from = random.nextInt(bytes.length);
            int to = Math.min(bytes.length, from + 1 + random.nextInt(64));
            switch (random.nextInt(6)) {
                case 0 -> bytes[from] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[from] = SPECIAL[random.nextInt(SPECIAL.length)];
                case 2 -> bytes = joined(Arrays.copyOf(bytes, from), Arrays.copyOfRange(bytes, to, bytes.length));
                case 3 -> bytes = joined(Arrays.copyOf(bytes, to), Arrays.copyOfRange(bytes, from, bytes.length));
                case 4 -> bytes = Arrays.copyOf(bytes, to);
                default -> {
                    byte[] other = requests.get(random.nextInt(requests.size()));
                    bytes = joined(
                            Arrays.copyOf(bytes, from),
                            Arrays.copyOfRange(other, random.nextInt(other.length), other.length));
                }
            }
        }
        return bytes;
    }

    private static byte[] joined(byte[] first, byte[] second) {
        ByteArrayOutputStream both = new ByteArrayOutputStream(first.length + second.length);
        both.writeBytes(first);
        both.writeBytes(second);
        return both.toByteArray();
    }
}
