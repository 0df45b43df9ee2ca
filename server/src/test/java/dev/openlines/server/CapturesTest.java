// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.EventAuth;
import dev.openlines.model.Secret;
import dev.openlines.parser.EventCapture;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InstallationCheck;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.LogRecords;
import dev.openlines.testkit.RawHttp;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A receiver keeps shapes of accepted requests, and nothing else of any request. */
@Timeout(300)
class CapturesTest {

    private static final String CANARY = "canary-5b6d7f8091";

    @TempDir
    private Path directory;

    private ReceiverServerBuilder receiver(int each) {
        return ReceiverServer.builder(Handlers.all((event, context) -> {}))
                .host("127.0.0.1")
                .port(0)
                .path("/in")
                .inbox(Inbox.sqlite(directory.resolve("inbox.db")))
                .trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN))
                .captures(folder(), each);
    }

    private Path folder() {
        return directory.resolve("captures");
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder())) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static int post(ReceiverServer server, String body, String... headers) {
        try {
            return Integer.parseInt(
                    new RawHttp(server.url()).post(body, headers).substring(9, 12));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The OAuth host cannot be reached. */
    private static final class Away implements InstallationCheck {

        private final Map<String, byte[]> kept = new ConcurrentHashMap<>();

        @Override
        public Answer verify(EventAuth claim) throws Exception {
            throw new IOException("the OAuth host is away");
        }

        @Override
        public Map<String, byte[]> kept() {
            return kept;
        }
    }

    @Test
    void theFirstAcceptedRequestsOfEachCodeAreKept() throws Exception {
        try (ReceiverServer server = receiver(2).start()) {
            for (int chat = 1; chat <= 4; chat++) {
                assertThat(post(server, Bodies.finish(chat))).isEqualTo(200);
                int so = Math.min(2, chat);
                Await.until("so many captures", () -> files().size() == so);
            }
            assertThat(post(server, Bodies.finish(5, "event", "ONCRMDEALADD"))).isEqualTo(200);
            assertThat(post(server, Bodies.finish(6, "event", "OnSessionStart")))
                    .isEqualTo(200);
            Await.until("the start's capture", () -> files().contains("ONSESSIONSTART-1.json"));
            assertThat(files())
                    .containsExactly("ONSESSIONFINISH-1.json", "ONSESSIONFINISH-2.json", "ONSESSIONSTART-1.json");
        }
        EventCapture capture = EventCapture.parse(Files.readAllBytes(folder().resolve("ONSESSIONFINISH-1.json")));
        assertThat(capture.event()).isEqualTo("ONSESSIONFINISH");
        assertThat(capture.headers())
                .containsExactly("host", "user-agent", "connection", "content-type", "content-length");
        if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder())))
                    .isEqualTo("rwx------");
            try (Stream<Path> files = Files.list(folder())) {
                assertThat(files)
                        .allSatisfy(
                                file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                                        .isEqualTo("rw-------"));
            }
        }
    }

    @Test
    void aRestartCountsWhatIsThereAndRemovesWhatACrashLeft() throws Exception {
        Files.createDirectory(folder());
        Files.writeString(folder().resolve("ONSESSIONFINISH-1.json"), "of an earlier start");
        Files.writeString(folder().resolve(".capture123.tmp"), "half");
        Files.writeString(folder().resolve("notes.txt"), "of another program");
        try (ReceiverServer server = receiver(2).start()) {
            assertThat(files()).containsExactly("ONSESSIONFINISH-1.json", "notes.txt");
            post(server, Bodies.finish(1));
            Await.until("the second capture", () -> files().contains("ONSESSIONFINISH-2.json"));
            post(server, Bodies.finish(2));
            post(server, Bodies.finish(3, "event", "ONSESSIONSTART"));
            Await.until("a later capture", () -> files().contains("ONSESSIONSTART-1.json"));

            assertThat(files()).hasSize(4);
            assertThat(folder().resolve("ONSESSIONFINISH-1.json")).hasContent("of an earlier start");
        }
    }

    @Test
    void nothingIsKeptThatWasNotVerifiedAndStored() throws Exception {
        try (ReceiverServer server = receiver(10).installations(new Away()).start()) {
            assertThat(post(server, Bodies.finish(1, "auth[application_token]", CANARY)))
                    .isEqualTo(403);
            assertThat(post(server, Bodies.finish(2, "auth[member_id]", CANARY)))
                    .isEqualTo(403);
            assertThat(post(server, Bodies.finishWithout(3, "auth[application_token]")))
                    .isEqualTo(403);
            assertThat(post(server, "event=ONSESSIONFINISH&" + CANARY)).isEqualTo(403);
            assertThat(post(server, Bodies.finish(4), "Content-Type: text/plain"))
                    .isEqualTo(415);
            // Kept to be checked again: acknowledged, and not verified yet.
            assertThat(post(
                            server,
                            Bodies.finish(
                                    5,
                                    "event",
                                    "ONAPPINSTALL",
                                    "auth[member_id]",
                                    "b".repeat(32),
                                    "auth[client_endpoint]",
                                    "https://b.bitrix24.com/rest/",
                                    "auth[server_endpoint]",
                                    "https://oauth.bitrix.info/rest/",
                                    "data[" + CANARY + "]",
                                    CANARY)))
                    .isEqualTo(200);
            assertThat(post(server, Bodies.finish(6))).isEqualTo(200);
            // A repeat.
            assertThat(post(server, Bodies.finish(6))).isEqualTo(200);
            assertThat(post(server, Bodies.finish(7, "event", "ONSESSIONSTART")))
                    .isEqualTo(200);
            Await.until("the last capture", () -> files().contains("ONSESSIONSTART-1.json"));

            assertThat(files()).containsExactly("ONSESSIONFINISH-1.json", "ONSESSIONSTART-1.json");
        }
    }

    @Test
    void aFailingCaptureDisturbsNoRequestAndEndsAfterThree() {
        List<String> log = LogRecords.of(() -> {
            try (ReceiverServer server = receiver(2).start()) {
                Files.delete(folder());
                for (int chat = 1; chat <= 9; chat++) {
                    assertThat(post(server, Bodies.finish(chat, "data[DATA][line][name]", CANARY)))
                            .isEqualTo(200);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });

        List<String> failed =
                log.stream().filter(line -> line.contains("capture-failed")).toList();
        assertThat(failed).hasSize(3);
        assertThat(failed.get(1))
                .endsWith("reason=capture-failed failure=NoSuchFileException The next request is tried.");
        assertThat(failed.get(2))
                .endsWith("reason=capture-failed failure=NoSuchFileException"
                        + " No more requests are captured until the next start.");
        assertThat(String.join("\n", log)).doesNotContain(CANARY);
    }

    @Test
    void whatIsTooLargeIsReceivedAndNotKept() throws Exception {
        try (ReceiverServer server = receiver(2).start()) {
            String[] long130k = new String[4];
            for (int i = 0; i < 4; i += 2) {
                long130k[i] = "data[DATA][" + i + "]";
                long130k[i + 1] = "x".repeat(80_000);
            }
            assertThat(post(server, Bodies.finish(1, long130k))).isEqualTo(200);
            // Short, and too long once each sign of it is written as a form.
            List<String> many = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                many.addAll(List.of("data[DATA][" + i + "]", "x".repeat(1025) + "(".repeat(600)));
            }
            assertThat(post(
                            server,
                            Bodies.finish(2, many.toArray(String[]::new)).replace("%28", "(")))
                    .isEqualTo(200);
            assertThat(post(server, Bodies.finish(3, "event", "ONSESSIONSTART")))
                    .isEqualTo(200);
            Await.until("the last capture", () -> files().contains("ONSESSIONSTART-1.json"));

            assertThat(files()).containsExactly("ONSESSIONSTART-1.json");
        }
    }

    @Test
    void noValueNameOrHeaderThatWasSentIsInACaptureOrTheLog() throws Exception {
        List<String> log = LogRecords.of(() -> {
            try (ReceiverServer server = receiver(3).start()) {
                List<String> fields = new ArrayList<>();
                Bodies.finishFields(1).keySet().forEach(name -> {
                    if (!List.of("event", "ts", "auth[member_id]", "auth[application_token]")
                            .contains(name)) {
                        fields.addAll(List.of(name, name.endsWith("id]") ? "7701" + fields.size() + "88001" : CANARY));
                    }
                });
                fields.addAll(List.of(
                        CANARY,
                        CANARY,
                        "data[" + CANARY + "]",
                        "1",
                        "data[DATA][" + CANARY + "][79990001122]",
                        CANARY));
                String[] all = fields.toArray(String[]::new);
                for (String code : EventCapture.codes()) {
                    if (!code.equals("ONAPPUNINSTALL")) {
                        assertThat(post(
                                        server,
                                        Bodies.finish(2, all).replace("event=ONSESSIONFINISH", "event=" + code),
                                        "Cookie: " + CANARY,
                                        "X-" + CANARY + ": " + CANARY,
                                        "X-Forwarded-For: " + CANARY))
                                .isEqualTo(200);
                        Await.until(code, () -> files().contains(code + "-1.json"));
                    }
                }
            }
        });
        StringBuilder captures = new StringBuilder();
        for (String file : files()) {
            captures.append(Files.readString(folder().resolve(file)));
        }

        assertThat(log).anyMatch(line -> line.contains("reason=captured event=ONSESSIONSTART file=1 of=3"));
        assertThat(captures.toString()).contains("x-forwarded-for").doesNotContain(Bodies.MEMBER, "1760000000");
        assertThat(captures + String.join("\n", log))
                .doesNotContainIgnoringCase("canary")
                .doesNotContainIgnoringCase("cookie")
                .doesNotContain("79990001122", Bodies.TOKEN, Bodies.ACCESS_TOKEN, Bodies.REFRESH_TOKEN)
                .doesNotContainPattern("7701[0-9]+88001");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            -   | 3   | OPENLINES_CAPTURES: expected a value but found none
            dir | 0   | OPENLINES_CAPTURES_EACH: expected a number from 1 to 10, found "0"
            dir | 11  | OPENLINES_CAPTURES_EACH: expected a number from 1 to 10, found "11"
            dir | two | OPENLINES_CAPTURES_EACH: expected a number from 1 to 10, found "two"
            """)
    void aWrongSettingIsNamed(String folder, String each, String message) {
        Map<String, String> settings = folder == null
                ? Map.of("OPENLINES_CAPTURES_EACH", each)
                : Map.of("OPENLINES_CAPTURES", folder, "OPENLINES_CAPTURES_EACH", each);
        assertThatThrownBy(() -> Settings.of(settings))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
    }

    @Test
    void aFolderThatIsAFileIsKnownAtTheStart() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "");
        Settings settings = Settings.of(Map.of(
                "OPENLINES_PORT",
                "0",
                "OPENLINES_INBOX",
                directory.resolve("inbox.db").toString(),
                "OPENLINES_MEMBER_ID",
                Bodies.MEMBER,
                "OPENLINES_APPLICATION_TOKEN",
                Bodies.TOKEN,
                "OPENLINES_CAPTURES",
                file.toString()));
        assertThatThrownBy(() -> ReceiverServer.builder(Handlers.all((event, context) -> {}))
                        .settings(settings)
                        .start())
                .hasMessage("OPENLINES_CAPTURES: expected a folder that this process may write into, found " + file);
        assertThatThrownBy(() -> receiver(11)).hasMessage("expected 1 to 10 captures of each event but found 11");
    }
}
