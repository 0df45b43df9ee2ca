// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.RequiresTool;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Does what {@code docs/getting-started.md} says, in an empty folder and in a shell. Only Maven is replaced: by the
 * compiler and the jars of this build, for which the page's POM must ask in the same versions.
 */
class GettingStartedIT {

    private static final Pattern DEPENDENCY = Pattern.compile("<dependency>\\s*<groupId>([^<]+)</groupId>\\s*"
            + "<artifactId>([^<]+)</artifactId>\\s*<version>([^<]+)</version>");

    private static final Pattern NEEDED =
            Pattern.compile("(openlines-(model|parser|receiver)|jakarta|jetty|parsson|slf4j|sqlite|yasson)-?.*[.]jar");

    @TempDir
    private Path folder;

    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void stop() throws InterruptedException {
        for (Process process : processes) {
            process.destroy();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    @RequiresTool("curl")
    void anEmptyFolderBecomesAnApplicationThatReceivesAnEvent() throws Exception {
        String page = Files.readString(Documents.ROOT.resolve("docs/getting-started.md"))
                .replace("8085", freePort())
                .replace("8080", freePort());
        List<Documents.Block> blocks = Documents.blocks("docs/getting-started.md", page);
        List<String> shell = only(blocks, "sh");
        assertThat(shell).hasSize(4);
        assertThat(shell.get(0)).isEqualTo("mvn -q package dependency:copy-dependencies -DincludeScope=runtime\n");

        Path source = folder.resolve("src/main/java/App.java");
        Files.createDirectories(source.getParent());
        Files.writeString(source, only(blocks, "java").get(0));
        build(source);
        Files.writeString(folder.resolve("portal.json"), only(blocks, "json").get(0));
        Files.copy(Documents.ROOT.resolve("harness/target/openlines.jar"), folder.resolve("openlines.jar"));

        awaitLine(start(shell.get(1), "portal", ""), "portal ready at ");
        Matcher port = Pattern.compile("http://127.0.0.1:(\\d+)/\"")
                .matcher(only(blocks, "json").get(0));
        assertThat(port.find()).isTrue();
        Path printed = start(shell.get(2), "app", port.group(1));
        awaitLine(printed, "receiver ready at ");
        Path closed = start(shell.get(3), "curl", "");
        assertThat(processes.get(2).waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(processes.get(2).exitValue()).as(Files.readString(closed)).isZero();

        awaitLine(printed, "closed chat 17");
        assertThat(folder.resolve("openlines.db")).isNotEmptyFile();
    }

    @Test
    void thePageAsksForWhatThisBuildHas() throws IOException {
        String pom = only(
                        Documents.blocks(
                                "docs/getting-started.md",
                                Files.readString(Documents.ROOT.resolve("docs/getting-started.md"))),
                        "xml")
                .get(0);
        List<String> jars = Arrays.stream(classPath())
                .map(entry -> Path.of(entry).getFileName().toString())
                .toList();

        assertThat(DEPENDENCY.matcher(pom).results().toList())
                .hasSize(4)
                .allSatisfy(found -> assertThat(jars).contains(found.group(2) + "-" + found.group(3) + ".jar"));
    }

    private void build(Path source) throws Exception {
        Path classes = Files.createDirectories(folder.resolve("target/classes"));
        Path jars = Files.createDirectories(folder.resolve("target/dependency"));
        for (String entry : classPath()) {
            Path jar = Path.of(entry);
            if (NEEDED.matcher(jar.getFileName().toString()).matches()) {
                Files.copy(jar, jars.resolve(jar.getFileName()));
            }
        }
        String javac = Path.of(System.getProperty("java.home"), "bin", "javac").toString();
        Process compiler = new ProcessBuilder(
                        javac, "--release", "17", "-cp", jars + "/*", "-d", classes.toString(), source.toString())
                .inheritIO()
                .start();
        assertThat(compiler.waitFor()).isZero();
    }

    private Path start(String command, String name, String port) throws IOException {
        Path output = folder.resolve(name + ".txt");
        // The shell becomes the command, so that ending the one ends the other.
        String own = command.contains("exec ") ? command : "exec " + command;
        ProcessBuilder shell = new ProcessBuilder("sh", "-e", "-c", own);
        shell.environment()
                .merge(
                        "PATH",
                        Path.of(System.getProperty("java.home"), "bin") + File.pathSeparator,
                        (old, java) -> java + old);
        if (!port.isEmpty()) {
            shell.environment().put("OPENLINES_PORT", port);
        }
        processes.add(shell.directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start());
        return output;
    }

    private static void awaitLine(Path output, String beginning) throws IOException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (Files.readString(output).lines().noneMatch(line -> line.startsWith(beginning))) {
            assertThat(System.nanoTime())
                    .as("no line begins with '%s' in: %s", beginning, Files.readString(output))
                    .isLessThan(deadline);
            LockSupport.parkNanos(50_000_000);
        }
    }

    private static List<String> only(List<Documents.Block> blocks, String language) {
        return blocks.stream()
                .filter(block -> block.language().equals(language))
                .map(Documents.Block::text)
                .toList();
    }

    private static String[] classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                .split(File.pathSeparator);
    }

    private static String freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return Integer.toString(socket.getLocalPort());
        }
    }
}
