// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.Event;
import dev.openlines.model.EventAuth;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.EventCapture;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.EventJson;
import dev.openlines.parser.Limits;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalLine;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.portal.wire.PhpJson;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.InstallationCheck;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.RecordingHandler;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A receiver keeps captures of what a simulated portal sends; the portal learns from them. */
@Timeout(300)
class CaptureCommandTest {

    private record Ran(int exit, String out, String err) {}

    @TempDir
    private Path folder;

    private static Ran run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exit = OpenlinesCommand.execute(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
        return new Ran(exit, out.toString(), err.toString());
    }

    private ReceiverServer receiver(Portal portal, Path captures, String each) {
        return ReceiverServer.builder(Handlers.all((event, context) -> {}))
                .settings(Settings.of(Map.of(
                        "OPENLINES_PORT", "0",
                        "OPENLINES_PATH", "/bitrix",
                        "OPENLINES_INBOX", folder.resolve("inbox.db").toString(),
                        "OPENLINES_CAPTURES", captures.toString(),
                        "OPENLINES_CAPTURES_EACH", each,
                        "OPENLINES_MEMBER_ID", portal.memberId(),
                        "OPENLINES_APPLICATION_TOKEN", portal.applicationToken().reveal())))
                .installations(new Genuine())
                .start();
    }

    /** Finds every installation and uninstallation genuine. */
    private static final class Genuine implements InstallationCheck {

        @Override
        public Answer verify(EventAuth claim) {
            return Answer.VERIFIED;
        }

        @Override
        public boolean uninstalled(String memberId) {
            return true;
        }
    }

    /** Makes the portal send each of its events once at least. */
    private static void everything(Portal portal, URI handler) throws Exception {
        EventCapture.codes().forEach(code -> portal.subscribe(code, handler));
        call(portal, "event.bind?event=ONSESSIONFINISH&event_type=offline");
        portal.install();
        portal.connectors().register("canary_connector");
        PortalLine line = portal.openLine("Canary line");
        PortalChat own = line.openChat("canary_connector");
        own.customerWrites("Canary from a customer");
        own.operatorWrites("Canary from an operator");
        long id = own.lastMessageId();
        portal.connectors().confirmDelivery(id, List.of("canary1"));
        own.edit(id, "Canary changed");
        own.delete(id);
        own.close();
        portal.connectors().switchOff("canary_connector", line);
        line.delete();
        portal.lifecycle().pay(30);
        portal.lifecycle().renewSubscription();
        portal.lifecycle().confirm("imopenlines.session.list", true);
        portal.update(false);
        call(portal, "event.test?canary=canary");
        Await.until(
                "event.test",
                () -> portal.deliveries().stream().anyMatch(one -> one.event().equals("ONAPPTEST")));
        portal.uninstall(false);
    }

    private static void call(Portal portal, String method) throws Exception {
        URI uri = URI.create(
                portal.restUri() + method + "&auth=" + portal.accessToken().reveal());
        assertThat(HttpClient.newHttpClient()
                        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(200);
    }

    /** Names and kinds without values. Names that are ids or the caller's own are one. */
    private static Object shape(String of, JsonValue value) {
        if (value instanceof JsonObject object) {
            Map<String, Object> members = new TreeMap<>();
            object.forEach((name, member) ->
                    members.put(name.matches("[0-9]+") || of.equals("QUERY") ? "*" : name, shape(name, member)));
            return members;
        }
        return value instanceof JsonArray array
                ? array.stream().map(item -> shape(of, item)).toList()
                : value.getValueType();
    }

    private static Object shape(byte[] body) {
        Event event = EventDecoder.lenient().decode(body, BodyFormat.FORM).event();
        return shape("", PhpJson.parse(EventJson.toJson(event).getBytes(UTF_8)));
    }

    @Test
    void aCaptureOfEachEventIsExportedReplayedAndReadAsWhatWasSent() throws Exception {
        Path captures = folder.resolve("captures");
        Path exported = folder.resolve("exported.json");
        Map<String, byte[]> sent = new TreeMap<>();
        List<String> secrets;
        try (PortalServer server = PortalServer.start();
                Portal portal = server.portal(PortalSetup.minted().notInstalled());
                ReceiverServer receiver = receiver(portal, captures, "1")) {
            secrets = List.of(portal.memberId(), portal.applicationToken().reveal(), portal.domain(), portal.label());
            everything(portal, receiver.url());
            for (Delivery delivery : portal.deliveries()) {
                assertThat(delivery.acknowledged()).as(delivery.event()).isTrue();
                sent.putIfAbsent(delivery.event(), delivery.requestBody());
            }
            assertThat(sent.keySet()).isEqualTo(EventCapture.codes());
            Await.until(
                    "a capture of each event", () -> CaptureFiles.read(captures).size() == sent.size());

            assertThat(run("capture", "export", captures.toString(), "--output", exported.toString()))
                    .isEqualTo(new Ran(0, "captures exported: " + sent.size() + "\n", ""));
        }
        assertThat(Files.readString(exported))
                .doesNotContainIgnoringCase("canary")
                .doesNotContain(secrets);
        if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(exported)))
                    .isEqualTo("rw-------");
        }
        List<EventCapture> read = CaptureFiles.read(exported);
        assertThat(read).extracting(EventCapture::event).containsExactlyElementsOf(sent.keySet());
        try (PortalServer server = PortalServer.start();
                Portal portal = server.portal();
                RecordingHandler handler = RecordingHandler.start()) {
            for (EventCapture capture : read) {
                portal.subscribe(capture.event(), handler.uri());
                Delivery replayed =
                        portal.sending().replayVerbatim(capture.body()).get(0);

                assertThat(shape(replayed.requestBody()))
                        .as(capture.event())
                        .isEqualTo(shape(sent.get(capture.event())));
                assertThat(capture.headers()).contains("user-agent", "content-type", "content-length");
            }
        }
        assertThat(run("capture", "show", exported.toString()).out())
                .contains("ONSESSIONFINISH, form, headers: ", "    data[DATA][connector][chat_id]=");
        assertThat(run(
                        "capture",
                        "export",
                        exported.toString(),
                        "--event",
                        "OnSessionFinish",
                        "--output",
                        "" + exported))
                .isEqualTo(new Ran(0, "captures exported: 1\n", ""));
        assertThat(CaptureFiles.read(exported)).extracting(EventCapture::event).containsExactly("ONSESSIONFINISH");
    }

    @Test
    void aPortalThatLearnedEachEventSendsTheSameShapesAgain() throws Exception {
        Map<String, byte[]> sent = new TreeMap<>();
        try (PortalServer server = PortalServer.start();
                RecordingHandler handler = RecordingHandler.start()) {
            Portal teacher = server.portal(PortalSetup.minted().notInstalled());
            everything(teacher, handler.uri());
            teacher.deliveries().forEach(delivery -> sent.putIfAbsent(delivery.event(), delivery.requestBody()));
            Portal pupil = server.portal(PortalSetup.minted().notInstalled());
            for (byte[] body : sent.values()) {
                pupil.sending()
                        .learn(EventCapture.of(body, BodyFormat.FORM, List.of(), Limits.DEFAULT)
                                .orElseThrow());
            }
            everything(pupil, handler.uri());

            Map<String, byte[]> again = new TreeMap<>();
            pupil.deliveries().forEach(delivery -> again.putIfAbsent(delivery.event(), delivery.requestBody()));
            assertThat(again.keySet()).isEqualTo(sent.keySet());
            again.forEach((code, body) -> {
                assertThat(names(body)).as(code).isEqualTo(names(sent.get(code)));
                assertThat(new String(body, UTF_8)).contains(pupil.memberId());
            });
        }
    }

    /** Returns a form's names in their order. Those of a query are the caller's own. */
    private static List<String> names(byte[] form) {
        return Arrays.stream(new String(form, UTF_8).split("&"))
                .map(pair -> pair.replaceAll("=.*", "").replaceAll("%5BQUERY%5D%5B.*", "%5BQUERY%5D"))
                .toList();
    }

    @Test
    void thePortalOfTheCommandLineSendsTheCapturedShape() throws Exception {
        Path capture = Files.writeString(
                folder.resolve("capture.json"),
                "{\"capture\":1,\"event\":\"ONSESSIONFINISH\",\"content_type\":\"application/x-www-form-urlencoded\","
                        + "\"headers\":[],\"body\":\"event=ONSESSIONFINISH&data%5BDATA%5D%5Bchat%5D%5Bid%5D=44"
                        + "&data%5BDATA%5D%5Bnew%5D=5&auth%5Bmember_id%5D=aa\"}");
        try (RecordingHandler handler = RecordingHandler.start()) {
            Path seed = Files.writeString(
                    folder.resolve("seed.json"),
                    "{\"portals\":[{\"label\":\"p\",\"member_id\":\"" + "ab".repeat(16)
                            + "\",\"lines\":[{\"name\":\"Line\"}],\"chats\":[{}],\"subscriptions\":"
                            + "[{\"event\":\"ONSESSIONFINISH\",\"handler\":\"" + handler.uri() + "\"}]}]}");
            Process portal = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            OpenlinesCommand.class.getName(),
                            "portal",
                            "--seed",
                            seed.toString(),
                            "--dialect-from",
                            capture.toString())
                    .redirectErrorStream(true)
                    .start();
            try (BufferedReader lines = portal.inputReader(UTF_8)) {
                String ready = lines.readLine();
                assertThat(ready).startsWith("portal ready at ");
                HttpRequest close = HttpRequest.newBuilder(URI.create(
                                ready.substring("portal ready at ".length()) + "control/portals/p/chats/17/close"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"by\":\"agent\"}"))
                        .build();
                assertThat(HttpClient.newHttpClient()
                                .send(close, HttpResponse.BodyHandlers.ofString())
                                .statusCode())
                        .isEqualTo(200);
            } finally {
                portal.destroyForcibly();
            }
            assertThat(handler.body(0))
                    .isEqualTo("event=ONSESSIONFINISH&data%5BDATA%5D%5Bchat%5D%5Bid%5D=17&data%5BDATA%5D%5Bnew%5D=5"
                            + "&auth%5Bmember_id%5D=" + "ab".repeat(16));
        }
    }

    @Test
    void decodeReadsACapture() throws Exception {
        Path file = Files.writeString(
                folder.resolve("ONSESSIONFINISH-1.json"),
                EventCapture.of(
                                "event=ONSESSIONFINISH&data[DATA][chat][id]=7".getBytes(UTF_8),
                                BodyFormat.FORM,
                                List.of(),
                                Limits.DEFAULT)
                        .orElseThrow()
                        .toJson());
        Capture capture = Capture.of(Files.readAllBytes(file));

        assertThat(capture.kind()).isEqualTo("a receiver's capture");
        assertThat(capture.exact()).isFalse();
        assertThat(new String(capture.body(), UTF_8))
                .matches("event=ONSESSIONFINISH&data%5BDATA%5D%5Bchat%5D%5Bid%5D=[2-9]");
        assertThatThrownBy(() -> Capture.of("{\"capture\":1}".getBytes(UTF_8)))
                .hasMessage("a receiver's capture: expected the JSON of a capture");
    }

    @Test
    void whatAnothersFileHoldsIsNoCommandForATerminal() throws Exception {
        Path file = Files.writeString(
                folder.resolve("odd.json"),
                "{\"capture\":1,\"content_type\":\"application/x-www-form-urlencoded\",\"headers\":[\"host\"],"
                        + "\"body\":\"event=ONSESSIONFINISH&x=\\u001b[31m\\r\\u009b\"}");

        assertThat(run("capture", "show", file.toString()))
                .isEqualTo(new Ran(
                        0, "ONSESSIONFINISH, form, headers: host\n    event=ONSESSIONFINISH\n    x=?[31m??\n", ""));
    }

    @Test
    void whatIsNoCaptureIsSaid() throws Exception {
        Path file = Files.writeString(folder.resolve("no.json"), "{\"event\":\"X\"}");
        assertThat(run("capture", "show", file.toString()))
                .isEqualTo(new Ran(3, "", "openlines: the file " + file + ": expected the JSON of a capture\n"));
        assertThat(run("capture", "export", folder.resolve("none").toString(), "--output", "x")
                        .exit())
                .isEqualTo(3);
        assertThat(run("portal", "--dialect-from", file.toString()).exit()).isEqualTo(3);
        Path later = Files.writeString(
                folder.resolve("later.json"), "[{\"capture\":2,\"event\":\"ONSESSIONFINISH\",\"parts\":[]}]");
        assertThat(run("capture", "show", later.toString()).err())
                .isEqualTo("openlines: the file " + later
                        + ": expected a capture of version 1; another version of Openlines reads it\n");
        Files.delete(later);
        assertThat(run("capture", "export", folder.toString(), "--event", "X", "--output", "x"))
                .isEqualTo(new Ran(3, "", "openlines: the file " + file + ": expected the JSON of a capture\n"));
        Files.delete(file);
        assertThat(run("capture", "export", folder.toString(), "--output", "x"))
                .isEqualTo(new Ran(1, "", "openlines: there is no such capture in " + folder + "\n"));
        assertThat(run("capture").err())
                .isEqualTo("openlines: a command is missing; the commands are capture show, capture export\n");
    }
}
