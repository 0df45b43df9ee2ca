// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged jar, as a process of its own. */
@Timeout(120)
class QuickstartIT {

    private static final String MEMBER = "a223c6b3710f85df22e9377d6c4f7553";
    private static final String TOKEN = "51856fefc120afa4b628cc82d3935cce";

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void killWhatIsLeft() {
        processes.forEach(Process::destroyForcibly);
    }

    @Test
    void whatWasAcknowledgedIsHandledAfterAKill() throws Exception {
        Process first = start(MEMBER);
        URI url = ready(first);
        for (int chat = 1; chat <= 50; chat++) {
            assertThat(close(url, chat)).isEqualTo(200);
        }
        first.destroyForcibly();
        assertThat(first.waitFor(10, TimeUnit.SECONDS)).isTrue();

        Process second = start(MEMBER);
        BufferedReader output = second.inputReader(StandardCharsets.UTF_8);
        URI again = ready(output);
        assertThat(close(again, 51)).isEqualTo(200);
        String line = output.readLine();
        while (!line.equals("closed chat=51 line=7 connector=livechat portal=" + MEMBER)) {
            line = output.readLine();
        }
        second.destroy();

        assertThat(second.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readAllLines(directory.resolve("evidence.jsonl")))
                .hasSize(51)
                .doesNotHaveDuplicates()
                .allSatisfy(
                        effect -> assertThat(effect)
                                .matches(
                                        "\\{\"member_id\":\"" + MEMBER
                                                + "\",\"chat_id\":\\d+,\"line_id\":7,\"connector_id\":\"livechat\",\"idempotency_key\":\"[0-9a-f]{64}\"}"));
    }

    @Test
    void aWrongSettingEndsItWithOneLineThatNamesIt() throws Exception {
        Process process = start("");

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(3);
        assertThat(process.errorReader(StandardCharsets.UTF_8).lines())
                .containsExactly("OPENLINES_MEMBER_ID: expected a value but found none");
        assertThat(process.inputReader(StandardCharsets.UTF_8).lines()).isEmpty();
    }

    private Process start(String member) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-jar",
                System.getProperty("quickstart.jar"));
        builder.environment().put("OPENLINES_PORT", "0");
        builder.environment().put("OPENLINES_PATH", "/bitrix24");
        builder.environment()
                .put("OPENLINES_INBOX", directory.resolve("inbox.db").toString());
        builder.environment().put("OPENLINES_MEMBER_ID", member);
        builder.environment().put("OPENLINES_APPLICATION_TOKEN", TOKEN);
        builder.environment()
                .put("OPENLINES_EVIDENCE", directory.resolve("evidence.jsonl").toString());
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private static URI ready(Process process) throws IOException {
        return ready(process.inputReader(StandardCharsets.UTF_8));
    }

    private static URI ready(BufferedReader output) throws IOException {
        String line = output.readLine();
        while (!line.startsWith("receiver ready at ")) {
            line = output.readLine();
        }
        assertThat(line).matches("receiver ready at http://127\\.0\\.0\\.1:\\d+/bitrix24");
        return URI.create(line.substring("receiver ready at ".length()));
    }

    private int close(URI url, int chat) throws Exception {
        String body = "event=ONSESSIONFINISH&event_handler_id=12"
                + "&data%5BDATA%5D%5Bconnector%5D%5Bconnector_id%5D=livechat"
                + "&data%5BDATA%5D%5Bconnector%5D%5Bline_id%5D=7"
                + "&data%5BDATA%5D%5Bconnector%5D%5Bchat_id%5D=" + chat
                + "&data%5BDATA%5D%5Bchat%5D%5Bchat_id%5D=" + chat
                + "&ts=1760000000&auth%5Bmember_id%5D=" + MEMBER
                + "&auth%5Bapplication_token%5D=" + TOKEN;
        HttpRequest request = HttpRequest.newBuilder(url)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }
}
