// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.Event;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A capture has the shape of its request and nothing else of it. */
class EventCaptureTest {

    private static final Path EVENTS = Path.of("src", "test", "resources", "events");

    private static List<Path> bodies() throws IOException {
        try (Stream<Path> files = Files.list(EVENTS)) {
            return files.filter(file ->
                            file.toString().endsWith(".form") || file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
        }
    }

    private static BodyFormat format(Path file) {
        return file.toString().endsWith(".form") ? BodyFormat.FORM : BodyFormat.JSON;
    }

    private static JsonValue json(String text) {
        try (var reader = TreeJson.provider().createReader(new StringReader(text))) {
            return reader.readValue();
        }
    }

    /** Kinds and names without values. */
    private static String shape(JsonValue value) {
        if (value instanceof JsonObject object) {
            List<String> members = new ArrayList<>();
            object.forEach((name, member) -> members.add((Name.isKnown(name) ? name : "?") + ":" + shape(member)));
            return members.toString();
        }
        return value instanceof JsonArray array
                ? array.stream().map(EventCaptureTest::shape).toList().toString()
                : String.valueOf(value.getValueType());
    }

    @ParameterizedTest
    @MethodSource("bodies")
    void aCaptureIsReadAsItsRequest(Path file) throws IOException {
        byte[] body = Files.readAllBytes(file);
        Decoded<Event> before;
        try {
            before = EventDecoder.lenient().decode(body, format(file));
        } catch (DecodeException e) {
            // It is no event, and never verified.
            return;
        }
        Optional<EventCapture> made = EventCapture.of(body, format(file), List.of("Host", "X-Mine"), Limits.DEFAULT);
        if (!EventCapture.codes().contains(before.event().code())) {
            assertThat(made).isEmpty();
            return;
        }

        EventCapture capture = EventCapture.parse(made.orElseThrow().toJson().getBytes(UTF_8));

        Decoded<Event> after = EventDecoder.lenient().decode(capture.body(), capture.format());
        assertThat(capture.headers()).containsExactly("host");
        assertThat(after.event().code()).isEqualTo(before.event().code());
        assertThat(after.dialect()).isEqualTo(before.dialect());
        assertThat(shape(json(EventJson.toJson(after.event()))))
                .isEqualTo(shape(json(EventJson.toJson(before.event()))));
    }

    @Test
    void noValueIsKept() {
        String body = "event=ONIMCONNECTORMESSAGEADD&event_handler_id=555700001&data%5BCONNECTOR%5D=canary_connector"
                + "&data%5BLINE%5D=777100001&data%5BMESSAGES%5D%5B0%5D%5Bim%5D%5Bchat_id%5D=777200002"
                + "&data%5BMESSAGES%5D%5B0%5D%5Bmessage%5D%5Btext%5D=Canary+%26+%C3%A9%F0%9F%98%80+79997770000"
                + "&data%5BMESSAGES%5D%5B0%5D%5Bchat%5D%5B79997770001%5D=canary&data%5Bcanary%40example.com%5D%5B0%5D=777300003"
                + "&canary=canary&data%5Bx%5Dcanary%5By%5D=%FFcanary&ts=1795951000&auth%5Baccess_token%5D="
                + "c4".repeat(35) + "&auth%5Bexpires%5D=1795954600&auth%5Bscope%5D=im,canary_scope"
                + "&auth%5Bdomain%5D=canary.bitrix24.com&auth%5Bclient_endpoint%5D=https%3A%2F%2Fcanary.bitrix24.com%2Frest%2F"
                + "&auth%5Bserver_endpoint%5D=https%3A%2F%2Fcanary.example%2Frest%2F"
                + "&auth%5Bmember_id%5D=" + "d5".repeat(16) + "&auth%5Bapplication_token%5D=" + "e6".repeat(16);

        EventCapture capture = EventCapture.of(
                        body.getBytes(UTF_8), BodyFormat.FORM, List.of("X-Canary", "User-Agent"), Limits.DEFAULT)
                .orElseThrow();

        assertThat(capture.toJson())
                .doesNotContainIgnoringCase("canary")
                .doesNotContain("555700001", "777100001", "777200002", "777300003", "79997770000", "79997770001")
                .doesNotContain("c4c4c4c4c4c4", "d5d5d5d5d5d5", "e6e6e6e6e6e6", "1795951000", "1795954600")
                .contains("event=ONIMCONNECTORMESSAGEADD&", "ts=1767225600", "expires%5D=1767229200");
        assertThat(capture.headers()).containsExactly("user-agent");
        assertThat(capture.toString()).isEqualTo("capture of ONIMCONNECTORMESSAGEADD");
    }

    @Test
    void aCodeStaysOnlyInAFieldOfCodes() {
        JsonObject made = masked("""
                {"event":"OnSessionFinish","data":{"DATA":{"connector":{"connector_id":"livechat","user_id":"1"},
                "session":{"closed":"Y","id":0},"line":{"name":"Y"},"chat":{"name":"","live":true,"none":null}}}}""");
        JsonObject data = made.getJsonObject("data").getJsonObject("DATA");

        assertThat(made.getString("event")).isEqualTo("OnSessionFinish");
        assertThat(data.getJsonObject("connector").getString("connector_id")).isEqualTo("livechat");
        assertThat(data.getJsonObject("connector").getString("user_id")).matches("[2-9]");
        assertThat(data.getJsonObject("session").getString("closed")).isEqualTo("Y");
        assertThat(data.getJsonObject("session").getInt("id")).isZero();
        assertThat(data.getJsonObject("line").getString("name"))
                .matches("[A-Z]")
                .isNotEqualTo("Y");
        assertThat(data.getJsonObject("chat").getString("name")).isEmpty();
        assertThat(data.getJsonObject("chat").values()).contains(JsonValue.TRUE, JsonValue.NULL);
    }

    @Test
    void equalValuesStayEqualAndOthersDiffer() {
        JsonObject data = masked("""
                {"event":"ONSESSIONFINISH","data":{"DATA":{"connector":{"chat_id":"1777","user_id":1999},
                "chat":{"chat_id":"1777"}}},"ts":1795951000,"auth":{"member_id":"m"}}""").getJsonObject("data").getJsonObject("DATA");
        String chat = data.getJsonObject("connector").getString("chat_id");

        assertThat(chat).matches("[2-9][0-9]{3}").isNotEqualTo("1777");
        assertThat(data.getJsonObject("chat").getString("chat_id")).isEqualTo(chat);
        assertThat(data.getJsonObject("connector").getInt("user_id")).isBetween(2000, 9999);
    }

    @Test
    void idsThatStandAsNamesStayAsManyAsTheyWere() {
        StringBuilder members = new StringBuilder();
        for (int id = 1; id < 100; id++) {
            members.append(id == 1 ? "" : ",")
                    .append('"')
                    .append(id)
                    .append("\":\"")
                    .append(id)
                    .append('"');
        }
        JsonObject users = masked("{\"event\":\"ONSESSIONFINISH\",\"data\":{" + members + "}}")
                .getJsonObject("data");

        assertThat(users).hasSize(99);
        assertThat(users.values()).doesNotHaveDuplicates();
        users.forEach((id, value) -> assertThat(value).isEqualTo(users.getJsonString(id)));
    }

    @Test
    void numbersStayNumbers() {
        JsonObject data = masked("""
                {"event":"ONSESSIONFINISH","data":{"a":1e999999999,"b":-12.25,"c":-77001122,"d":%s,"domain":5,"":6,"e":0.0}}""".formatted("9".repeat(400))).getJsonObject("data");

        assertThat(data.values()).hasSize(7).allMatch(value -> value.getValueType() == JsonValue.ValueType.NUMBER);
        assertThat(data.values().toString()).contains(".5, -");
        assertThat(data.values())
                .anySatisfy(value -> assertThat(value.toString()).matches("-[2-9][0-9]{7}"));
        assertThat(data.values().toString()).doesNotContain("-77001122", "999999999999999999");
    }

    @Test
    void aLongScopeTakesNoStack() {
        String scopes = "a,".repeat(60_000) + "canaries";

        assertThat(masked("{\"event\":\"ONSESSIONFINISH\",\"auth\":{\"scope\":\"" + scopes + "\"}}")
                        .getJsonObject("auth")
                        .getString("scope"))
                .doesNotContain("canaries")
                .hasSize(4096);
        assertThat(masked("{\"event\":\"ONSESSIONFINISH\",\"auth\":{\"scope\":\"im, imopenlines,abc\"}}")
                        .getJsonObject("auth")
                        .getString("scope"))
                .matches("im, imopenlines,[a-z]{4}");
    }

    private static JsonObject masked(String body) {
        EventCapture capture = EventCapture.of(body.getBytes(UTF_8), BodyFormat.JSON, List.of(), Limits.DEFAULT)
                .orElseThrow();
        return json(new String(capture.body(), UTF_8)).asJsonObject();
    }

    @Test
    void whatIsNoCaptureIsRefused() {
        String good = EventCapture.of(
                        "event=ONSESSIONFINISH&x=1".getBytes(UTF_8), BodyFormat.FORM, List.of("Host"), Limits.DEFAULT)
                .orElseThrow()
                .toJson();
        assertThat(EventCapture.parse(good.getBytes(UTF_8)).toJson()).isEqualTo(good);
        for (String file : List.of(
                "",
                "[]",
                "{}",
                "{\"capture\":",
                good.replace("\"capture\":1", "\"capture\":2"),
                good.replace("\"capture\":1", "\"capture\":\"1\""),
                good.replace("event=ONSESSIONFINISH", "event=ONCRMDEALADD"),
                good.replace("\"headers\":[", "\"headers\":[1,"),
                good.replace("\"body\":\"", "\"body\":\"" + "a=".repeat(600_000)))) {
            assertThatThrownBy(() -> EventCapture.parse(file.getBytes(UTF_8)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("expected ");
        }
    }

    @Test
    void capturesAreReadFromAFileOfOneOrSeveralAndFromAFolder(@TempDir Path folder) throws IOException {
        List<String> captures = new ArrayList<>();
        for (String code : List.of("ONSESSIONSTART", "ONSESSIONFINISH", "ONAPPTEST")) {
            captures.add(EventCapture.of(
                            ("event=" + code + "&x=1").getBytes(UTF_8), BodyFormat.FORM, List.of(), Limits.DEFAULT)
                    .orElseThrow()
                    .toJson());
        }
        Path one = Files.writeString(folder.resolve("b.json"), captures.get(0));
        Path two = Files.writeString(folder.resolve("a.json"), "[" + String.join(",", captures.subList(1, 3)) + "]");
        Files.writeString(folder.resolve("c.part"), "no capture");

        assertThat(EventCapture.read(one)).extracting(EventCapture::toJson).containsExactly(captures.get(0));
        assertThat(EventCapture.read(two)).extracting(EventCapture::toJson).isEqualTo(captures.subList(1, 3));
        assertThat(EventCapture.read(folder))
                .extracting(EventCapture::event)
                .containsExactly("ONSESSIONFINISH", "ONAPPTEST", "ONSESSIONSTART");
        Path later = Files.writeString(folder.resolve("d.json"), "[{\"capture\":2,\"parts\":\"canary\"}]");
        assertThatThrownBy(() -> EventCapture.read(folder))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the file " + later
                        + ": expected a capture of version 1; another version of Openlines reads it");
        Path none = folder.resolve("none");
        assertThatThrownBy(() -> EventCapture.read(none))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the file " + none + " cannot be read");
    }
}
