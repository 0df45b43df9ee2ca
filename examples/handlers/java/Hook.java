// SPDX-License-Identifier: Apache-2.0
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A handler in Java 17 or newer, without libraries: {@code PORT=8080 java Hook.java}. MEMBER_ID and APPLICATION_TOKEN name
 * the portal to trust, STORE a folder. With libraries, {@code openlines-server} does all of this.
 */
final class Hook {

    private static final int LONGEST_BODY = 524_288;
    private static final String FORM = "application/x-www-form-urlencoded";
    private static final Pattern FIELD =
            Pattern.compile("data\\[DATA](?:\\[(\\d{1,4})])?\\[(connector|chat|line|user)]\\[(\\w+)]");
    private static final Pattern CHAT_ID = Pattern.compile("0*([1-9][0-9]{0,18})");

    private final String memberId = System.getenv("MEMBER_ID");
    private final String applicationToken = System.getenv("APPLICATION_TOKEN");
    private final Path store = Path.of(System.getenv("STORE"));

    public static void main(String[] arguments) throws IOException {
        // A request may take 30 seconds from its first byte to its last. Then its connection is closed, and its thread ends.
        System.setProperty("sun.net.httpserver.maxReqTime", "30");
        int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1024);
        server.createContext("/", new Hook()::receive);
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
    }

    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            int status = status(exchange);
            if (status == 405) {
                exchange.getResponseHeaders().set("Allow", "POST");
            }
            if (status >= 400) {
                exchange.getResponseHeaders().set("Connection", "close");
            }
            exchange.sendResponseHeaders(status, -1);
        }
    }

    private int status(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestMethod().equals("POST")) {
            return 405;
        }
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        if (type == null || !type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals(FORM)) {
            return 415;
        }
        byte[] body;
        try (InputStream in = exchange.getRequestBody()) {
            body = in.readNBytes(LONGEST_BODY + 1);
            if (body.length > LONGEST_BODY) {
                return 413;
            }
        }
        String length = exchange.getRequestHeaders().getFirst("Content-Length");
        if (length != null && Long.parseLong(length) != body.length) {
            return 400;
        }
        Map<String, String> form = fields(new String(body, StandardCharsets.ISO_8859_1));
        if (form == null) {
            return 400;
        }
        // Both are compared before anything else of the event is read.
        boolean right = equal(form.get("auth[application_token]"), applicationToken)
                & equal(form.get("auth[member_id]"), memberId);
        if (!right || Files.exists(store.resolve("uninstalled"))) {
            return 403;
        }
        try {
            return stored(form);
        } catch (IOException e) {
            System.err.println("not stored: " + e.getClass().getSimpleName());
            return 503;
        }
    }

    private int stored(Map<String, String> form) throws IOException {
        String event = form.getOrDefault("event", "").toUpperCase(Locale.ROOT);
        if (event.isEmpty()) {
            return 400;
        }
        if (event.equals("ONAPPUNINSTALL")) {
            store("uninstalled", "\n");
        }
        if (event.equals("ONSESSIONFINISH")) {
            String lines = closes(form);
            if (!lines.isEmpty()) {
                store(key(form) + ".json", lines);
            }
        }
        return 200;
    }

    /** Compares in a time that tells nothing. */
    private static boolean equal(String given, String right) {
        return MessageDigest.isEqual(
                String.valueOf(given).getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the fields by their names, or null if there are too many, or one of auth comes twice or is a list. */
    private static Map<String, String> fields(String body) {
        Map<String, String> fields = new LinkedHashMap<>();
        String[] pairs = body.split("&", 1_001);
        boolean auth = false;
        for (String pair : pairs) {
            int at = pair.indexOf('=');
            String name = decode(at < 0 ? pair : pair.substring(0, at));
            boolean proof = name.equals("auth") || name.startsWith("auth[");
            auth |= proof;
            if (proof && (fields.containsKey(name) || !name.matches("auth\\[[^\\[\\]]+]"))) {
                return null;
            }
            fields.put(name, at < 0 ? "" : decode(pair.substring(at + 1)));
        }
        return auth && pairs.length <= 1_000 ? fields : null;
    }

    /** Undoes the form's escapes; a broken one stays as it is. */
    private static String decode(String text) {
        byte[] bytes = new byte[text.length()];
        int length = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean escape = c == '%'
                    && i + 2 < text.length()
                    && HexFormat.isHexDigit(text.charAt(i + 1))
                    && HexFormat.isHexDigit(text.charAt(i + 2));
            bytes[length++] = (byte) (escape ? HexFormat.fromHexDigits(text, i + 1, i + 3) : c == '+' ? ' ' : c);
            i += escape ? 2 : 0;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    /** Returns one line of JSON for each closed chat, which your own code works on. */
    private String closes(Map<String, String> form) {
        // One chat, or a list of them: the documentation has shown both.
        Map<String, Map<String, String>> chats = new LinkedHashMap<>();
        form.forEach((name, value) -> {
            Matcher field = FIELD.matcher(name);
            if (field.matches()) {
                chats.computeIfAbsent(String.valueOf(field.group(1)), index -> new LinkedHashMap<>())
                        .put(field.group(2) + "." + field.group(3), value);
            }
        });
        StringBuilder lines = new StringBuilder();
        for (Map<String, String> chat : chats.values()) {
            String id = chat.getOrDefault("connector.chat_id", chat.getOrDefault("chat.id", ""));
            Matcher number = CHAT_ID.matcher(id);
            if (number.matches()) {
                lines.append("{\"member_id\":").append(json(memberId));
                lines.append(",\"chat_id\":").append(json(number.group(1)));
                lines.append(",\"line_id\":").append(json(chat.getOrDefault("connector.line_id", chat.get("line.id"))));
                lines.append(",\"connector_id\":").append(json(chat.get("connector.connector_id")));
                lines.append(",\"line_name\":").append(json(chat.getOrDefault("line.name", chat.get("user.name"))));
                lines.append("}\n");
            }
        }
        return lines.toString();
    }

    private static String json(String text) {
        if (text == null) {
            return "null";
        }
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20 || c == 0x7f) {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }

    /** Returns the key of an event. No delivery has an id: portal, time and data identify it, and auth differs each time. */
    private String key(Map<String, String> form) {
        StringBuilder same = new StringBuilder(memberId).append('\0').append(form.get("ts"));
        new TreeMap<>(form).forEach((name, value) -> {
            if (name.startsWith("data")) {
                same.append('\0').append(name).append('\0').append(value);
            }
        });
        try {
            byte[] text = same.toString().getBytes(StandardCharsets.UTF_8);
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Writes a file once, whole and on disk, however many threads and processes try at a time. */
    private void store(String name, String content) throws IOException {
        Path file = store.resolve(name);
        if (Files.exists(file)) {
            return;
        }
        Path part = store.resolve(UUID.randomUUID() + ".part");
        try {
            try (FileChannel out = FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                out.force(true);
            }
            // A link to a name that exists already fails: of equal events at a time, one wins.
            Files.createLink(file, part);
        } catch (FileAlreadyExistsException e) {
            // Another thread was faster.
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
