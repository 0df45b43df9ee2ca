// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.testkit.AcceptQueue;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.Rows;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Kills or stops the process of a receiver with an inbox in a file. */
@Timeout(600)
@Tag("long")
class FourCrashesTest {

    private static final long CRASHING = 13;

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private Process process;
    private Path output;

    @AfterEach
    void end() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    @Test
    void anEventWhoseProcessIsKilledFourTimesIsADeadLetterWithThatCauseAndTheOthersAreHandled() throws Exception {
        URI url = start(1);
        assertThat(send(url, CRASHING)).isEqualTo(200);
        for (int crash = 1; crash <= 4; crash++) {
            awaitLine("begun " + CRASHING);
            assertThat(send(url, 20 + crash)).isEqualTo(200);
            awaitLine("handled " + (20 + crash));
            kill();
            url = start(crash + 1);
        }

        assertThat(send(url, 30)).isEqualTo(200);
        awaitLine("handled 30");
        Path inbox = directory.resolve("inbox.db");
        Await.until("nothing waits", () -> waiting(inbox) == 0);
        process.destroy();
        process.onExit().join();

        assertThat(lines()).as("the fifth process").doesNotContain("begun " + CRASHING);
        try (LeasingInbox opened = Inbox.sqlite(inbox)) {
            assertThat(opened.backlog().waiting()).isZero();
            List<DeadLetter> dead = opened.deadLetters().list(0, 10);
            assertThat(dead).singleElement().satisfies(letter -> {
                assertThat(letter.reason()).isEqualTo("4 processes ended while they handled this");
                assertThat(letter.attempts()).isEqualTo(4);
                assertThat(letter.payload()).contains("\"chat_id\":\"" + CRASHING + '"');
            });
            assertThat(opened.deadLetters().show(dead.get(0).id()).orElseThrow().history())
                    .extracting(attempt -> attempt.number() + " " + attempt.outcome())
                    .containsExactly("2 died", "3 died", "4 died", "5 dead");
        }
        assertThat(Files.readString(directory.resolve("errors.log")))
                .contains("attempt=4: 4 processes ended while they handled this");
    }

    /** Stops the receiver: the kernel holds as many connections as a portal may open at once. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void asManyConnectionsWaitForAReceiverAsAPortalSendsAtOnce() throws Exception {
        URI url = start(1);
        int asked = AcceptQueue.possible(1024);

        assertThat(AcceptQueue.connections(process, url, asked)).isEqualTo(asked);

        assertThat(send(url, 17)).isEqualTo(200);
        awaitLine("handled 17");
    }

    private static long waiting(Path inbox) {
        return Long.parseLong(Rows.of(inbox, "select count(*) from inbox where state = 'waiting'")
                .get(0));
    }

    private URI start(int number) throws IOException {
        output = directory.resolve("output-" + number + ".txt");
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                App.class.getName());
        builder.environment().put("OPENLINES_PORT", "0");
        builder.environment()
                .put("OPENLINES_INBOX", directory.resolve("inbox.db").toString());
        builder.environment().put("OPENLINES_MEMBER_ID", Bodies.MEMBER);
        builder.environment().put("OPENLINES_APPLICATION_TOKEN", Bodies.TOKEN);
        builder.redirectOutput(output.toFile());
        builder.redirectError(
                ProcessBuilder.Redirect.appendTo(directory.resolve("errors.log").toFile()));
        Process started = builder.start();
        process = started;
        Await.until("the receiver is ready", () -> {
            assertThat(started.isAlive()).as("process %s runs", number).isTrue();
            return lines().stream().anyMatch(line -> line.startsWith("ready "));
        });
        return lines().stream()
                .filter(line -> line.startsWith("ready "))
                .map(line -> URI.create(line.substring("ready ".length())))
                .findFirst()
                .orElseThrow();
    }

    private void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    private void awaitLine(String line) {
        Await.until("the line " + line, () -> lines().contains(line));
    }

    /** Returns the lines of this process that are complete. */
    private List<String> lines() throws IOException {
        String text = Files.readString(output);
        return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    }

    private int send(URI url, long chat) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(url)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(Bodies.finish(chat)))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    /** A receiver whose handler never ends with one chat, and says what it has begun and done. */
    static final class App {

        private App() {}

        public static void main(String[] args) throws Exception {
            Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> {
                        long chat = finish.chats().get(0).chatId();
                        print("begun " + chat);
                        if (chat == CRASHING) {
                            new CountDownLatch(1).await();
                        }
                        print("handled " + chat);
                    })
                    .otherwise((event, context) -> {});
            try (ReceiverServer server = ReceiverServer.builder(handlers)
                    .settings(Settings.fromEnvironment())
                    .start()) {
                print("ready " + server.url());
                server.join();
            }
        }

        private static synchronized void print(String line) {
            System.out.println(line);
            System.out.flush();
        }
    }
}
