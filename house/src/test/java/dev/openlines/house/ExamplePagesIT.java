// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import dev.openlines.testkit.KafkaCluster;
import dev.openlines.testkit.RequiresTool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the commands of the examples' pages, which build an example and start it, in a copy of this project's sources. The
 * ports are free ones.
 */
@RequiresTool("mvn")
@Tag("long")
@Timeout(7200)
class ExamplePagesIT {

    private static final String QUICKSTART = "examples/quickstart/README.md";
    private static final String SPRING_BOOT = "examples/spring-boot/README.md";
    private static final String CLOSED_CHATS = "examples/closed-chats/README.md";
    private static final String KAFKA = "examples/kafka-workers/README.md";
    private static final String DEPLOYING = "docs/deploying.md";

    @TempDir
    private static Path folder;

    private static StockMaven maven;
    private static Path checkout;

    private final List<Process> processes = new ArrayList<>();

    @BeforeAll
    static void copyTheSources() throws IOException {
        maven = new StockMaven(folder);
        checkout = maven.checkout();
    }

    @AfterEach
    void stop() throws Exception {
        for (Process process : processes) {
            process.destroy();
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        }
        try (Stream<Path> files = Files.list(checkout)) {
            for (Path file : files.toList()) {
                if (file.getFileName().toString().matches("openlines.*\\.db.*|token\\.key")) {
                    Files.delete(file);
                }
            }
        }
    }

    /**
     * Returns the first block of commands of a page: its first line, which builds, and the others. Only {@link #DEPLOYING} has
     * a second block, which {@code DeployIT} of the quickstart runs.
     */
    private static List<String> commands(String page) throws IOException {
        List<Documents.Block> blocks = Documents.blocks(page, Files.readString(Documents.ROOT.resolve(page))).stream()
                .filter(block -> block.language().equals("sh"))
                .toList();
        assertThat(blocks).hasSize(page.equals(DEPLOYING) ? 2 : 1);
        String text = blocks.get(0).text();
        assertThat(text).startsWith("mvn -q ");
        int end = text.indexOf('\n') + 1;
        return List.of(text.substring(0, end), text.substring(end));
    }

    /** Starts commands; the last one goes on, and its shell becomes it. Returns what it prints, up to a text at least. */
    private Path startAndAwait(String commands, Map<String, String> environment, String text) throws IOException {
        Path output = Files.createTempFile(folder, "started", ".txt");
        int last = commands.lastIndexOf("java ");
        ProcessBuilder shell = StockMaven.shell(
                        commands.substring(0, last) + "exec " + commands.substring(last), checkout)
                .redirectOutput(output.toFile());
        shell.environment().putAll(environment);
        Process process = shell.start();
        processes.add(process);
        Await.until(() -> text + " in " + output, () -> {
            String printed = Files.readString(output);
            assertThat(process.isAlive()).as(printed).isTrue();
            return printed.contains(text);
        });
        return output;
    }

    @Test
    void theQuickstartIsBuiltAndStarted() throws Exception {
        List<String> commands = commands(QUICKSTART);
        maven.finish(commands.get(0), checkout);

        startAndAwait(commands.get(1), Map.of("OPENLINES_PORT", "0"), "receiver ready at http://127.0.0.1:");
    }

    @Test
    void theJarToDeployIsBuiltWithoutTests() throws Exception {
        List<String> commands = commands(DEPLOYING);
        assertThat(commands.get(1)).isEmpty();
        Path jar = checkout.resolve("examples/quickstart/target/quickstart.jar");
        Files.deleteIfExists(jar);

        maven.finish(commands.get(0), checkout);

        assertThat(jar).isNotEmptyFile();
    }

    @Test
    void theSpringBootApplicationIsBuiltAndStarted() throws Exception {
        List<String> commands = commands(SPRING_BOOT);
        maven.finish(commands.get(0), checkout);

        startAndAwait(commands.get(1), Map.of(), "Started Application in ");
    }

    @Test
    void kafkaWorkersAreBuiltAndHandleWhatIsSent() throws Exception {
        List<String> commands = commands(KAFKA);
        maven.finish(commands.get(0), checkout);
        try (KafkaCluster cluster = KafkaCluster.start(1)) {
            String all = commands.get(1).replace("localhost:9092", cluster.servers());
            String setting = all.substring(0, all.indexOf('\n') + 1);
            assertThat(setting).isEqualTo("export OPENLINES_INBOX=kafka:" + cluster.servers() + "/shop\n");
            int end = all.indexOf(" receive\n") + " receive\n".length();
            Path receiver = startAndAwait(
                    setting + all.substring(setting.length(), end).replace("8081", "0"),
                    Map.of(),
                    "receiver ready at ");
            Path worker = startAndAwait(setting + all.substring(end), Map.of(), "worker ready");
            String url = Files.readString(receiver).replaceFirst("(?s).*receiver ready at (\\S+).*", "$1");
            Matcher send = Pattern.compile("`java -jar openlines.jar (send [^`]*)`")
                    .matcher(Files.readString(Documents.ROOT.resolve(KAFKA)));
            assertThat(send.find()).isTrue();

            maven.finish(
                    "java -jar '" + Documents.ROOT.resolve("harness/cli/target/openlines.jar") + "' "
                            + send.group(1).replace("http://127.0.0.1:8081/", url),
                    checkout);

            Await.until(
                    () -> "a hundred chats in " + worker,
                    () -> Files.readAllLines(worker).stream()
                                    .filter(line -> line.startsWith("closed chat="))
                                    .distinct()
                                    .count()
                            == 100);
        }
    }

    @Test
    void closedChatsIsBuiltSetUpAndStarted() throws Exception {
        List<String> commands = commands(CLOSED_CHATS);
        String password = "java -jar examples/closed-chats/target/closed-chats.jar hash-password\n";
        int settings = commands.get(1).indexOf(password) + password.length();
        assertThat(settings).isGreaterThan(password.length());
        Path typed = Files.writeString(folder.resolve("password.txt"), "a-password-of-the-test\n");
        maven.finish(commands.get(0), checkout);

        maven.finish(commands.get(1).substring(0, settings).strip() + " <" + typed, checkout);
        String hash = maven.output().lines().reduce("", (first, second) -> second);

        assertThat(hash).startsWith("pbkdf2-sha256:");
        startAndAwait(
                commands.get(1).substring(settings).replace("what-hash-password-printed", hash),
                Map.of("OPENLINES_PORT", "0", "OPENLINES_PAGE_PORT", "0"),
                "page ready at http://127.0.0.1:");
    }
}
