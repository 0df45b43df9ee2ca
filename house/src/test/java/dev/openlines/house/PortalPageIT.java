// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the commands of {@code docs/portal.md} in a shell, as they stand there except for the port number, with the
 * packaged jar.
 */
@Tag("long")
@Timeout(600)
class PortalPageIT {

    private static final String PAGE = "docs/portal.md";

    @TempDir
    private Path folder;

    private List<String> commands;
    private Process portal;

    @BeforeEach
    void readThePage() throws IOException {
        // The commands name the jar by its place in a checkout.
        Files.createSymbolicLink(folder.resolve("harness"), Documents.ROOT.resolve("harness"));
        commands = Documents.blocks(PAGE, Files.readString(Documents.ROOT.resolve(PAGE))).stream()
                .filter(block -> block.language().equals("sh"))
                .flatMap(block -> block.text().lines())
                .toList();
        assertThat(commands).hasSize(4);
    }

    @AfterEach
    void kill() {
        if (portal != null) {
            portal.destroyForcibly();
        }
    }

    /** Runs a command, and returns the address that it prints. */
    private URI start(String command, String javaOptions) throws IOException {
        // The shell becomes the command, so that ending the one ends the other.
        ProcessBuilder shell = StockMaven.shell("exec " + command, folder);
        if (!javaOptions.isEmpty()) {
            shell.environment().put("JAVA_TOOL_OPTIONS", javaOptions);
        }
        portal = shell.start();
        StringBuilder printed = new StringBuilder();
        BufferedReader lines = portal.inputReader(UTF_8);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith("portal ready at ")) {
                return URI.create(line.substring("portal ready at ".length()));
            }
            printed.append(line).append('\n');
        }
        throw new AssertionError(command + " ended and printed: " + printed);
    }

    private void stop() throws InterruptedException {
        portal.toHandle().destroy();
        assertThat(portal.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assertThat(portal.exitValue()).isZero();
    }

    private static String get(URI address) throws IOException, InterruptedException {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.body();
    }

    @Test
    void theFirstCommandServesThePageUntilSigterm() throws Exception {
        URI address = start(commands.get(0), "");

        assertThat(commands.get(0)).endsWith("# prints: portal ready at http://127.0.0.1:PORT/");
        assertThat(address).hasScheme("http").hasHost("127.0.0.1").hasPath("/");
        assertThat(get(address)).contains("<title>Simulated portal</title>");
        stop();
    }

    @Test
    void theSecondTakesThePortAndTheSeedFile() throws Exception {
        String seeds = "docs/portal-seed.md";
        String seed = Documents.blocks(seeds, Files.readString(Documents.ROOT.resolve(seeds))).stream()
                .filter(block -> block.language().equals("json"))
                .findFirst()
                .orElseThrow()
                .text();
        Files.writeString(folder.resolve("portal.json"), seed);
        String port = GettingStartedIT.freePort();

        URI address = start(commands.get(1).replace("8085", port), "");

        assertThat(address).hasToString("http://127.0.0.1:" + port + "/");
        assertThat(get(address.resolve("control/portals/shop")))
                .contains("\"member_id\":\"a223c6b3710f85df22e9377d6c4f7553\"")
                .contains("\"application_token\":\"51856fefc120afa4b628cc82d3935cce\"");
        stop();
    }

    @Test
    void theThirdMakesAnArchiveOfItsClassesAndTheFourthUsesIt() throws Exception {
        start(commands.get(2), "");
        stop();
        assertThat(folder.resolve("openlines.jsa")).isNotEmptyFile();

        start(commands.get(3), "-Xlog:class+load:file=loaded.txt");
        stop();

        assertThat(Files.readString(folder.resolve("loaded.txt")))
                .containsPattern("dev\\.openlines\\.portal\\.PortalServer source: shared objects file \\(top\\)");
    }
}
