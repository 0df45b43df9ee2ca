// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.parser.Dialect;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.EventSender;
import dev.openlines.portal.wire.Exchange;
import dev.openlines.portal.wire.Minting;
import dev.openlines.portal.wire.PhpJson;
import dev.openlines.testkit.RequiresTool;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Writer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests of {@code } in a handler in PHP, on PHP's own development server. */
@RequiresTool("php")
class PhpHandlerTest {

    private static final List<String> NAMES =
            List.of("R&D = +1 % \"<b>\"", "Поддержка клиентов", "🙂 chat", "a=b&c[d]=e;f%20g+h", " ~-_.*'\\/");

    private static Process php;
    private static URI handler;
    private static Path seen;

    @BeforeAll
    static void startPhp(@TempDir Path folder) throws IOException {
        seen = folder.resolve("seen.jsonl");
        Files.writeString(
                folder.resolve("index.php"),
                "<?php file_put_contents(__DIR__ . '/seen.jsonl', json_encode($_POST, JSON_UNESCAPED_UNICODE) . \"\\n\","
                        + " FILE_APPEND);");
        php = new ProcessBuilder(
                        "php", "-S", "127.0.0.1:0", folder.resolve("index.php").toString())
                .redirectErrorStream(true)
                .start();
        BufferedReader says = new BufferedReader(new InputStreamReader(php.getInputStream(), StandardCharsets.UTF_8));
        Pattern address = Pattern.compile(".*\\((http://127\\.0\\.0\\.1:\\d+)\\) started.*");
        for (String line = says.readLine(); line != null; line = says.readLine()) {
            Matcher found = address.matcher(line);
            if (found.matches()) {
                handler = URI.create(found.group(1) + "/");
                break;
            }
        }
        assertThat(handler).as("the address that php -S names").isNotNull();
        Thread drain = new Thread(() -> says.lines().forEach(line -> {}), "php-output");
        drain.setDaemon(true);
        drain.start();
    }

    @AfterAll
    static void stopPhp() {
        if (php != null) {
            php.destroy();
        }
    }

    @ParameterizedTest
    @EnumSource(Dialect.class)
    void sendArrivesAsTheTreeThatWasMeant(Dialect dialect) throws IOException {
        for (String name : NAMES) {
            long before = lines().size();
            String path = switch (dialect) {
                case PLATFORM, DOCS_2024_TABLE -> "data.DATA.line.name";
                case DOCS_2024 -> "data.DATA.0.user.name";
                case DOCS_2026 -> "data.extra.name";
            };
            int exit = OpenlinesCommand.execute(
                    new PrintWriter(Writer.nullWriter()),
                    new PrintWriter(Writer.nullWriter()),
                    "send",
                    "--to",
                    handler.toString(),
                    "--member-id",
                    "m1",
                    "--application-token",
                    "t&1",
                    "--dialect",
                    dialect.label(),
                    "--set",
                    path + "=" + name);
            assertThat(exit).isZero();
            List<String> lines = lines();
            assertThat(lines).hasSize((int) before + 1);
            JsonObject tree = PhpJson.parse(lines.get(lines.size() - 1).getBytes(StandardCharsets.UTF_8))
                    .asJsonObject();
            assertThat(tree.getString("event")).isEqualTo("ONSESSIONFINISH");
            assertThat(tree.getJsonObject("auth").getString("application_token"))
                    .isEqualTo("t&1");
            JsonValue at = tree;
            for (String part : path.split("\\.")) {
                at = at instanceof JsonArray list
                        ? list.get(Integer.parseInt(part))
                        : at.asJsonObject().get(part);
            }
            assertThat(at).isEqualTo(PhpJson.PROVIDER.createValue(name));
        }
    }

    @Test
    void everyFieldOfEveryDialectIsWhereItShouldBe() throws IOException {
        Instant noon = Instant.parse("2026-11-22T12:00:00Z");
        EventSender sender = new EventSender(EventSender.Settings.defaults());
        for (Dialect dialect : Dialect.values()) {
            for (String name : NAMES) {
                JsonObject meant = EventBodies.envelope(
                        "ONSESSIONFINISH",
                        12,
                        EventBodies.sessionData(
                                new EventBodies.ChatFacts("livechat", 1, 17, 10, name, 5, true), dialect),
                        noon,
                        new EventBodies.AuthFacts(
                                Minting.token(noon, 1),
                                noon,
                                "imopenlines,im",
                                "a.test",
                                "https://o.test/rest/",
                                "L",
                                "https://a.test/rest/",
                                "m",
                                1,
                                null,
                                Minting.token(noon, 2)),
                        dialect);
                byte[] body = EventBodies.form(meant);
                Exchange exchange = sender.send(
                        handler,
                        EventSender.join(
                                EventSender.head(handler, body.length, "application/x-www-form-urlencoded"), body));

                assertThat(exchange.status()).isEqualTo(200);
                List<String> lines = lines();
                assertThat(PhpJson.parse(lines.get(lines.size() - 1).getBytes(StandardCharsets.UTF_8)))
                        .as(dialect + ", " + name)
                        .isEqualTo(texts(meant));
            }
        }
    }

    /** Returns the tree with every scalar a text, as a form makes it. */
    private static JsonValue texts(JsonValue value) {
        if (value instanceof JsonObject object) {
            JsonObjectBuilder out = EventBodies.object();
            object.forEach((key, member) -> out.add(key, texts(member)));
            return out.build();
        }
        if (value instanceof JsonArray array) {
            var out = PhpJson.PROVIDER.createArrayBuilder();
            array.forEach(item -> out.add(texts(item)));
            return out.build();
        }
        return PhpJson.PROVIDER.createValue(value instanceof JsonString string ? string.getString() : value.toString());
    }

    private static List<String> lines() throws IOException {
        return Files.exists(seen) ? Files.readAllLines(seen) : List.of();
    }
}
