// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.cli.AlteredPortal.Alteration;
import dev.openlines.cli.AlteredPortal.Answered;
import dev.openlines.client.RestClient;
import dev.openlines.client.Subscriptions;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalCall;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.portal.SimulatedPortal;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.NOPLoggerFactory;

/** {@code openlines compare}: a simulated portal in the place of the real one, as it is and altered. */
@SimulatedPortal(strict = false) // An unknown method is one of the questions.
@Timeout(600)
class CompareCommandTest {

    @TempDir
    private Path folder;

    @BeforeEach
    void aPortalInUse(Portal portal) {
        portal.openLine("Support").openChat().close();
        portal.openLine("Sales").openChat("viber");
    }

    private Ran byToken(Portal portal, URI address, String... more) throws IOException {
        return byToken(folder, portal, address, more);
    }

    /** Compares a portal, with its token from a file of this folder, as answered at an address. */
    static Ran byToken(Path folder, Portal portal, URI address, String... more) throws IOException {
        Path token =
                Files.writeString(folder.resolve("token"), portal.accessToken().reveal() + "\n");
        List<String> arguments = new ArrayList<>(
                List.of("compare", "--portal", address.toString(), "--access-token-file", token.toString()));
        arguments.addAll(List.of(more));
        return Ran.of(arguments);
    }

    static Subscriptions subscriptions(Portal portal) {
        return RestClient.builder()
                .allowLoopback()
                .build()
                .portal(portal.restUri(), portal.accessToken())
                .subscriptions();
    }

    @Test
    void anUnalteredPortalDoesNotDiffer(Portal portal) throws IOException {
        portal.limits().leakyBucket(2, 350);

        Ran ran = byToken(portal, portal.restUri(), "--reversible", "--throttle");

        assertThat(ran.err()).isEmpty();
        assertThat(ran.out()).contains("no difference").doesNotContain("portal:  ");
        assertThat(ran.exit()).isZero();
        assertThat(subscriptions(portal).get()).isEmpty();
    }

    @Test
    void norDoesOneThatIsAskedByWebhook(Portal portal) throws IOException {
        Path webhook = Files.writeString(
                folder.resolve("webhook"),
                portal.restUri() + "1/" + portal.webhookCode().reveal() + "/");

        Ran ran = Ran.of(List.of("compare", "--webhook-file", webhook.toString()));

        assertThat(ran.err()).isEmpty();
        assertThat(ran.out()).contains("no difference");
        assertThat(ran.exit()).isZero();
    }

    @Test
    void norDoesOneOfAnOlderVersionOrASmallerPlan(Portal portal) throws IOException {
        portal.reports().known(false);
        assertThat(byToken(portal, portal.restUri(), "--chat", "17").out()).contains("no difference");
        portal.reports().known(true);
        portal.reports().included(false);
        assertThat(byToken(portal, portal.restUri()).out())
                .contains("no difference", "which need a chat of an open line: --chat names one");
    }

    @Test
    void norDoesOneWithTheCrmAndFiles() throws IOException {
        try (PortalServer server = PortalServer.start();
                Portal portal = server.portal(PortalSetup.minted().scope(List.of("crm", "disk")))) {
            assertThat(byToken(portal, portal.restUri()).out()).contains("no difference");
            assertThat(portal.calls()).extracting(PortalCall::method).contains("crm.deal.get", "disk.file.get");
        }
    }

    @Test
    void nothingIsWrittenWithoutAFlag(Portal portal) throws IOException {
        assertThat(byToken(portal, portal.restUri()).exit()).isZero();

        assertThat(portal.calls())
                .extracting(PortalCall::method)
                .isNotEmpty()
                .allMatch(
                        method -> method.matches(
                                "server\\.time|app\\.info|profile/?|scope|methods|method\\.get|feature\\.get|openlines\\.nothing"
                                        + "|batch|events|event\\.get|event\\.offline\\.list|imopenlines\\.config(\\.list)?\\.get"
                                        + "|imopenlines\\.dialog\\.get|imopenlines\\.session\\.history\\.get|imopenlines\\.v2\\..*"));
    }

    private static Arguments alteration(String kind, String name, String expected, Alteration alteration) {
        return Arguments.of(kind + ": " + name, expected, alteration);
    }

    private static Answered if_(boolean condition, Answered then, Answered otherwise) {
        return condition ? then : otherwise;
    }

    static Stream<Arguments> alterations() {
        return Stream.of(
                alteration(
                        "status",
                        "an unknown method",
                        "status: status of openlines.nothing",
                        (asked, answer) -> if_(asked.method().equals("openlines.nothing"), answer.status(400), answer)),
                alteration(
                        "status",
                        "a session that is not there",
                        "status: status of imopenlines.session.history.get (the history of a session that is not there)",
                        (asked, answer) -> if_(answer.body().contains("ACCESS_DENIED"), answer.status(403), answer)),
                alteration(
                        "error code",
                        "another code",
                        "error code: $.error of imopenlines.config.get (an open line without its id)",
                        (asked, answer) -> answer.body(answer.body().replace("CONFIG_ID_EMPTY", "ERROR_ARGUMENT"))),
                alteration(
                        "error code",
                        "a token that has expired",
                        "error code: $.error of profile (a method that exists, with a wrong one)",
                        (asked, answer) -> answer.body(answer.body().replace("invalid_token", "expired_token"))),
                alteration(
                        "type",
                        "a number as text",
                        "type: $.result.id of imopenlines.dialog.get",
                        (asked, answer) -> if_(
                                asked.method().equals("imopenlines.dialog.get"),
                                answer.at("result.id", id -> AlteredPortal.text(String.valueOf(id))),
                                answer)),
                alteration(
                        "type",
                        "a text as number in a list",
                        "type: $.result.sessions[].messageCount of imopenlines.v2.Session.list",
                        (asked, answer) -> answer.at(
                                "result.sessions.[].messageCount",
                                count -> count == null ? null : AlteredPortal.text(count.toString()))),
                alteration(
                        "missing key",
                        "in an object",
                        "missing key: $.result.userInChat of imopenlines.session.history.get",
                        (asked, answer) -> answer.at("result.userInChat", value -> null)),
                alteration(
                        "missing key",
                        "of an error",
                        "missing key: $.error_description of",
                        (asked, answer) -> answer.at("error_description", value -> null)),
                alteration(
                        "extra key",
                        "of the application",
                        "extra key: $.result.<other key> of app.info",
                        (asked, answer) -> if_(
                                asked.method().equals("app.info"),
                                answer.at("result.REGION", value -> AlteredPortal.text("eu")),
                                answer)),
                alteration(
                        "extra key",
                        "of each answer",
                        "extra key: $.signature of server.time (the portal's time), and in ",
                        (asked, answer) -> if_(
                                answer.status() == 200,
                                answer.at("signature", value -> AlteredPortal.text("abc")),
                                answer)),
                alteration(
                        "order of checks",
                        "authorization before the method",
                        "order of checks: status of openlines.nothing (a method that does not exist, without"
                                + " authorization)",
                        (asked, answer) -> if_(!asked.authorized(), answer.error(401, "NO_AUTH_FOUND"), answer)),
                alteration(
                        "order of checks",
                        "parameters before authorization",
                        "order of checks: status of imopenlines.session.history.get (a missing parameter, without"
                                + " authorization)",
                        (asked, answer) -> if_(
                                asked.method().equals("imopenlines.session.history.get") && !asked.authorized(),
                                answer.error(400, "MISSING_REQUIRED_PARAM"),
                                answer)),
                alteration(
                        "paging",
                        "no word of a next page",
                        "paging: $.result.hasNextPage of imopenlines.v2.Session.list",
                        (asked, answer) -> answer.at("result.hasNextPage", value -> null)),
                alteration(
                        "paging",
                        "a page longer than asked for",
                        "paging: sessions, limit 1 of imopenlines.v2.Session.list",
                        (asked, answer) -> if_(
                                asked.body().contains("\"limit\":1,"),
                                answer.at("result.sessions", AlteredPortalSessions::twice),
                                answer)),
                alteration(
                        "headers",
                        "another type",
                        "header: content-type of server.time (the portal's time), and in ",
                        (asked, answer) -> answer.header("content-type", "text/html")),
                alteration(
                        "headers",
                        "one more",
                        "header: x-bitrix-rest-time of server.time (the portal's time), and in ",
                        (asked, answer) -> answer.header("x-bitrix-rest-time", "0.01")),
                alteration(
                        "batch",
                        "no halt",
                        "batch: halt of batch",
                        (asked, answer) -> if_(
                                asked.body().contains("\"halt\""),
                                answer.at(
                                        "result.result",
                                        value -> Json.createObjectBuilder()
                                                .add("b", "2026-01-01T00:00:00+00:00")
                                                .build()),
                                answer)),
                alteration(
                        "batch",
                        "no times",
                        "batch: $.result.result_time of batch",
                        (asked, answer) -> answer.at("result.result_time", value -> null)),
                alteration(
                        "throttling",
                        "another refusal",
                        "throttling: status of server.time (too many calls at once)",
                        (asked, answer) -> if_(answer.status() == 503, answer.status(429), answer)),
                alteration(
                        "throttling",
                        "operating time as text",
                        "throttling: $.time.operating of server.time",
                        (asked, answer) ->
                                answer.at("time.operating", value -> value == null ? null : AlteredPortal.text("0"))));
    }

    /** Changes that are longer than a line. */
    private static final class AlteredPortalSessions {

        static JsonValue twice(JsonValue sessions) {
            return sessions instanceof JsonArray array && !array.isEmpty()
                    ? Json.createArrayBuilder()
                            .add(array.get(0))
                            .add(array.get(0))
                            .build()
                    : sessions;
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("alterations")
    @Tag("long")
    void anAlterationIsFound(String name, String expected, Alteration alteration, Portal portal) throws IOException {
        boolean throttling = name.startsWith("throttling");
        portal.limits().operatingTime(Duration.ofHours(1));
        if (throttling) {
            portal.limits().leakyBucket(2, 350);
        }
        try (AlteredPortal altered = new AlteredPortal(portal.restUri(), alteration)) {
            Ran ran = throttling ? byToken(portal, altered.uri(), "--throttle") : byToken(portal, altered.uri());

            assertThat(ran.err()).isEmpty();
            assertThat(ran.out().lines()).anyMatch(line -> line.startsWith(expected));
            assertThat(ran.exit()).isEqualTo(1);
        }
    }

    @Test
    void aPortalWithoutALimitDiffers(Portal portal) throws IOException {
        assertThat(byToken(portal, portal.restUri(), "--throttle").out()).startsWith("""
                        throttling: status of server.time (too many calls at once)
                            portal:    not refused
                            simulated: refused, from: docs (fairly sure)
                        """);
    }

    /** Replaces every value, and adds keys that are data. */
    private static JsonValue canaries(JsonValue value, boolean all) {
        if (value instanceof JsonObject object) {
            var out = Json.createObjectBuilder();
            object.forEach((name, member) -> out.add(name, canaries(member, all)));
            out.add("79997770000", "CANARY").add("+7 999 777-00-00", 79997770000L);
            return out.add("jane@canary.example", "CANARY")
                    .add("CANARYkey", JsonValue.NULL)
                    .build();
        }
        if (value instanceof JsonArray array) {
            var out = Json.createArrayBuilder();
            array.forEach(item -> out.add(canaries(item, all)));
            return out.build();
        }
        if (value instanceof JsonString text) {
            // Without a scope nothing else could be asked.
            return !all && text.getString().equals("imopenlines")
                    ? value
                    : AlteredPortal.text("CANARY_" + text.getString());
        }
        return value instanceof JsonNumber ? Json.createValue(79997770000L) : value;
    }

    /** Keeps all that is logged through the JDK. The command line brings SLF4J a binding that writes nothing. */
    private static final class JdkLog extends Handler implements AutoCloseable {

        private final Logger root = Logger.getLogger("");
        private final Level level = root.getLevel();
        private final List<String> records = new CopyOnWriteArrayList<>();

        JdkLog() {
            assertThat(LoggerFactory.getILoggerFactory()).isInstanceOf(NOPLoggerFactory.class);
            setFormatter(new SimpleFormatter());
            root.setLevel(Level.ALL);
            root.addHandler(this);
        }

        String text() {
            return String.join("", records);
        }

        @Override
        public void publish(LogRecord logged) {
            records.add(getFormatter().format(logged));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            root.removeHandler(this);
            root.setLevel(level);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @Tag("long")
    void noValueOfThePortalIsInTheReportOrTheLog(boolean all, Portal portal) throws IOException {
        Path report = folder.resolve("report.json");
        Alteration canaries = (asked, answer) -> answer.header("x-canary", "CANARY")
                .header("content-type", "CANARY/json")
                .header("access-control-allow-origin", "https://CANARY.example")
                .body(canaries(PhpJson.parse(answer.body().getBytes(UTF_8)), all)
                        .toString());
        try (AlteredPortal altered = new AlteredPortal(portal.restUri(), canaries);
                JdkLog log = new JdkLog()) {
            Ran text = byToken(portal, altered.uri(), "--output", report.toString());
            Ran json = byToken(portal, altered.uri(), "--json");
            Ran changing = byToken(portal, altered.uri(), "--reversible");

            assertThat(text.exit()).as(text.err()).isEqualTo(1);
            assertThat(text.out()).contains("<other header>", "<other key>");
            assertThat(json.out()).startsWith("{\"compared\":");
            assertThat(changing.err()).startsWith("openlines: ");
            for (String said :
                    List.of(text.toString(), json.toString(), changing.toString(), Files.readString(report))) {
                assertThat(said)
                        .doesNotContain("CANARY", "canary", "7999777", "999 777", "jane")
                        .doesNotContain(
                                portal.accessToken().reveal(),
                                portal.domain(),
                                portal.label(),
                                altered.uri().toString());
            }
            // The client of the JDK itself may write the address.
            assertThat(log.text())
                    .isNotEmpty()
                    .doesNotContain("CANARY", "canary", "7999777", "999 777", "jane")
                    .doesNotContain(portal.accessToken().reveal());
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(report)))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void theReportSaysWhereOurAnswerIsFrom(Portal portal) throws IOException {
        try (AlteredPortal altered = new AlteredPortal(
                portal.restUri(),
                (asked, answer) -> answer.body(answer.body().replace("invalid_token", "expired_token")))) {
            assertThat(byToken(portal, altered.uri()).out()).startsWith("""
                            error code: $.error of profile (a method that exists, with a wrong one)
                                portal:    expired_token
                                simulated: invalid_token, from: guess (a guess)
                            """);
            assertThat(byToken(portal, altered.uri(), "--json").out())
                    .contains(
                            "{\"area\":\"errors\",\"method\":\"profile\",\"name\":\"a method that exists, with a wrong"
                                    + " one\",\"from\":\"guess\",\"sure\":\"a guess\",\"differences\":[{\"what\":\"error code\","
                                    + "\"path\":\"$.error\",\"simulated\":\"invalid_token\",\"portal\":\"expired_token\"}]}");
        }
    }

    @Test
    void requestsThatCannotBeMetAreRefusedWithAReason(Portal portal) throws IOException {
        Path webhook = Files.writeString(
                folder.resolve("webhook"),
                portal.restUri() + "1/" + portal.webhookCode().reveal() + "/");
        assertThat(Ran.of(List.of("compare", "--webhook-file", webhook.toString(), "--reversible")))
                .isEqualTo(new Ran(
                        3,
                        "",
                        "openlines: --reversible needs an application's access token: a webhook has no events\n"));
        assertThat(byToken(portal, portal.restUri(), "--chat", "0").err())
                .isEqualTo("openlines: expected 1 or more for --chat but found 0\n");
        Path expired = Files.writeString(
                folder.resolve("expired"), portal.expiredAccessToken().reveal());
        assertThat(Ran.of(List.of(
                        "compare", "--portal", portal.restUri().toString(), "--access-token-file", expired.toString())))
                .isEqualTo(new Ran(
                        1,
                        "",
                        "openlines: the portal does not say what the application may do: HTTP 401 expired_token\n"));
        assertThat(Ran.of(List.of(
                                "compare",
                                "--portal",
                                "http://127.0.0.1:1/rest/",
                                "--access-token-file",
                                webhook.toString()))
                        .err())
                .isEqualTo("openlines: the portal does not answer: ConnectException\n");
    }
}
