// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.Secret;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Case 026: captures as further shapes. */
@Timeout(600)
class CapturedEventsTest {

    private static final String ID = "OSF-C-026";
    private static final ContractCase CASE = Catalogue.find(ID).orElseThrow();
    private static final Pattern STARTED = Pattern.compile("event=ONSESSIONSTART.*chat_id%5D=([0-9]+)");

    private static final String AUTH =
            "&ts=1767225600&auth[domain]=portal.bitrix24.test&auth[member_id]=aabb" + "&auth[application_token]=ccdd";
    private static final String PLAIN =
            "event=ONSESSIONFINISH&event_handler_id=83&data[DATA][connector][connector_id]=viber"
                    + "&data[DATA][connector][line_id]=44&data[DATA][connector][chat_id]=6205&data[DATA][connector][user_id]=0"
                    + "&data[DATA][kqpw][0]=fine&data[DATA][chat][chat_id]=6205&data[DATA][line][id]=44&data[DATA][line][name]=Ga"
                    + AUTH;
    private static final String LISTED = "event=OnSessionFinish&data[DATA][0][chat][id]=6205&data[DATA][0][user][id]=9"
            + "&data[DATA][0][user][name]=xy&data[DATA][1][connector][chat_id]=7312&data[DATA][1][connector][line_id]=8"
            + "&eventId=7" + AUTH
            + "&auth[access_token]=ee&auth[expires]=1767229200&auth[user_id]=5&auth[refresh_token]=";
    private static final String JSON =
            "{\"event\":\"ONSESSIONFINISH\",\"event_id\":83,\"ts\":1767225600,\"data\":{\"DATA\":"
                    + "{\"chat\":{\"id\":6205,\"kqpw\":null},\"connector\":{\"connector_id\":\"\",\"line_id\":\"0\",\"user_id\":31}}},"
                    + "\"auth\":{\"member_id\":\"aabb\",\"application_token\":\"ccdd\",\"client_endpoint\":\"https://a.test/rest/\"}}";
    private static final String START =
            "event=ONSESSIONSTART&data[DATA][connector][chat_id]=6205&data[DATA][chat][chat_id]=6205" + AUTH;
    private static final String MESSAGES =
            "event=ONIMCONNECTORMESSAGEADD&data[CONNECTOR]=viber&data[LINE]=44&data[MESSAGES][0][im][chat_id]=6205"
                    + AUTH;

    /** Only what never comes is waited for so long. */
    private static final Duration SLOW_MACHINE = Duration.ofMinutes(2);

    @TempDir
    private Path folder;

    /** Writes captures as they stand, with brackets plain. */
    private Path captures(String... bodies) throws IOException {
        JsonArrayBuilder all = Json.createArrayBuilder();
        for (String body : bodies) {
            boolean json = body.startsWith("{");
            all.add(Json.createObjectBuilder()
                    .add("capture", 1)
                    .add("event", "ignored")
                    .add("content_type", json ? "application/json" : "application/x-www-form-urlencoded")
                    .add("headers", Json.createArrayBuilder())
                    .add("body", body));
        }
        return Files.writeString(
                folder.resolve("it's captured.json"), all.build().toString());
    }

    private ContractSuite suite(SmallHandler handler, String... bodies) throws IOException {
        return handler.suite()
                .ackMax(SLOW_MACHINE)
                .settle(SLOW_MACHINE)
                .captures(captures(bodies))
                .only("026")
                .evidence(EffectSource.file(handler.evidence()));
    }

    private static CaseResult result(ContractReport report) {
        return report.result(ID).orElseThrow();
    }

    /** Returns heads and bodies of what the case sends, without the good event at its end. */
    private List<String> sent(String... bodies) throws Exception {
        List<String> requests = ContractSuite.of(URI.create("http://127.0.0.1:9/hook"), "m1", Secret.of("right"))
                .captures(captures(bodies))
                .seed(7)
                .at(Instant.ofEpochSecond(1_795_390_000))
                .requests(CASE)
                .stream()
                .map(bytes -> URLDecoder.decode(new String(bytes, ISO_8859_1), UTF_8))
                .toList();
        return requests.subList(0, requests.size() - 1);
    }

    private static String body(String request) {
        return request.substring(request.indexOf("\r\n\r\n") + 4);
    }

    @Test
    void theFieldsAreTheCapturesAndTheirValuesTheRuns() throws Exception {
        List<String> sent = sent(PLAIN, PLAIN);

        assertThat(sent).hasSize(2).doesNotHaveDuplicates();
        assertThat(body(sent.get(0)))
                .matches("event=ONSESSIONFINISH&event_handler_id=12&data\\[DATA]\\[connector]\\[connector_id]=livechat"
                        + "&data\\[DATA]\\[connector]\\[line_id]=7&data\\[DATA]\\[connector]\\[chat_id]=([0-9]{8,10})"
                        + "&data\\[DATA]\\[connector]\\[user_id]=0&data\\[DATA]\\[kqpw]\\[0]=fine"
                        + "&data\\[DATA]\\[chat]\\[chat_id]=\\1&data\\[DATA]\\[line]\\[id]=7"
                        + "&data\\[DATA]\\[line]\\[name]=Support line&ts=1795390000&auth\\[domain]=portal\\.bitrix24\\.test"
                        + "&auth\\[member_id]=m1&auth\\[application_token]=right");
        assertThat(sent(PLAIN, PLAIN)).isEqualTo(sent);
    }

    @Test
    void eachElementOfAListHasAChatOfItsOwn() throws Exception {
        String body = body(sent(LISTED).get(0));

        assertThat(body)
                .matches("event=OnSessionFinish&data\\[DATA]\\[0]\\[chat]\\[id]=([0-9]{8,10})"
                        + "&data\\[DATA]\\[0]\\[user]\\[id]=7&data\\[DATA]\\[0]\\[user]\\[name]=Support line"
                        + "&data\\[DATA]\\[1]\\[connector]\\[chat_id]=(?!\\1)[0-9]{8,10}"
                        + "&data\\[DATA]\\[1]\\[connector]\\[line_id]=7&eventId=12&ts=1795390000"
                        + "&auth\\[domain]=portal\\.bitrix24\\.test&auth\\[member_id]=m1&auth\\[application_token]=right"
                        + "&auth\\[access_token]=[0-9a-f]{70}&auth\\[expires]=1795393600&auth\\[user_id]=1"
                        + "&auth\\[refresh_token]=");
    }

    @Test
    void numbersStayNumbersAndJsonStaysJson() throws Exception {
        String request = sent(JSON).get(0);

        assertThat(request).contains("\r\nContent-Type: application/json\r\n");
        assertThat(body(request))
                .matches(
                        "\\{\"event\":\"ONSESSIONFINISH\",\"event_id\":12,\"ts\":1795390000,\"data\":\\{\"DATA\":"
                                + "\\{\"chat\":\\{\"id\":[0-9]{8,10},\"kqpw\":null},\"connector\":\\{\"connector_id\":\"\","
                                + "\"line_id\":\"0\",\"user_id\":10}}},\"auth\":\\{\"member_id\":\"m1\","
                                + "\"application_token\":\"right\",\"client_endpoint\":\"http://127\\.0\\.0\\.1:1/portal/rest/\"}}");
    }

    @Test
    void aRightHandlerPasses() throws Exception {
        try (SmallHandler handler = SmallHandler.right(folder)) {
            ContractReport report = suite(handler, PLAIN, LISTED, JSON, START, MESSAGES)
                    .only("026", "522")
                    .run();

            assertThat(result(report).failures()).isEmpty();
            assertThat(result(report).missing()).isEmpty();
            assertThat(result(report).warnings()).isEmpty();
            assertThat(report.ids(Level.MUST, Verdict.PASS)).containsExactly(ID, "OSF-C-522");
        }
    }

    /** Answers a shape with an error, or acknowledges and forgets it. */
    private ContractReport judged(int status, String part) throws IOException {
        return judged(status, part, SLOW_MACHINE, START, LISTED, PLAIN);
    }

    private ContractReport judged(int status, String part, Duration settle, String... bodies) throws IOException {
        try (SmallHandler right = SmallHandler.right(folder);
                Listener handler = Listener.start(
                        request -> request.text().contains(part)
                                ? Listener.json(status, "")
                                : Listener.json(passedOn(right, request), ""),
                        "127.0.0.1")) {
            return ContractSuite.of(handler.uri(), SmallHandler.MEMBER_ID, SmallHandler.PROOF)
                    .captures(captures(bodies))
                    .only("026")
                    .evidence(EffectSource.file(right.evidence()))
                    .ackMax(SLOW_MACHINE)
                    .settle(settle)
                    .run();
        }
    }

    private static int passedOn(SmallHandler handler, Listener.Seen request) {
        if (!request.text().startsWith("POST")) {
            // A connection that only asks whether a server listens.
            return 400;
        }
        String body = body(request.text());
        try (Connection connection = Wire.to(handler.uri(), false).open()) {
            return connection
                    .write(Request.post(handler.uri(), body.getBytes(ISO_8859_1))
                            .bytes())
                    .read(SLOW_MACHINE)
                    .status();
        }
    }

    @Test
    void aHandlerThatBreaksOnAShapeFails() throws Exception {
        ContractReport report = judged(500, "%5Bkqpw%5D");

        assertThat(result(report).verdict()).isEqualTo(Verdict.FAIL);
        assertThat(result(report).failures().get(0))
                .startsWith("expected status 2xx within 120000 ms for ONSESSIONFINISH in the shape of capture 3;"
                        + " got status 500 (request 3; ");
        assertThat(result(report).reproduce())
                .contains(" --captures '" + folder.resolve("it'\\''s captured.json") + "' ")
                .endsWith(" --raw 3 --send");
    }

    /** Sends more requests than a report keeps. */
    @Test
    void theLineByHandSendsTheCaptureThatFailedAmongMany() throws Exception {
        String plain = "event=ONSESSIONFINISH&data[DATA][chat][id]=6205";
        List<String> bodies = new ArrayList<>(Collections.nCopies(70, plain + AUTH));
        bodies.add(plain + "&data[DATA][kqpw]=fine" + AUTH);

        ContractReport report = judged(500, "%5Bkqpw%5D", SLOW_MACHINE, bodies.toArray(new String[0]));

        assertThat(result(report).failures().get(0)).contains("in the shape of capture 71;", "(request 71; ");
        assertThat(result(report).reproduce()).endsWith(" --raw 71 --send");
    }

    @Test
    @Tag("long")
    void aHandlerThatForgetsAShapeFails() throws Exception {
        ContractReport report = judged(200, "%5Buser%5D", Duration.ofSeconds(30), START, LISTED, PLAIN);

        assertThat(result(report).verdict()).isEqualTo(Verdict.FAIL);
        assertThat(result(report).failures().get(0))
                .startsWith(
                        "expected one effect for ONSESSIONFINISH in the shape of capture 2; got no effect for chat ")
                .contains("(request 2)");
    }

    /** Checks that every report names the case and the capture, and has the line by hand. */
    @Test
    void allReportsAgree() throws Exception {
        ContractReport report = judged(500, "%5Bkqpw%5D");

        for (ReportFormat format : ReportFormat.values()) {
            assertThat(report.text(format, Level.MUST, Baseline.none()))
                    .as(format.toString())
                    .contains(ID, "ONSESSIONFINISH in the shape of capture 3", "openlines.jar explain " + ID);
        }
        assertThat(report.exitCode(Level.MUST, false)).isEqualTo(ContractReport.FAILED);
    }

    @Test
    void anEffectOfAnotherEventFails() throws Exception {
        List<Effect> madeUp = new CopyOnWriteArrayList<>();
        try (SmallHandler right = SmallHandler.right(folder);
                Listener confused = Listener.start(
                        request -> {
                            Matcher started = STARTED.matcher(request.text());
                            if (started.find()) {
                                madeUp.add(Effect.of(SmallHandler.MEMBER_ID, Long.parseLong(started.group(1))));
                            }
                            return Listener.json(passedOn(right, request), "");
                        },
                        "127.0.0.1")) {
            EffectSource others = EffectSource.file(right.evidence());
            ContractReport report = ContractSuite.of(confused.uri(), SmallHandler.MEMBER_ID, SmallHandler.PROOF)
                    .captures(captures(PLAIN, START))
                    .only("026")
                    .evidence(() -> Stream.concat(others.effects().stream(), madeUp.stream())
                            .toList())
                    .ackMax(SLOW_MACHINE)
                    .settle(SLOW_MACHINE)
                    .run();

            assertThat(result(report).failures())
                    .singleElement()
                    .asString()
                    .startsWith(
                            "expected no effect for ONSESSIONSTART in the shape of capture 2; got one effect for chat ")
                    .endsWith(" (request 2)");
        }
    }

    @Test
    void whatTheSuiteCannotAccountForIsNotSent() throws Exception {
        String chatless = PLAIN.replaceAll("&data[^&]*chat_id][^&]*", "");
        String tokenless = PLAIN.replace("&auth[application_token]=ccdd", "");
        try (SmallHandler handler = SmallHandler.right(folder)) {
            ContractReport report =
                    suite(handler, chatless, tokenless).settle(SLOW_MACHINE).run();

            assertThat(result(report).failures()).isEmpty();
            assertThat(result(report).missing())
                    .containsExactly(
                            "ONSESSIONFINISH in the shape of capture 1: the capture has no chat in a known field",
                            "ONSESSIONFINISH in the shape of capture 2: the capture has no member id and application token"
                                    + " in known fields");
        }
        assertThat(sent(chatless, tokenless)).isEmpty();
    }

    @Test
    void theCaseIsApplicableOnlyWithCaptures() throws Exception {
        ContractSuite without = ContractSuite.of(URI.create("http://127.0.0.1:9/hook"), "m1", Secret.of("right"));

        assertThat(without.cases()).doesNotContain(CASE);
        assertThat(without.captures(captures(PLAIN)).cases()).contains(CASE);
        assertThat(without.captures(captures(PLAIN)).exclude("026").cases()).doesNotContain(CASE);
        assertThat(without.requests(CASE)).isEmpty();
    }

    @Test
    void inJUnitItIsATestLikeOthers() throws Throwable {
        try (SmallHandler handler = SmallHandler.right(folder)) {
            List<DynamicTest> tests =
                    ContractTests.of(suite(handler, PLAIN, LISTED)).toList();

            assertThat(tests)
                    .extracting(DynamicTest::getDisplayName)
                    .singleElement()
                    .asString()
                    .startsWith(ID);
            tests.get(0).getExecutable().execute();
        }
    }

    @Test
    void capturesThatCannotBeUsedAreRefusedAtOnce() throws Exception {
        ContractSuite suite = ContractSuite.of(URI.create("http://127.0.0.1:9/hook"), "m1", Secret.of("right"));
        Path starts = captures(START);
        assertThatThrownBy(() -> suite.captures(starts))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected a capture of ONSESSIONFINISH in " + starts);
        Path many = captures(Stream.generate(() -> PLAIN).limit(1_001).toArray(String[]::new));
        assertThatThrownBy(() -> suite.captures(many))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected at most 1000 captures in " + many + " but found 1001");
    }
}
