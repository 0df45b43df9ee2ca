// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Event;
import dev.openlines.model.UnknownEvent;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.EventDecoder;
import dev.openlines.portal.PortalServer;
import dev.openlines.testkit.RecordingHandler;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ResourceLock(Resources.SYSTEM_OUT)
class CommandLineTest {

    private static final String BODY = "event=ONSESSIONFINISH&event_handler_id=12"
            + "&data%5BDATA%5D%5Bconnector%5D%5Bconnector_id%5D=livechat&data%5BDATA%5D%5Bconnector%5D%5Bchat_id%5D=17"
            + "&ts=1795348800&auth%5Baccess_token%5D=opensesame&auth%5Bmember_id%5D=m"
            + "&auth%5Bapplication_token%5D=opensesame";

    @Test
    void decodePrintsTheEventWithItsTokensMasked() {
        Ran ran = run(BODY, "decode");

        assertThat(ran)
                .isEqualTo(new Ran(
                        0,
                        "{\"event\":{\"event\":\"ONSESSIONFINISH\",\"event_handler_id\":12,\"data\":{\"DATA\":"
                                + "{\"connector\":{\"connector_id\":\"livechat\",\"chat_id\":17}}},\"ts\":1795348800,"
                                + "\"auth\":{\"access_token\":\"***\",\"member_id\":\"m\",\"application_token\":\"***\"}},"
                                + "\"type\":\"OnSessionFinish\",\"dialect\":\"platform\",\"notes\":[]}\n",
                        ""));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ONIMCONNECTORMESSAGEAD  | this version has no type for this event; ONIMCONNECTORMESSAGEADD is spelled alike
            ONSESSIONFINISHED       | this version has no type for this event; ONSESSIONFINISH is spelled alike
            ONCRMDEALUPDATE         | this version has no type for this event
            """)
    void decodeSaysIfThisVersionHasNoTypeForAnEvent(String code, String note) {
        assertThat(run("event=" + code + "&ts=1&auth[member_id]=m", "decode").out())
                .contains("\"type\":null,", "\"notes\":[{\"path\":\"$.event\",\"message\":\"" + note + "\"}]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "verify --version", "capture show -V"})
    void everyCommandSaysItsVersion(String arguments) {
        // Classes that are not in a jar have no number.
        assertThat(Ran.of(List.of(arguments.split(" ")))).isEqualTo(new Ran(0, "openlines development\n", ""));
    }

    @Test
    void decodeTakesABodyThatBeginsWithABraceForJson() {
        Ran ran = run(
                " {\"event\":\"ONSESSIONFINISH\",\"data\":{\"DATA\":{\"connector\":{\"chat_id\":\"5\"}}},\"ts\":\"1\"}",
                "decode");

        assertThat(ran.exit()).isZero();
        assertThat(ran.out()).contains("\"chat_id\":5");
    }

    @Test
    void decodeMasksTokensInUnknownEventsToo() {
        Ran ran = run("event=ONIMBOTMESSAGEADD&ts=1&data[BOT][7][AUTH][access_token]=opensesame", "decode");

        assertThat(ran.exit()).isZero();
        assertThat(ran.out()).contains("\"access_token\":\"***\"").doesNotContain("opensesame");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            rubbish                                   | mismatch: expected an event code but found nothing at $.event
            event=ONSESSIONFINISH&data[DATA][connector][chat_id]=x | mismatch: expected an integer but found text (1 character) at $.data.DATA.connector.chat_id
            """)
    void decodeSaysInOneLineWhatIsWrongAndWhere(String body, String message) {
        assertThat(run(body, "decode")).isEqualTo(new Ran(1, "", "openlines: " + message + "\n"));
    }

    @Test
    void decodeSaysWhatItFoundTheBodyIn() {
        String request = "POST /b HTTP/1.1\r\nContent-Length: " + BODY.length() + "\r\n\r\n" + BODY;

        assertThat(run(request, "decode"))
                .isEqualTo(new Ran(0, run(BODY, "decode").out(), "openlines: read as a raw HTTP request\n"));
        assertThat(run(request.substring(0, 50), "decode"))
                .isEqualTo(new Ran(
                        3,
                        "",
                        "openlines: cannot read a raw HTTP request: expected the " + BODY.length()
                                + " bytes of its Content-Length, found 9; the capture is cut short\n"));
        assertThat(run(request, "decode", "--content-type", "application/x-www-form-urlencoded")
                        .err())
                .startsWith("openlines: mismatch: ");
    }

    @Test
    void decodeTreeIsWhatPhpSees() {
        assertThat(run("a[]=1&a[]=%22/&b[x]=%FF&b[5]=%E2%82%AC&c.d=", "decode", "--tree"))
                .isEqualTo(new Ran(
                        0,
                        "{\"tree\":{\"a\":[\"1\",\"\\\"/\"],\"b\":{\"x\":\"\uFFFD\",\"5\":\"€\"},\"c_d\":\"\"}}\n",
                        ""));
        assertThat(run("", "decode", "--tree").out()).isEqualTo("{\"tree\":[]}\n");
        assertThat(run("{\"a\":1}", "decode", "--tree").out()).isEqualTo("{\"tree\":{\"{\\\"a\\\":1}\":\"\"}}\n");
        assertThat(run("{\"a\":{}}", "decode", "--tree", "--content-type", "application/json")
                        .out())
                .isEqualTo("{\"tree\":{\"a\":[]}}\n");
    }

    @Test
    void decodeBatchAnswersEveryLine() {
        String input = base64("a=1") + "\r\n!!\n\n" + base64("b[") + "\n" + base64("x".repeat(300));

        assertThat(run(input, "decode", "--batch", "--tree").out().lines())
                .containsExactly(
                        "{\"tree\":{\"a\":\"1\"}}",
                        "{\"error\":{\"kind\":\"malformed\",\"path\":\"$\",\"message\":\"expected a line of Base64\"}}",
                        "{\"tree\":[]}",
                        "{\"tree\":{\"b_\":\"\"}}",
                        "{\"error\":{\"kind\":\"limit\",\"path\":\"$\",\"message\":"
                                + "\"expected names of at most 256 bytes but found 300 bytes at $\"}}");
        assertThat(run(base64(BODY) + "\n" + base64("x=1"), "decode", "--batch")
                        .out()
                        .lines())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("{\"event\":{\"event\":\"ONSESSIONFINISH\""),
                        line -> assertThat(line)
                                .isEqualTo("{\"error\":{\"kind\":\"mismatch\",\"path\":\"$.event\",\"message\":"
                                        + "\"expected an event code but found nothing at $.event\"}}"));
    }

    @Test
    void decodeLimitsCanBeLiftedAndLowered() {
        String large = "k".repeat(300) + "=" + "v".repeat(100_000);
        assertThat(run(large, "decode", "--tree").exit()).isEqualTo(1);
        assertThat(run(large, "decode", "--tree", "--max-bytes", "200000").exit())
                .isZero();
        assertThat(run("a=1&b=2", "decode", "--tree", "--max-pairs", "1").exit())
                .isEqualTo(1);
        String deep = "a" + "[b]".repeat(63) + "=1";
        assertThat(run(deep, "decode", "--tree").exit()).isEqualTo(1);
        assertThat(run(deep, "decode", "--tree", "--max-depth", "1000").exit()).isZero();
        assertThat(run("a" + "[b]".repeat(70) + "=1", "decode", "--tree", "--max-depth", "1000")
                        .exit())
                .isEqualTo(1);
    }

    @Test
    void decodeStrictRefusesWhatLenientNotes() {
        String body = BODY.replace("event_handler_id", "eventId");

        assertThat(run(body, "decode").exit()).isZero();
        Ran ran = run(body.replace("&ts=1795348800", ""), "decode", "--strict");
        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.err().lines()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"%0A", "%0D%0A", "%20"})
    void decodeSaysThatWhiteSpaceIsAfterATokenAndDoesNotShowTheToken(String space) {
        String body = "event=ONX&ts=1&auth[member_id]=m&auth[application_token]=canary" + space;

        Ran ran = run(body, "decode");
        assertThat(ran.exit()).isZero();
        assertThat(ran.out())
                .contains(
                        "{\"path\":\"$.auth.application_token\",\"message\":\"white space before or after the token\"}")
                .doesNotContain("canary");
        Ran strict = run(body, "decode", "--strict");
        assertThat(strict.exit()).isEqualTo(1);
        assertThat(strict.err())
                .contains("white space before or after the token at $.auth.application_token")
                .doesNotContain("canary");
    }

    @Test
    void encodeWritesWhatPhpWrites() {
        assertThat(run("{\"a\":-0.0,\"b\":1932706916487512.0,\"c\":0.1}", "encode")
                        .out())
                .isEqualTo("a=-0&b=1.9327069164875E%2B15&c=0.1");
        assertThat(run("{\"a\":[1,null,{\"b\":true}],\"c\":\"x y&\"}", "encode"))
                .isEqualTo(new Ran(0, "a%5B0%5D=1&a%5B2%5D%5Bb%5D=1&c=x+y%26", ""));
        assertThat(run("{\"a\":1}\nnope\n[\"x\"]\n7", "encode", "--batch").out().lines())
                .containsExactly(
                        base64("a=1"),
                        "{\"error\":{\"kind\":\"malformed\",\"path\":\"$\",\"message\":\"expected JSON at $\"}}",
                        base64("0=x"),
                        "{\"error\":{\"kind\":\"mismatch\",\"path\":\"$\",\"message\":\"expected an object or a list at $\"}}");
        assertThat(run("nope", "encode")).isEqualTo(new Ran(1, "", "openlines: malformed: expected JSON at $\n"));
        assertThat(run("\"x\"", "encode").err()).isEqualTo("openlines: mismatch: expected an object or a list at $\n");
    }

    @Test
    void encodeBatchAnswersEveryLineWhateverItHolds() {
        String deep = "[".repeat(2000) + "]".repeat(2000);
        String input =
                "{\"a\":{\"b\":1},\"a\":2}\r\n\n[1e99999999999]\n" + deep + "\n{\"a\":\n-\n1,\n{\"\\u0000a\":1.0}";

        assertThat(run(input, "encode", "--batch").out().lines())
                .containsExactly(
                        base64("a=2"),
                        "{\"error\":{\"kind\":\"malformed\",\"path\":\"$\",\"message\":\"expected JSON at $\"}}",
                        "{\"error\":{\"kind\":\"limit\",\"path\":\"$\",\"message\":\"expected an exponent of at most 9 digits"
                                + " but found 11 digits at byte 3 at $\"}}",
                        "{\"error\":{\"kind\":\"limit\",\"path\":\"$\",\"message\":\"expected names at most 64 levels deep"
                                + " but found 65 levels at $\"}}",
                        "{\"error\":{\"kind\":\"malformed\",\"path\":\"$\",\"message\":\"expected a value but found the end of"
                                + " the body at $\"}}",
                        "{\"error\":{\"kind\":\"malformed\",\"path\":\"$\",\"message\":\"expected JSON at $\"}}",
                        "{\"error\":{\"kind\":\"malformed\",\"path\":\"$\",\"message\":\"expected JSON at $\"}}",
                        base64("%00a=1"));
    }

    @Test
    void badInputIsOneLineAndExitCodeThree() {
        for (List<String> arguments : List.of(
                List.<String>of(),
                List.of("nonsense"),
                List.of("decode", "--nope"),
                List.of("decode", "--max-bytes", "0"),
                List.of("decode", "--max-pairs", "many"),
                List.of("decode", "--content-type", "text/xml"),
                List.of("decode", "/no/such/file"),
                List.of("send"),
                List.of("send", "--to", "http://127.0.0.1:9/"),
                List.of("send", "--to", "ftp://127.0.0.1/", "--member-id", "m", "--application-token", "t"),
                List.of("send", "--to", "http://192.0.2.1/", "--member-id", "m", "--application-token", "t"),
                send("http://127.0.0.1:9/", "--dialect", "klingon"),
                send("http://127.0.0.1:9/", "--count", "0"),
                send("http://127.0.0.1:9/", "--concurrency", "0"),
                send("http://127.0.0.1:9/", "--rate", "0"),
                send("http://127.0.0.1:9/", "--set", "nothing"),
                send("http://127.0.0.1:9/", "--set", "a..b=1"),
                send("http://127.0.0.1:9/", "--format", "xml"),
                send("http://127.0.0.1:9/", "--copies", "0"),
                send("http://127.0.0.1:9/", "--chunked", "a"),
                send("http://127.0.0.1:9/", "--cut-after", "-1"),
                send("http://127.0.0.1:9/", "--cut-after", "1", "--reset-after", "1"),
                send("http://127.0.0.1:9/", "--reversed", "--shuffled"),
                send("http://127.0.0.1:9/", "--body", "/no/such/file"),
                send("http://127.0.0.1:9/", "--count", "many"),
                send("http://127.0.0.1:9/", "--concurrency", "4097"),
                send("http://127.0.0.1:9/", "--verbatim"),
                send("http://127.0.0.1:9/", "--nope"),
                send("http://127.0.0.1:99999/"),
                send("http://127.0.0.1:0/"),
                send("nonsense"),
                send("http://127.0.0.1:9/a b"),
                List.of("portal", "--nope"),
                List.of("portal", "--port", "many"),
                List.of("portal", "--port", "-1"),
                List.of("portal", "--seed"),
                List.of("portal", "extra"),
                List.of("portal", "--seed", "/"),
                List.of("portal", "--seed", "/no/such/file"),
                List.of("portal", "--public-url", "nonsense"),
                List.of("portal", "--port", "70000"))) {
            Ran ran = run("", arguments.toArray(new String[0]));
            assertThat(ran.exit()).as("%s", arguments).isEqualTo(3);
            assertThat(ran.err().lines()).as("%s", arguments).hasSize(1);
            assertThat(ran.err()).startsWith("openlines: ");
            assertThat(ran.out()).isEmpty();
        }
    }

    @Test
    void anOccupiedPortIsSaid(@TempDir Path folder) {
        try (PortalServer server = PortalServer.start()) {
            int port = server.uri().getPort();

            assertThat(run("", "portal", "--port", Integer.toString(port)))
                    .isEqualTo(new Ran(
                            3,
                            "",
                            "openlines: port " + port
                                    + " is taken: end the program that listens there, or choose another" + " port\n"));
            assertThat(run(
                            "",
                            "practice",
                            "--port=" + port,
                            "--member-id=m",
                            "--application-token=t",
                            "--data=" + folder,
                            "--evidence=" + folder.resolve("evidence")))
                    .isEqualTo(new Ran(
                            3,
                            "",
                            "openlines: cannot listen on port " + port
                                    + ": end the program that listens there, or choose" + " another port\n"));
        }
    }

    @Test
    void sendSendsEachEventOnceAndSumsUp() {
        try (RecordingHandler handler = RecordingHandler.start()) {
            Ran ran = run(
                    "",
                    send(handler.uri().toString(), "--count", "20", "--concurrency", "4")
                            .toArray(new String[0]));

            assertThat(ran.exit()).isZero();
            assertThat(ran.out()).matches("""
                            sent 20, acknowledged 20, in [\\d.]+ s \\(\\d+ per second\\)
                            connect: p50 [\\d.]+ ms, p95 [\\d.]+ ms, p99 [\\d.]+ ms, max [\\d.]+ ms
                            ack:     p50 [\\d.]+ ms, p95 [\\d.]+ ms, p99 [\\d.]+ ms, max [\\d.]+ ms
                            """);
            assertThat(handler.requests()).hasSize(20).doesNotHaveDuplicates();
            assertThat(handler.body(0))
                    .contains("event=ONSESSIONFINISH&", "auth%5Bmember_id%5D=m&", "auth%5Bapplication_token%5D=t");
        }
    }

    @Test
    void sendSendsAnyEventOfThePlatformInItsShape() {
        try (RecordingHandler handler = RecordingHandler.start()) {
            String to = handler.uri().toString();
            for (String code : SampleEvents.codes()) {
                assertThat(run("", send(to, "--event", code).toArray(new String[0]))
                                .exit())
                        .as(code)
                        .isZero();
            }

            int number = 0;
            for (String code : SampleEvents.codes()) {
                Event sent = EventDecoder.strict()
                        .decode(handler.body(number++).getBytes(StandardCharsets.ISO_8859_1), BodyFormat.FORM)
                        .event();
                assertThat(sent).as(code).isNotInstanceOf(UnknownEvent.class);
                assertThat(sent.code()).isEqualTo(code);
            }
            assertThat(SampleEvents.codes())
                    .as("every event that has a type can be sent")
                    .containsExactlyInAnyOrderElementsOf(Stream.of(Event.class.getPermittedSubclasses())
                            .map(type -> type.getSimpleName().toUpperCase(Locale.ROOT))
                            .filter(name -> name.startsWith("ON"))
                            .toList());
        }
    }

    @Test
    void sendNamesTheEventsThereAre() {
        Ran ran = run("", send("http://127.0.0.1:9/", "--event", "OnSessionEnd").toArray(new String[0]));

        assertThat(ran.exit()).isEqualTo(3);
        assertThat(ran.err())
                .startsWith("openlines: expected one of ONSESSIONFINISH, ONSESSIONSTART, ")
                .endsWith(" for --event; --body sends any other\n");
    }

    @Test
    void sendChangesFieldsAndLeavesTokensOut() {
        try (RecordingHandler handler = RecordingHandler.start()) {
            run(
                    "",
                    send(
                                    handler.uri().toString(),
                                    "--dialect",
                                    "docs-2024",
                                    "--tokenless",
                                    "--set",
                                    "data[DATA][0][chat][id]=99",
                                    "--set",
                                    "auth.extra.deep=a=b")
                            .toArray(new String[0]));

            assertThat(handler.body(0))
                    .contains("%5B0%5D%5Bchat%5D%5Bid%5D=99&", "auth%5Bextra%5D%5Bdeep%5D=a%3Db")
                    .doesNotContain("access_token");
        }
    }

    @Test
    void sendTakesABodyOfItsUserAndStampsItAnew(@TempDir Path folder) throws Exception {
        Path body = Files.writeString(folder.resolve("body"), BODY);
        try (RecordingHandler handler = RecordingHandler.start()) {
            String to = handler.uri().toString();
            run("", send(to, "--body", body.toString()).toArray(new String[0]));
            run("", "send", "--to", to, "--body", body.toString(), "--verbatim");

            assertThat(handler.body(0))
                    .contains("&auth%5Bmember_id%5D=m&auth%5Bapplication_token%5D=t", "%5Bchat_id%5D=17&ts=")
                    .doesNotContain("1795348800");
            assertThat(handler.body(1)).isEqualTo(BODY);
        }
    }

    @Test
    void sendSpeaksJson() {
        try (RecordingHandler handler = RecordingHandler.start()) {
            run("", send(handler.uri().toString(), "--json").toArray(new String[0]));

            assertThat(handler.requests().get(0)).contains("\r\nContent-Type: application/json\r\n");
            assertThat(handler.body(0)).startsWith("{\"event\":\"ONSESSIONFINISH\",");
        }
    }

    @Test
    void sendFailsWhereAnEventIsNotAcknowledged() {
        try (RecordingHandler handler =
                RecordingHandler.answering("HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) {
            Ran ran = run("", send(handler.uri().toString()).toArray(new String[0]));

            assertThat(ran.exit()).isEqualTo(1);
            assertThat(ran.out()).endsWith("not acknowledged: 1 x status 403\n");
        }
    }

    @Test
    void sendFollowsAPlanAndSaysItsSeed() {
        try (RecordingHandler handler = RecordingHandler.start()) {
            String to = handler.uri().toString();
            Ran ran = run(
                    "",
                    send(
                                    to,
                                    "--seed",
                                    "7",
                                    "--count",
                                    "4",
                                    "--copies",
                                    "2",
                                    "--shuffled",
                                    "--wrong-token",
                                    "--chunked",
                                    "10,20")
                            .toArray(new String[0]));

            assertThat(ran.exit()).isZero();
            assertThat(ran.out())
                    .startsWith(
                            "plan: seed 7: 2 copies, shuffled, chunked at 10, 20, wrong token\nsent 8, acknowledged 8,");
            assertThat(handler.requests()).hasSize(8);
            assertThat(handler.requests().stream().distinct()).hasSize(4);
            assertThat(handler.body(0)).startsWith("a\r\nevent=ONSE\r\na\r\n");
            Ran cut = run("", send(to, "--reset-after", "5").toArray(new String[0]));
            assertThat(cut.exit()).isEqualTo(1);
            assertThat(cut.out())
                    .endsWith("not acknowledged: 1 x the connection broke: reset by the sender, as planned\n");
        }
    }

    @Test
    void aHandlerThatCannotBeReachedIsSaidInOneLine() {
        String gone;
        try (RecordingHandler handler = RecordingHandler.start()) {
            gone = handler.uri().toString();
        }
        Ran ran = run("", send(gone).toArray(new String[0]));

        assertThat(ran.exit()).isEqualTo(1);
        assertThat(ran.out())
                .containsPattern("not acknowledged: 1 x nothing listens at 127\\.0\\.0\\.1 port \\d+\n")
                .as("the time of an answer that never came")
                .doesNotContain("ack: ");
        Ran unknown = run("", send("http://no-such-host.invalid/").toArray(new String[0]));
        assertThat(unknown).isEqualTo(new Ran(1, "", "openlines: the host of --to is unknown\n"));
    }

    @Test
    void aBrokenSeedFileIsSaidWithItsPlace(@TempDir Path folder) throws Exception {
        Path seed = Files.writeString(folder.resolve("seed.json"), "{\"portals\":[{\"lines\":[{\"id\":\"x\"}]}]}");

        assertThat(run("", "portal", "--seed", seed.toString()))
                .isEqualTo(new Ran(
                        3,
                        "",
                        "openlines: the seed file " + seed
                                + ": expected an integer but found text at $.portals[0].lines[0].id\n"));
        Files.writeString(seed, "nope");
        assertThat(run("", "portal", "--seed", seed.toString()).err())
                .isEqualTo("openlines: the seed file " + seed + ": expected JSON at $\n");
    }

    @Test
    void aSeedFileThatIsNoObjectOrHasAnUnknownMemberIsRefused(@TempDir Path folder) throws Exception {
        Path seed = folder.resolve("seed.json");
        for (String content :
                List.of("", "[]", "{\"portals\":{}}", "{\"portals\":[{\"labl\":\"x\"}]}", "{\"portals\":[1]}")) {
            Files.writeString(seed, content);
            Ran ran = run("", "portal", "--seed", seed.toString());

            assertThat(ran.exit()).as(content).isEqualTo(3);
            assertThat(ran.err()).as(content).startsWith("openlines: the seed file " + seed + ": ");
            assertThat(ran.err().lines()).as(content).hasSize(1);
            assertThat(ran.out()).as(content).isEmpty();
            if (content.contains("labl")) {
                assertThat(ran.err())
                        .contains("expected only application_token, chats, ")
                        .endsWith(" but found \"labl\" at $.portals[0]\n");
            }
        }
    }

    @Test
    void portalSaysThatItIsReadyAndEndsWellWhateverWireMockFilesItsFolderHolds(@TempDir Path folder) throws Exception {
        Path mappings = Files.createDirectories(folder.resolve("src/test/resources/mappings"));
        Files.writeString(mappings.resolve("of-the-project.json"), "not JSON at all");
        Process portal = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        absolute(System.getProperty("java.class.path")),
                        OpenlinesCommand.class.getName(),
                        "portal")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        try (BufferedReader lines = portal.inputReader(StandardCharsets.UTF_8)) {
            assertThat(lines.readLine()).matches("portal ready at http://127\\.0\\.0\\.1:\\d+/");
            portal.toHandle().destroy();
            assertThat(lines.lines()).isEmpty();
            assertThat(portal.waitFor()).isZero();
        } finally {
            portal.destroyForcibly();
        }
    }

    @Test
    void sendPrintsOneLineOfJsonForEachDelivery() {
        try (RecordingHandler handler = RecordingHandler.start()) {
            Ran ran = run(
                    "",
                    send(handler.uri().toString(), "--format", "jsonl", "--count", "2")
                            .toArray(new String[0]));

            assertThat(ran.out().lines())
                    .hasSize(2)
                    .allMatch(line ->
                            line.matches("\\{\"number\":\\d,\"sent_at\":\"[^\"]+\",\"bytes\":\\d+,\"status\":200,"
                                    + "\"acknowledged\":true,\"connect_ms\":[\\d.]+,\"first_byte_ms\":[\\d.]+,\"total_ms\":[\\d.]+,"
                                    + "\"backlog_suspected\":false}"));
        }
    }

    private static List<String> send(String to, String... more) {
        List<String> arguments =
                new java.util.ArrayList<>(List.of("send", "--to", to, "--member-id", "m", "--application-token", "t"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    private static String absolute(String classPath) {
        return Arrays.stream(classPath.split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Runs the command with standard input and output of the test's own. */
    private static Ran run(String input, String... arguments) {
        InputStream oldIn = System.in;
        PrintStream oldOut = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try {
            System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            int exit = OpenlinesCommand.execute(
                    new PrintWriter(out, true, StandardCharsets.UTF_8),
                    new PrintWriter(err, true, StandardCharsets.UTF_8),
                    arguments);
            return new Ran(exit, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setIn(oldIn);
            System.setOut(oldOut);
        }
    }
}
