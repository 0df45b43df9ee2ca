// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.EventJson;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.RawHttp;
import dev.openlines.testkit.RequiresTool;
import java.io.File;
import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Does what {@code docs/getting-started.md} says, in a shell: first in a copy of this project's sources, then in the
 * empty folder beside it. The commands and files are those of the page, except for the two port numbers. Maven is the
 * one on the {@code PATH}, with the plugins that it has by default.
 *
 * <p>The local repository is new. This project's artifacts get into it by the page's first command only. Maven copies
 * the artifacts of others from the repository of this build if that has them, and otherwise downloads them as on any
 * machine. The file {@code .mvn/maven.config} in both folders says so to Maven and changes nothing else.
 */
@RequiresTool({"mvn", "curl"})
@Tag("long")
class GettingStartedIT {

    private static final String PAGE = "docs/getting-started.md";

    private static final Pattern DEPENDENCY = Pattern.compile("<dependency>\\s*<groupId>([^<]+)</groupId>\\s*"
            + "<artifactId>([^<]+)</artifactId>\\s*<version>([^<]+)</version>");

    /** The class that the page's lines on JSON are compiled in. */
    private static final String BOUND = """
            import dev.openlines.model.OnSessionFinish;
            import dev.openlines.parser.EventJson;
            import jakarta.json.bind.Jsonb;
            import jakarta.json.bind.JsonbBuilder;
            import java.nio.file.Files;
            import java.nio.file.Path;

            public class Bound {

                public static void main(String[] args) throws Exception {
                    String json = Files.readString(Path.of(args[0]));
                    %s
                    System.out.println("bound chat " + closed.chats().get(0).chatId());
                }
            }
            """;

    @TempDir
    private static Path folder;

    private static StockMaven maven;

    private final List<Process> processes = new ArrayList<>();

    /** Installs the jars of this project and compiles the application with them: all steps up to the first start. */
    @BeforeAll
    static void build() throws Exception {
        maven = new StockMaven(folder);
        Path checkout = maven.checkout();
        // For readers of a report: which Maven the page was tested with.
        Files.writeString(Path.of("target", "getting-started-maven.txt"), mavenVersion(checkout) + "\n");

        List<Documents.Block> blocks = blocks("8085", "8080");
        List<String> shell = only(blocks, "sh");
        assertThat(shell).hasSize(6);
        maven.finish(shell.get(0), checkout);

        maven.configure(application());
        write(blocks, "pom.xml", "xml");
        List<String> java = only(blocks, "java");
        assertThat(java).hasSize(2);
        assertThat(page()).contains("`src/main/java/App.java`");
        Path sources = Files.createDirectories(application().resolve("src/main/java"));
        Files.writeString(sources.resolve("App.java"), java.get(0));
        Files.writeString(sources.resolve("Bound.java"), BOUND.formatted(java.get(1)));
        maven.finish(shell.get(1), application());
    }

    @AfterEach
    void stop() throws Exception {
        for (Process process : processes) {
            process.destroy();
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        }
        for (String file : List.of("openlines.db", "openlines.db-wal", "openlines.db-shm", "openlines.db.lock")) {
            Files.deleteIfExists(application().resolve(file));
        }
    }

    @Test
    void anEmptyFolderBecomesAnApplicationThatReceivesAnEvent() throws Exception {
        Path printed = closeAChat("", "");

        awaitLine(printed, "closed chat 17");
        assertThat(application().resolve("openlines.db")).isNotEmptyFile();
        assertThat(Files.readString(printed)).doesNotContain("WARN", "ERROR");
    }

    @Test
    void theLinesOnJsonBindAnEventByTheProviderThatTheReceiverBrings() throws Exception {
        byte[] body =
                "event=ONSESSIONFINISH&data[DATA][connector][chat_id]=17&data[DATA][chat][chat_id]=17&ts=1790000000"
                        .getBytes(StandardCharsets.US_ASCII);
        Files.writeString(
                application().resolve("event.json"),
                EventJson.toJson(
                        EventDecoder.lenient().decode(body, BodyFormat.FORM).event()));

        maven.finish("java -cp 'target/classes:target/dependency/*' Bound event.json", application());

        assertThat(answer()).isEqualTo("bound chat 17\n");
        assertThat(page()).contains("Eclipse Yasson");
        try (Stream<Path> jars = Files.list(application().resolve("target/dependency"))) {
            assertThat(jars).anyMatch(jar -> jar.getFileName().toString().startsWith("yasson-"));
        }
    }

    /** Makes the faults of the page's table, each by another value in the portal's file. */
    @ParameterizedTest
    @CsvSource({
        "51856fefc120afa4b628cc82d3935cce, not-the-token-of-the-portal, 403, reason=wrong-token",
        "a223c6b3710f85df22e9377d6c4f7553, b223c6b3710f85df22e9377d6c4f7553, 403, reason=refused",
        "'/bitrix24\"}]', '/\"}]', 404, ''"
    })
    void aFaultIsToldInTheAnswerAndOnTheConsole(String right, String wrong, int status, String reason)
            throws Exception {
        Path printed = closeAChat(right, wrong);

        if (!reason.isEmpty()) {
            awaitLine(printed, reason + " status=" + status);
        }
        assertThat(Files.readString(printed)).doesNotContain("closed chat", "51856fefc", "not-the-token");
        assertThat(answer()).contains("\"status\":" + status + ",");
        assertThat(page()).contains("`\"status\":" + status + "`", reason);
    }

    /** Sends what Jetty's own warnings would repeat. */
    @Test
    void nothingThatAStrangerSendsIsOnTheConsole() throws Exception {
        String port = freePort();
        Path printed = start(only(blocks(freePort(), port), "sh").get(3), "application", port);
        awaitLine(printed, "receiver ready at ");
        RawHttp receiver = new RawHttp(URI.create("http://127.0.0.1:" + port + "/"));
        for (String head : List.of(
                "GET /bitrix24 HTTP/1.1\r\nHost: canary\r\nHost: canary reason=accepted",
                "GET /canary HTTP/1.1\r\nHost: a\u009b31m canary",
                "canary /bitrix24 HTTP/1.1\r\nHost: a",
                "GET /bitrix24 canary\r\nHost: a",
                "GET /bitrix24 HTTP/1.1\r\nHost: a\r\ncanary : x",
                "GET /bitrix24 HTTP/1.1\r\nHost: a\r\nContent-Length: canary",
                "POST /bitrix24 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: canary",
                "GET http://canary/%zz HTTP/1.1\r\nHost: a")) {
            try (Socket stranger = receiver.connect()) {
                stranger.setSoTimeout(120_000);
                stranger.getOutputStream().write((head + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
                stranger.shutdownOutput();
                stranger.getInputStream().readAllBytes();
            }
        }
        stop();
        processes.clear();

        assertThat(Files.readString(printed))
                .contains("reason=started ", "reason=stopped ")
                .doesNotContain("canary", "org.eclipse.jetty", "reason=jetty-log", "\u009b");
    }

    @Test
    void aStoppedApplicationIsToldInTheAnswer() throws Exception {
        String port = freePort();
        List<String> shell = startPortal(freePort(), port, "", "");

        maven.finish(shell.get(4), application());

        assertThat(answer()).contains("nothing listens at 127.0.0.1 port " + port);
        assertThat(page()).contains("`nothing listens at 127.0.0.1 port 8080`");
    }

    @Test
    void aTakenPortIsToldByThePortalAndByTheApplication() throws Exception {
        try (ServerSocket other = new ServerSocket(0)) {
            String port = Integer.toString(other.getLocalPort());
            List<Documents.Block> blocks = blocks(port, port);
            write(blocks, "portal.json", "json");
            List<String> shell = only(blocks, "sh");

            maven.finish("code=0; " + shell.get(2).strip() + " || code=$?; [ $code = 3 ]", application());
            assertThat(answer()).startsWith("openlines: port " + port + " is taken: ");

            maven.finish("export OPENLINES_PORT=" + port + "; ! (" + shell.get(3) + ")", application());
            assertThat(answer()).contains("OPENLINES_PORT: cannot listen on port " + port + " of 127.0.0.1: ");
        }
        assertThat(page()).contains("`openlines: port 8085 is taken`", "cannot listen on port 8080 of 127.0.0.1`");
    }

    @Test
    void theApplicationIsJudgedByTheContract() throws Exception {
        maven.finish(only(blocks("8085", "8080"), "sh").get(5), application());

        assertThat(answer()).contains("openlines: PASS must-failed 0/");
        assertThat(application().resolve("judged/evidence.jsonl")).isNotEmptyFile();
    }

    @Test
    void aStoppedPortalIsToldByTheExitCode() throws Exception {
        String close = only(blocks(freePort(), freePort()), "sh").get(4);

        maven.finish("code=0; " + close.strip() + " || code=$?; [ $code = 7 ]", application());

        assertThat(answer()).isEmpty();
        assertThat(page()).contains("exit code 7");
    }

    /**
     * Checks that the page's first command installs enough. A download or the reactor of this build could hide a gap.
     */
    @Test
    void thisProjectsArtifactsAreThoseThatThePageInstalled() throws IOException {
        try (Stream<Path> files = Files.walk(maven.repository().resolve("dev/openlines"))) {
            List<Path> origins =
                    files.filter(file -> file.endsWith("_remote.repositories")).toList();
            assertThat(origins).hasSizeGreaterThan(5);
            for (Path origin : origins) {
                // The name of the repository that a file came from would stand before the equals sign.
                assertThat(Files.readAllLines(origin).stream().filter(line -> !line.startsWith("#")))
                        .as(origin.toString())
                        .isNotEmpty()
                        .allMatch(line -> line.endsWith(">="));
            }
        }
    }

    @Test
    void thePageAsksForWhatThisBuildHas() throws IOException {
        List<String> jars = Arrays.stream(
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                                .split(File.pathSeparator))
                .map(entry -> Path.of(entry).getFileName().toString())
                .toList();

        assertThat(DEPENDENCY
                        .matcher(only(blocks("8085", "8080"), "xml").get(0))
                        .results())
                .hasSize(2)
                // The binding has the version of the API; it is not on this class path, nor may it be.
                .allSatisfy(found -> assertThat(jars)
                        .contains(found.group(2).replace("slf4j-simple", "slf4j-api") + "-" + found.group(3) + ".jar"));
    }

    /** Checks that README's dependencies, without versions of their own, compile README's smallest application. */
    @Test
    void theDependenciesOfReadmeCompileItsApplication() throws Exception {
        Path project = Files.createDirectory(folder.resolve("readme"));
        maven.configure(project);
        String readme = Files.readString(Documents.ROOT.resolve("README.md"));
        List<String> dependencies = only(Documents.blocks("README.md", readme), "xml");
        assertThat(dependencies).hasSize(1);
        Files.writeString(project.resolve("pom.xml"), dependencies.get(0).replaceFirst("<project>", """
                        <project xmlns="http://maven.apache.org/POM/4.0.0">
                          <modelVersion>4.0.0</modelVersion>
                          <groupId>example</groupId>
                          <artifactId>readme</artifactId>
                          <version>1</version>
                          <properties>
                            <maven.compiler.source>17</maven.compiler.source>
                            <maven.compiler.target>17</maven.compiler.target>
                            <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
                          </properties>
                        """));
        Path source = Documents.ROOT.resolve("examples/quickstart/src/main/java");
        Path application = Path.of("dev/openlines/examples/quickstart/Quickstart.java");
        Path copy = project.resolve("src/main/java").resolve(application);
        Files.createDirectories(copy.getParent());
        Files.copy(source.resolve(application), copy);

        maven.finish("mvn -q test-compile", project);

        assertThat(project.resolve("target/classes/dev/openlines/examples/quickstart/Quickstart.class"))
                .exists();
    }

    /** Starts the portal and the application, and closes the chat. Returns what the application prints. */
    private Path closeAChat(String right, String wrong) throws Exception {
        String port = freePort();
        List<String> shell = startPortal(freePort(), port, right, wrong);
        Path printed = start(shell.get(3), "application", port);
        awaitLine(printed, "receiver ready at ");
        maven.finish(shell.get(4), application());
        return printed;
    }

    /** Starts the portal, with another value in its file. Returns the page's commands. */
    private List<String> startPortal(String portal, String application, String right, String wrong) throws Exception {
        List<Documents.Block> blocks = blocks(portal, application);
        write(blocks, "portal.json", "json");
        Path file = application().resolve("portal.json");
        assertThat(file).content().contains(right);
        Files.writeString(file, Files.readString(file).replace(right, wrong));
        List<String> shell = only(blocks, "sh");
        awaitLine(start(shell.get(2), "portal", application), "portal ready at ");
        return shell;
    }

    /** Returns what the last command of the page printed. */
    private static String answer() throws IOException {
        return maven.output();
    }

    private static String page() throws IOException {
        return Files.readString(Documents.ROOT.resolve(PAGE));
    }

    private Path start(String command, String name, String port) throws IOException {
        Path output = folder.resolve(name + ".txt");
        // The shell becomes the command, so that ending the one ends the other.
        ProcessBuilder shell = StockMaven.shell(command.replace("java -", "exec java -"), application());
        shell.environment().put("OPENLINES_PORT", port);
        processes.add(shell.redirectOutput(output.toFile()).start());
        return output;
    }

    private static String mavenVersion(Path checkout) throws Exception {
        Matcher minimum = Pattern.compile("<requireMavenVersion>\\s*<version>\\[([\\d.]+),\\)")
                .matcher(Files.readString(Documents.ROOT.resolve("pom.xml")));
        assertThat(minimum.find()).isTrue();
        maven.finish("mvn --version", checkout);
        Matcher found = Pattern.compile("Apache Maven ([\\d.]+)").matcher(answer());
        assertThat(found.find()).isTrue();
        assertThat(Runtime.Version.parse(found.group(1)))
                .isGreaterThanOrEqualTo(Runtime.Version.parse(minimum.group(1)));
        assertThat(page()).contains("Maven " + minimum.group(1));
        return found.group(1);
    }

    private static Path application() {
        return folder.resolve("my-app");
    }

    private static void write(List<Documents.Block> blocks, String file, String language) throws IOException {
        assertThat(page()).contains("`" + file + "`");
        Path path = application().resolve(file);
        Files.createDirectories(path.getParent());
        assertThat(only(blocks, language)).hasSize(1);
        Files.writeString(path, only(blocks, language).get(0));
    }

    static void awaitLine(Path output, String part) {
        AtomicReference<String> printed = new AtomicReference<>();
        Await.until(() -> "a line with '" + part + "' in: " + printed, () -> {
            printed.set(Files.readString(output));
            return printed.get().lines().anyMatch(line -> line.contains(part));
        });
    }

    private static List<Documents.Block> blocks(String portal, String application) throws IOException {
        String page = page();
        assertThat(page).contains("8085", "8080");
        return Documents.blocks(PAGE, page.replace("8085", portal).replace("8080", application));
    }

    private static List<String> only(List<Documents.Block> blocks, String language) {
        return blocks.stream()
                .filter(block -> block.language().equals(language))
                .map(Documents.Block::text)
                .toList();
    }

    /** Returns a port below those that systems give to connections, which could take it before the process does. */
    static String freePort() {
        AtomicInteger free = new AtomicInteger();
        Await.until("a free port", () -> {
            try (ServerSocket socket = new ServerSocket(new SplittableRandom().nextInt(20_000, 32_000))) {
                free.set(socket.getLocalPort());
                return true;
            } catch (BindException e) {
                return false;
            }
        });
        return Integer.toString(free.get());
    }
}
