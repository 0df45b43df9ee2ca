// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.openlines.testkit.Bodies;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The images of {@code deploy/Dockerfile}, if a container engine runs on this machine. */
@Tag("long")
@Timeout(1800)
class ImagesIT {

    private static final Path ROOT = Path.of("../..");

    private final String name = "openlines-test-" + UUID.randomUUID();

    @BeforeEach
    void anEngineRuns() throws Exception {
        boolean installed = Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Path.of(folder, "docker").toFile().canExecute());
        assumeTrue(installed && docker("info").waitFor() == 0, "no container engine runs here");
    }

    @AfterEach
    void removeContainerAndImage() throws Exception {
        docker("rm", "--force", name).waitFor();
        docker("rmi", "--force", name).waitFor();
    }

    @Test
    void theReceiversImageAcceptsAnEventAndStops() throws Exception {
        build("receiver");
        Process run = docker(
                "run",
                "--name=" + name,
                "--publish=127.0.0.1::8080",
                "--env=OPENLINES_MEMBER_ID=" + Bodies.MEMBER,
                "--env=OPENLINES_APPLICATION_TOKEN=" + Bodies.TOKEN,
                name);
        assertThat(ready(run, "receiver ready at ")).endsWith(":8080/bitrix24");
        String published =
                new String(docker("port", name, "8080").getInputStream().readAllBytes(), UTF_8).strip();

        HttpRequest event = HttpRequest.newBuilder(URI.create("http://" + published + "/bitrix24"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(Bodies.finish(17)))
                .build();
        assertThat(HttpClient.newHttpClient()
                        .send(event, BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(200);

        assertThat(docker("stop", name).waitFor()).isZero();
        assertThat(run.waitFor(2, TimeUnit.MINUTES)).isTrue();
    }

    @Test
    void thePortalsImageStarts() throws Exception {
        build("portal");

        assertThat(ready(docker("run", "--name=" + name, name), "portal ready at "))
                .contains(":18200");
    }

    private void build(String target) throws Exception {
        Process build = docker(
                "build", "--file=examples/quickstart/deploy/Dockerfile", "--target=" + target, "--tag=" + name, ".");
        String said = new String(build.getInputStream().readAllBytes(), UTF_8);
        assertThat(build.waitFor()).as(said).isZero();
    }

    /** Returns the rest of the first line that begins so. */
    private static String ready(Process run, String begin) throws IOException {
        BufferedReader lines = run.inputReader(UTF_8);
        StringBuilder said = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith(begin)) {
                return line.substring(begin.length());
            }
            said.append(line).append('\n');
        }
        throw new AssertionError("the container has ended: " + said);
    }

    private static Process docker(String... arguments) throws IOException {
        return new ProcessBuilder(Stream.concat(Stream.of("docker"), List.of(arguments).stream())
                        .toList())
                .directory(ROOT.toFile())
                .redirectErrorStream(true)
                .start();
    }
}
