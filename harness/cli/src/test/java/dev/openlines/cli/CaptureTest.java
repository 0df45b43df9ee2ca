// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.Limits;
import dev.openlines.parser.PhpForm;
import dev.openlines.testkit.RecordingHandler;
import dev.openlines.testkit.RequiresTool;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies found in what people keep of a request. */
class CaptureTest {

    private static final String FORM = "event=ONSESSIONFINISH&data%5BDATA%5D%5Bconnector%5D%5Bchat_id%5D=42"
            + "&data%5BDATA%5D%5Bline%5D%5Bname%5D=%D0%9F%D1%80%D0%BE+%22x%22&ts=1779996401"
            + "&auth%5Bapplication_token%5D=secret";

    private static final String TREE = "{\"event\":\"ONSESSIONFINISH\",\"data\":{\"DATA\":{\"connector\":"
            + "{\"chat_id\":\"42\"},\"line\":{\"name\":\"Про \\\"x\\\"\"}}},\"ts\":\"1779996401\","
            + "\"auth\":{\"application_token\":\"secret\"}}";

    private static final String HEAD = "POST /bitrix HTTP/1.1\r\nHost: app.example\r\n";

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    static Stream<Arguments> captures() {
        String quoted = Json.createValue(FORM).toString();
        String inJson = Json.createValue(TREE).toString();
        String json = "JSON of a relay, with the body as text";
        String fields = "JSON of a relay, with the fields of the body";
        return Stream.of(
                Arguments.of("a raw HTTP request", HEAD + "Content-Length: " + FORM.length() + "\r\n\r\n" + FORM),
                Arguments.of(
                        "a raw HTTP request", HEAD + "Content-Length: " + FORM.length() + "\r\n\r\n" + FORM + "\n"),
                Arguments.of("a raw HTTP request", (HEAD + "\r\n" + FORM).replace("\r", "") + "\n"),
                Arguments.of("a raw HTTP request", "\n" + HEAD + "content-type: application/json\r\n\r\n" + TREE),
                Arguments.of("a raw HTTP request", HEAD + "\r\n" + TREE),
                Arguments.of(
                        "a raw HTTP request",
                        HEAD + "Transfer-Encoding: chunked\r\n\r\n5\r\n" + FORM.substring(0, 5) + "\r\n"
                                + Integer.toHexString(FORM.length() - 5) + ";x=y\r\n" + FORM.substring(5)
                                + "\r\n0\r\n\r\n"),
                Arguments.of("a raw HTTP request", "> " + HEAD.replace("\r\nHost", "\r\n> Host") + "> \r\n" + FORM),
                Arguments.of(
                        "a line of an access log",
                        "127.0.0.1 - - [29/Nov/2026:08:00:00 +0000] \"POST /bitrix HTTP/1.1\" 200 0 \"-\""
                                + " \"Bitrix24 Webhook Engine\" \"" + FORM + "\""),
                Arguments.of(
                        "a line of an access log",
                        "127.0.0.1 - - [x] \"GET / HTTP/1.1\" 200 0\n127.0.0.1 - - [x] \"POST /b HTTP/1.1\" 403 0 "
                                + FORM.replace("%22", "\\x22") + " 0.004\n"),
                Arguments.of(json, "{\"method\":\"POST\",\"content\":" + quoted + "}"),
                Arguments.of(json, "{\"version\":\"2.0\",\"body\":" + quoted + ",\"isBase64Encoded\":false}"),
                Arguments.of(json, "{\"body\":\"" + base64(FORM) + "\",\"isBase64Encoded\":true}"),
                Arguments.of(json, "{\"body\":" + inJson + "}"),
                Arguments.of(json, "{\"log\":{\"entries\":[{\"request\":{\"postData\":{\"text\":" + quoted + "}}}]}}"),
                Arguments.of(json, "{\"request\":\"POST /b HTTP/1.1\",\"status\":200,\"request_body\":" + quoted + "}"),
                Arguments.of(
                        "JSON of a relay, with the body in Base64",
                        "{\"payload\":{\"data\":\"" + base64(FORM) + "\"}}"),
                Arguments.of(
                        "JSON of a relay, with a raw HTTP request",
                        "{\"requests\":[{\"request\":{\"raw\":\"" + base64(HEAD + "\r\n" + FORM) + "\"}}]}"),
                Arguments.of(fields, "{\"body\":" + TREE + "}"),
                Arguments.of(fields, "[{\"headers\":{\"host\":\"h\"},\"body\":" + TREE + "}]"),
                Arguments.of(
                        "JSON with the names of a form",
                        "{\"event\":\"ONSESSIONFINISH\",\"data[DATA][connector][chat_id]\":\"42\","
                                + "\"data[DATA][line][name]\":\"Про \\\"x\\\"\",\"ts\":1779996401,"
                                + "\"auth[application_token]\":\"secret\"}"),
                Arguments.of(
                        "JSON with the names of a form",
                        "{\"args\":{},\"form\":{\"event\":\"ONSESSIONFINISH\",\"data[DATA][connector][chat_id]\":\"42\","
                                + "\"data[DATA][line][name]\":\"Про \\\"x\\\"\",\"ts\":\"1779996401\","
                                + "\"auth[application_token]\":\"secret\"}}"),
                Arguments.of(
                        "output of var_export",
                        "array (\n  'event' => 'ONSESSIONFINISH',\n  'data' => \n  array (\n    'DATA' => \n    array (\n"
                                + "      'connector' => \n      array (\n        'chat_id' => 42,\n      ),\n      'line'"
                                + " => array('name' => 'Про \"x\"'),\n    ),\n  ),\n  'ts' => '1779996401',\n  'auth' =>"
                                + " ['application_token' => 'sec' . 'ret'],\n)"),
                Arguments.of(
                        "output of print_r",
                        "2026-11-29 08:00:00 hook called\n<pre>Array\r\n(\r\n    [event] => ONSESSIONFINISH\r\n    [data] =>"
                                + " Array\r\n        (\r\n            [DATA] => Array\r\n                (\r\n"
                                + "                    [connector] => Array\r\n                        (\r\n"
                                + "                            [chat_id] => 42\r\n                        )\r\n\r\n"
                                + "                    [line] => Array\r\n                        (\r\n"
                                + "                            [name] => Про \"x\"\r\n                        )\r\n\r\n"
                                + "                )\r\n\r\n        )\r\n\r\n    [ts] => 1779996401\r\n    [auth] =>"
                                + " Array\r\n        (\r\n            [application_token] => secret\r\n        )\r\n\r\n"
                                + ")</pre>\r\n"),
                Arguments.of("output of var_dump", """
                        array(4) {
                          ["event"]=>
                          string(15) "ONSESSIONFINISH"
                          ["data"]=>
                          array(1) {
                            ["DATA"]=>
                            array(2) {
                              ["connector"]=>
                              array(1) {
                                ["chat_id"]=>
                                int(42)
                              }
                              ["line"]=>
                              array(1) {
                                ["name"]=>
                                string(10) "Про "x""
                              }
                            }
                          }
                          ["ts"]=>
                          string(10) "1779996401"
                          ["auth"]=>
                          array(1) {
                            ["application_token"]=>
                            string(6) "secret"
                          }
                        }
                        """));
    }

    @ParameterizedTest
    @MethodSource("captures")
    void theBodyIsFoundAndSoIsWhatTheFileHolds(String kind, String file) throws Exception {
        Capture capture = Capture.of(file.getBytes(UTF_8));

        assertThat(capture.kind()).isEqualTo(kind);
        assertThat(tree(capture)).hasToString(TREE);
        assertThat(capture.exact())
                .isEqualTo(!kind.startsWith("output") && !kind.contains("fields") && !kind.contains("names"));
    }

    private static JsonObject tree(Capture capture) {
        return Envelope.parse(capture.body(), capture.format(), SendCommand.OWN_BODY)
                .raw();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                FORM,
                "event=X&data[text]=Array",
                "event=X&data[text]=array(1)+%7B",
                "event=X&data[text]=POST+/+HTTP/1.1%0A",
                "rubbish",
                ""
            })
    void aFormIsTheBodyItself(String body) throws Exception {
        Capture capture = Capture.of(body.getBytes(UTF_8));

        assertThat(capture.kind()).isNull();
        assertThat(capture.format()).isEqualTo(BodyFormat.FORM);
        assertThat(capture.body()).isEqualTo(body.getBytes(UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                TREE,
                "{\"event\":\"X\",\"data\":{\"text\":\"array(1) {\",\"body\":\"event=FAKE\"}}",
                "{\"event\":\"X\",\"data\":{\"event\":\"Y\",\"text\":\"\\\"POST / HTTP/1.1\\\"\"}}",
                "{\"other\":{\"deep\":1}}",
                "{\"body\":\"nothing of an event\"}",
                "{broken"
            })
    void jsonOfAnEventIsTheBodyItself(String body) throws Exception {
        Capture capture = Capture.of(body.getBytes(UTF_8));

        assertThat(capture.kind()).isNull();
        assertThat(capture.format()).isEqualTo(BodyFormat.JSON);
        assertThat(capture.body()).isEqualTo(body.getBytes(UTF_8));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            POST / HTTP/1.1\\nHost: a | a raw HTTP request: expected a blank line and a body after the headers, found the end
            POST / HTTP/1.1\\nsecret words\\n\\na=1 | a raw HTTP request: expected a header or a blank line at byte 17
            POST / HTTP/1.1\\nContent-Length: 9\\n\\na=1 | a raw HTTP request: expected the 9 bytes of its Content-Length, found 3; the capture is cut short
            POST / HTTP/1.1\\nContent-Length: -9\\n\\na=1 | a raw HTTP request: expected a number as Content-Length
            POST / HTTP/1.1\\nContent-Encoding: gzip\\n\\na=1 | a raw HTTP request: its body is compressed; decompress it first
            POST / HTTP/1.1\\nContent-Type: text/xml\\n\\na=1 | a raw HTTP request: expected the content type of a form or of JSON
            POST / HTTP/1.1\\nTransfer-Encoding: chunked\\n\\nzz\\n | a raw HTTP request: expected the size of a chunk at byte 0 of its body
            POST / HTTP/1.1\\nTransfer-Encoding: chunked\\n\\n7fffffff\\na | a raw HTTP request: a chunk of its body is cut short
            1.2.3.4 - - [x] "POST /secret HTTP/1.1" 200 0 | a line of an access log: it has no body; a server logs it only if it is told to, such as nginx by $request_body in log_format
            Array\\n(\\n    [a] => secret\\n | output of print_r: expected ) at its end; the capture is cut short
            Array\\n(\\nsecret\\n) | output of print_r: expected [key] => in line 3 of the dump
            array (\\n  'a' => 'secret | output of var_export: the text at byte 17 has no end; the capture is cut short
            array (\\n  'a' => system('secret'),\\n) | output of var_export: expected , at byte 23
            array (\\n  'a' => \\\\Secret::__set_state(array(\\n  )),\\n) | output of var_export: expected a text or a number at byte 17
            array (\\n  'a' => 1, | output of var_export: expected a text or a number at byte 19
            array(1) {\\n  ["a"]=>\\n  string(99) "secret" | output of var_dump: the text at byte 23 is cut short
            array(1) {\\n  ["a"]=>\\n  object(Secret)#1 (0) {\\n  }\\n} | output of var_dump: expected a text, a number or an array at byte 23
            array(1) {\\n | output of var_dump: expected } at its end; the capture is cut short
            """)
    void aFileThatCannotBeReadIsNamedWithoutItsContent(String file, String message) {
        assertThatThrownBy(() -> Capture.of(
                        file.replace("\\n", "\n").replace("\\\\", "\\").getBytes(UTF_8)))
                .isInstanceOf(Capture.Unreadable.class)
                .hasMessage(message);
    }

    @Test
    void nestingHasAnEnd() {
        String exported = "array (\n" + "'a' => array (\n".repeat(100_000);
        String dumped = "array(1) {\n" + "[\"a\"]=>\narray(1) {\n".repeat(100_000);

        assertThatThrownBy(() -> Capture.of(exported.getBytes(UTF_8)))
                .hasMessage("output of var_export: expected at most 64 arrays in each other");
        assertThatThrownBy(() -> Capture.of(dumped.getBytes(UTF_8)))
                .hasMessage("output of var_dump: expected at most 64 arrays in each other");
        assertThat(RelayedJson.find(("{\"body\":".repeat(50) + "1" + "}".repeat(50)).getBytes(UTF_8)))
                .isEmpty();
    }

    @Test
    void sendSendsTheBodyOfACapture(@TempDir Path folder) throws Exception {
        Path request = Files.writeString(folder.resolve("request.txt"), HEAD + "\r\n" + FORM);
        Path dump = Files.writeString(folder.resolve("dump.txt"), "Array\n(\n    [event] => X\n)\n");
        try (RecordingHandler handler = RecordingHandler.start()) {
            String to = handler.uri().toString();

            assertThat(send(to, "--body", request.toString(), "--verbatim"))
                    .isEqualTo("0 openlines: read as a raw HTTP request\n");
            assertThat(handler.body(0)).isEqualTo(FORM);

            assertThat(send(to, "--body", dump.toString(), "--application-token", "mine"))
                    .isEqualTo("0 openlines: read as output of print_r\n");
            assertThat(handler.body(1)).startsWith("event=X&ts=").endsWith("&auth%5Bapplication_token%5D=mine");

            assertThat(send(to, "--body", dump.toString(), "--verbatim"))
                    .startsWith(
                            "3 openlines: --verbatim needs the bytes that were sent, and --body is output of print_r\n");
        }
    }

    private static String send(String to, String... more) {
        StringWriter errors = new StringWriter();
        String[] arguments =
                Stream.concat(Stream.of("send", "--to", to), Stream.of(more)).toArray(String[]::new);
        int exit = OpenlinesCommand.execute(new PrintWriter(new StringWriter()), new PrintWriter(errors), arguments);
        return exit + " " + errors;
    }

    /** Reads a file with anything in it: it is read, refused, or taken for a body, and never more than that. */
    @Test
    void noFileBreaksTheReading() {
        Random random = new Random(24);
        List<String> seeds =
                captures().map(capture -> (String) capture.get()[1]).toList();
        for (int i = 0; i < 20_000; i++) {
            byte[] file = seeds.get(random.nextInt(seeds.size())).getBytes(UTF_8);
            for (int n = random.nextInt(4); n >= 0; n--) {
                int at = random.nextInt(file.length);
                switch (random.nextInt(3)) {
                    case 0 -> file[at] = (byte) random.nextInt(256);
                    case 1 -> file[at] = (byte) "[](){}'\"\\\n =>%&".charAt(random.nextInt(15));
                    default -> file = Arrays.copyOf(file, Math.max(1, at));
                }
            }
            byte[] broken = file;
            Throwable refusal =
                    catchThrowable(() -> assertThat(Capture.of(broken).body()).isNotNull());
            if (refusal != null) {
                assertThat(refusal)
                        .as("case %s", i)
                        .isInstanceOf(Capture.Unreadable.class)
                        .hasMessageNotContaining("secret");
            }
        }
    }

    @Test
    @RequiresTool("php")
    @Tag("long")
    void arraysAsPhpPrintsThemAreReadAsPhpHadThem() throws Exception {
        Random random = new Random(26);
        for (int round = 0; round < 20; round++) {
            StringBuilder form = new StringBuilder("event=X");
            for (int i = 0; i < 10; i++) {
                form.append("&data[")
                        .append(i % 3 == 0 ? "k'\\" + i : i % 3 == 1 ? "A][b" + i : "")
                        .append("]=");
                for (int n = random.nextInt(6); n > 0; n--) {
                    form.append(Stream.of(
                                    "%0A",
                                    "%0D",
                                    "%27",
                                    "%22",
                                    "%5C",
                                    "%00",
                                    "%F0%9F%98%80",
                                    "%E2%82%AC",
                                    "+",
                                    "Array",
                                    "%0A(",
                                    "%0A)",
                                    "=%3E",
                                    "array(1)+%7B",
                                    "%27+.+%27",
                                    "%7D",
                                    ",%0A",
                                    "x")
                            .toList()
                            .get(random.nextInt(18)));
                }
            }
            byte[] body = form.toString().getBytes(UTF_8);
            String tree = PhpForm.decode(body, Limits.DEFAULT).toString();

            assertThat(tree(Capture.of(php("var_export($a);", body)))).hasToString(tree);
            assertThat(tree(Capture.of(php("var_dump($a);", body)))).hasToString(tree);
            // It hides the end of a text, so that only texts of one line come back.
            byte[] plain =
                    new String(body, ISO_8859_1).replaceAll("%0[AD]", "_").getBytes(ISO_8859_1);
            assertThat(tree(Capture.of(php("print_r($a);", plain))))
                    .hasToString(PhpForm.decode(plain, Limits.DEFAULT).toString());
        }
        byte[] lines = "event=X&data[text]=one%0A%0Atwo%0A+[three]+=%3E+%0A&ts=1".getBytes(UTF_8);
        assertThat(tree(Capture.of(php("print_r($a);", lines))))
                .hasToString(PhpForm.decode(lines, Limits.DEFAULT).toString());
    }

    private static byte[] php(String print, byte[] form) throws IOException, InterruptedException {
        Process php = new ProcessBuilder("php", "-n", "-r", "parse_str(stream_get_contents(STDIN), $a); " + print)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var in = php.getOutputStream()) {
            in.write(form);
        }
        byte[] printed = php.getInputStream().readAllBytes();
        assertThat(php.waitFor(5, TimeUnit.MINUTES)).isTrue();
        return printed;
    }
}
