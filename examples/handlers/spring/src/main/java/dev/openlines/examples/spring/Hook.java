// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.spring;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import tools.jackson.databind.json.JsonMapper;

/**
 * A handler in Spring MVC, with Spring Boot 4. MEMBER_ID and APPLICATION_TOKEN name the portal to trust, STORE a folder.
 * {@code openlines-spring-boot-starter} does all of this and more.
 */
@RestController
@EnableAutoConfiguration
public class Hook {

    private static final int LONGEST_BODY = 524_288;
    private static final Pattern FIELD =
            Pattern.compile("data\\[DATA](?:\\[(\\d{1,4})])?\\[(connector|chat|line|user)]\\[(\\w+)]");
    private static final Pattern CHAT_ID = Pattern.compile("0*([1-9][0-9]{0,18})");

    private final JsonMapper json;
    private final String memberId;
    private final String applicationToken;
    private final Path store;

    Hook(
            JsonMapper json,
            @Value("${MEMBER_ID}") String memberId,
            @Value("${APPLICATION_TOKEN}") String applicationToken,
            @Value("${STORE}") Path store) {
        this.json = json;
        this.memberId = memberId;
        this.applicationToken = applicationToken;
        this.store = store;
    }

    /**
     * Starts the handler.
     *
     * @param arguments those of Spring Boot
     */
    public static void main(String[] arguments) {
        SpringApplication.run(Hook.class, arguments);
    }

    /**
     * Receives an event. It reads the body itself: {@code @RequestParam} and {@code @RequestBody} let Tomcat read the
     * form, and Tomcat logs the values of fields that it cannot read, tokens among them.
     */
    @PostMapping(path = "/hook", consumes = "application/x-www-form-urlencoded")
    ResponseEntity<Void> receive(HttpServletRequest request) {
        try {
            byte[] body = request.getInputStream().readNBytes(LONGEST_BODY + 1);
            int status = body.length > LONGEST_BODY ? 413 : status(new String(body, StandardCharsets.ISO_8859_1));
            return ResponseEntity.status(status).build();
        } catch (IOException e) {
            return ResponseEntity.badRequest().build();
        }
    }

    private int status(String body) {
        Map<String, String> form = fields(body);
        if (form == null) {
            return 400;
        }
        // Both are compared before anything else of the event is read.
        boolean right = equal(form.get("auth[application_token]"), applicationToken)
                && equal(form.get("auth[member_id]"), memberId);
        if (!right || Files.exists(store.resolve("uninstalled"))) {
            return 403;
        }
        String event = form.getOrDefault("event", "").toUpperCase(Locale.ROOT);
        if (event.isEmpty()) {
            return 400;
        }
        try {
            if (event.equals("ONAPPUNINSTALL")) {
                store("uninstalled", "\n");
            }
            String lines = event.equals("ONSESSIONFINISH") ? closes(form) : "";
            if (!lines.isEmpty()) {
                store(key(form) + ".json", lines);
            }
            return 200;
        } catch (IOException e) {
            return 503;
        }
    }

    /** Compares in a time that tells nothing. */
    private static boolean equal(@Nullable String given, String right) {
        return MessageDigest.isEqual(
                String.valueOf(given).getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the fields by their names, or null if there are too many, or one of auth comes twice or is a list. */
    private static @Nullable Map<String, String> fields(String body) {
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
                Map<String, @Nullable String> line = new LinkedHashMap<>();
                line.put("member_id", memberId);
                line.put("chat_id", number.group(1));
                line.put("line_id", first(chat, "connector.line_id", "line.id"));
                line.put("connector_id", chat.get("connector.connector_id"));
                line.put("line_name", first(chat, "line.name", "user.name"));
                lines.append(json.writeValueAsString(line)).append('\n');
            }
        }
        return lines.toString();
    }

    private static @Nullable String first(Map<String, String> chat, String name, String other) {
        String value = chat.get(name);
        return value == null ? chat.get(other) : value;
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
