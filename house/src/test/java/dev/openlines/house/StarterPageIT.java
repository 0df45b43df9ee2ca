// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.RequiresTool;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Does what the starter's page says, in a shell: first README's installation in a copy of this project's sources, then the
 * page's files and commands in an empty folder, beside the portal of {@code docs/getting-started.md}. Only the two port
 * numbers are others.
 */
@RequiresTool({"mvn", "curl"})
@Tag("long")
class StarterPageIT {

    private static final String PAGE = "spring-boot-starter/README.md";

    private static final List<String> FILES =
            List.of("pom.xml", "src/main/java/example/Application.java", "src/test/java/example/ClosedChatsTest.java");

    @TempDir
    private static Path folder;

    private static StockMaven maven;
    private static Path application;
    private static String run = "";

    private final List<Process> processes = new ArrayList<>();

    /** Makes the application, which runs the page's test. */
    @BeforeAll
    static void build() throws Exception {
        maven = new StockMaven(folder);
        Path checkout = maven.checkout();
        String install = commands("README.md", "8085", "8080").stream()
                .flatMap(String::lines)
                .filter(line -> line.endsWith(" install"))
                .findFirst()
                .orElseThrow();
        maven.finish(install, checkout);

        application = Files.createDirectory(folder.resolve("my-spring-app"));
        maven.configure(application);
        assertThat(page(PAGE)).contains("in a new folder `my-spring-app`", "<artifactId>my-spring-app</artifactId>");
        List<Documents.Block> files = Documents.blocks(PAGE, page(PAGE)).stream()
                .filter(block -> block.language().matches("xml|java"))
                .toList();
        assertThat(files).hasSameSizeAs(FILES);
        for (int i = 0; i < FILES.size(); i++) {
            assertThat(page(PAGE)).contains("`" + FILES.get(i) + "`");
            Path file = application.resolve(FILES.get(i));
            Files.createDirectories(file.getParent());
            Files.writeString(file, files.get(i).text());
        }
        Files.copy(checkout.resolve("harness/cli/target/openlines.jar"), application.resolve("openlines.jar"));
        List<String> shell = commands(PAGE, "8085", "8080");
        assertThat(shell).hasSize(2);
        run = shell.get(1);
        maven.finish(shell.get(0), application);
    }

    @AfterEach
    void stop() throws Exception {
        for (Process process : processes) {
            process.destroy();
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        }
    }

    @Test
    void thePageAsksForTheSpringBootOfThisBuildAndRunsItsTest() throws IOException {
        assertThat(page(PAGE)).contains("<version>" + System.getProperty("spring-boot.version") + "</version>");
        assertThat(application.resolve("target/surefire-reports/example.ClosedChatsTest.txt"))
                .content()
                .contains("Tests run: 1, Failures: 0, Errors: 0, Skipped: 0");
    }

    @Test
    void theApplicationLogsAChatThatThePortalOfGettingStartedCloses() throws Exception {
        String port = GettingStartedIT.freePort();
        List<String> first = startPortal(port);
        Path printed = start(run, "application", port);
        GettingStartedIT.awaitLine(printed, "Started Application in ");

        maven.finish(first.get(4), application);

        GettingStartedIT.awaitLine(printed, "closed chat 17 of Sales");
        assertThat(Files.readString(printed)).contains("reason=started ");
        assertThat(page(PAGE)).contains("`closed chat 17 of Sales`", "`reason=started`");
    }

    @Test
    void aTakenPortIsTold() throws Exception {
        try (ServerSocket other = new ServerSocket(0)) {
            int port = other.getLocalPort();

            maven.finish("export SERVER_PORT=" + port + "; ! (" + run + ")", application);

            assertThat(maven.output()).contains("Port " + port + " was already in use");
        }
        assertThat(page(PAGE)).contains("`Port 8080 was already in use`");
    }

    /** Starts the portal with the file of getting started, and returns the commands of that page. */
    private List<String> startPortal(String handler) throws IOException {
        String gettingStarted = "docs/getting-started.md";
        String portal = GettingStartedIT.freePort();
        String file = Documents.blocks(gettingStarted, page(gettingStarted)).stream()
                .filter(block -> block.language().equals("json"))
                .findFirst()
                .orElseThrow()
                .text();
        Files.writeString(application.resolve("portal.json"), file.replace("8080", handler));
        List<String> shell = commands(gettingStarted, portal, handler);
        GettingStartedIT.awaitLine(start(shell.get(2), "portal", handler), "portal ready at ");
        return shell;
    }

    private Path start(String command, String name, String port) throws IOException {
        Path output = folder.resolve(name + ".txt");
        // The shell becomes the command, so that ending the one ends the other.
        ProcessBuilder shell = StockMaven.shell(command.replace("java -", "exec java -"), application);
        shell.environment().put("SERVER_PORT", port);
        processes.add(shell.redirectOutput(output.toFile()).start());
        return output;
    }

    private static List<String> commands(String page, String portal, String application) throws IOException {
        return Documents.blocks(page, page(page).replace("8085", portal).replace("8080", application)).stream()
                .filter(block -> block.language().equals("sh"))
                .map(Documents.Block::text)
                .toList();
    }

    private static String page(String page) throws IOException {
        return Files.readString(Documents.ROOT.resolve(page));
    }
}
