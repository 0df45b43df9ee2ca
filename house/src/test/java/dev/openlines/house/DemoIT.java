// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import dev.openlines.testkit.RequiresTool;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs README's command for the demo, in a copy of the sources with a new local repository, and reads all it prints. */
@RequiresTool({"mvn", "python3"})
@Tag("long")
// A read from a process that says nothing more cannot be interrupted.
@Timeout(value = 7200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DemoIT {

    private static final Pattern ADDRESS = Pattern.compile("http://127\\.0\\.0\\.1:\\d+/");

    private static final String BUILDING = "building the portal and the application";

    /** The lines while the first build runs, one for each module. */
    private static final List<String> MODULES = List.of(
            "  1 of 9: model",
            "  2 of 9: parser",
            "  3 of 9: client",
            "  4 of 9: receiver",
            "  5 of 9: inbox-tck",
            "  6 of 9: kafka",
            "  7 of 9: server",
            "  8 of 9: portal",
            "  9 of 9: closed-chats");

    private static final List<String> BEGIN = List.of(
            "starting a simulated portal", "starting the application", "installing the application on the portal");

    private static final List<String> RUNNING = List.of(
            "",
            "a chat is closed every few seconds, until Ctrl-C",
            "  the board:  ADDRESS  password PASSWORD",
            "  the portal: ADDRESS");

    private static final List<String> END = List.of("", "the demo has ended");

    /**
     * Begins a process group with what follows, as a terminal does for a command. Ctrl-C ends it even if the tests were
     * started in the background, for which a shell ignores interrupts.
     */
    private static final List<String> LIKE_A_TERMINAL = List.of(
            "python3",
            "-c",
            "import os, signal, sys\nos.setsid()\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\n"
                    + "os.execvp(sys.argv[1], sys.argv[1:])");

    @TempDir
    private static Path folder;

    private static StockMaven maven;
    private static Path checkout;
    private static String command = "";

    private @Nullable Process demo;

    @BeforeAll
    static void readTheCommand() throws IOException {
        String readme = Files.readString(Documents.ROOT.resolve("README.md"));
        assertThat(readme.replaceAll("\\s+", " ")).contains("With `-Ddemo.once=true` it ends after three chats.");
        command = Documents.blocks("README.md", readme).stream()
                .filter(block -> block.language().equals("sh"))
                .flatMap(block -> block.text().lines())
                .filter(line -> line.contains("-Pdemo"))
                .findFirst()
                .orElseThrow();
        maven = new StockMaven(folder);
        checkout = maven.checkout();
    }

    @AfterEach
    void kill() throws Exception {
        if (demo != null) {
            // Also if only its children are left.
            new ProcessBuilder("sh", "-c", "kill -s KILL -- -" + demo.pid())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        }
    }

    /** Sends a signal to a process and its whole group, as a terminal does. */
    private static void signal(String name, Process process) throws Exception {
        Process kill = new ProcessBuilder("sh", "-c", "kill -s " + name + " -- -" + process.pid())
                .inheritIO()
                .start();
        assertThat(kill.waitFor(1, TimeUnit.MINUTES)).isTrue();
    }

    /**
     * Returns the lines without what differs in each run, and without what a JVM says of itself or of Maven. Debian's Maven
     * resets the colors of a terminal when it ends, also if its output is none. It does so without a new line, before or
     * after the last words of the demo.
     */
    private static List<String> own(List<String> lines) {
        boolean resetLast = !lines.isEmpty() && lines.get(lines.size() - 1).matches("(\u001b\\[0?m)+");
        return lines.stream()
                .limit(resetLast ? lines.size() - 1 : lines.size())
                .filter(line -> !line.startsWith("WARNING: ") && !line.startsWith("Picked up "))
                .map(line -> line.replaceAll("\u001b\\[0?m", ""))
                .map(line -> ADDRESS.matcher(line).replaceAll("ADDRESS").replaceAll("demo-[0-9a-f]+$", "PASSWORD"))
                .toList();
    }

    @Test
    void onceItPrintsItsOwnLinesAlone() throws Exception {
        List<String> expected = begin();

        maven.finish(command + " -Ddemo.once=true", checkout);

        expected.add("3 chats closed on the portal, 3 of them on the board at ADDRESS");
        assertThat(own(maven.output().lines().toList())).isEqualTo(expected);
    }

    @Test
    void ctrlCEndsItWithOneLine() throws Exception {
        List<String> expected = begin();

        List<String> lines = untilCtrlC("  the portal: ");

        expected.addAll(RUNNING);
        expected.addAll(END);
        assertThat(own(lines)).isEqualTo(expected);
        awaitTheEnd(lines);
    }

    /** Sends the signal that a service manager sends, to the demo's own process and no other. */
    @Test
    void aSignalToTheDemoAloneEndsItsApplicationToo() throws Exception {
        List<String> lines = until(
                "exec " + command, "  the portal: ", running -> demoOf(running).destroy());

        assertThat(lines).containsOnlyOnce("the demo has ended");
        awaitTheEnd(lines);
    }

    /** Sends the signal to Maven, which does not pass it on. The pipe is open until the demo itself has ended. */
    @Test
    void aSignalToMavenAloneEndsTheDemoAndItsApplicationToo() throws Exception {
        List<String> lines = until(command + " | cat", "  the portal: ", running -> {
            ProcessHandle own = demoOf(running);
            own.parent().orElseThrow().destroy();
            Await.until("the end of the demo", () -> !own.isAlive());
        });

        assertThat(lines).containsOnlyOnce("the demo has ended");
        awaitTheEnd(lines);
    }

    /** Returns the process of the demo, which Maven has started. */
    private static ProcessHandle demoOf(Process running) {
        return running.descendants()
                .filter(process -> process.info().commandLine().orElse("").contains("dev.openlines.examples.demo.Demo"))
                .findFirst()
                .orElseThrow();
    }

    /** Waits until nothing listens at the two addresses. The application is a process of its own, which may end later. */
    private static void awaitTheEnd(List<String> lines) {
        List<URI> addresses = lines.stream()
                .map(ADDRESS::matcher)
                .filter(Matcher::find)
                .map(found -> URI.create(found.group()))
                .toList();
        assertThat(addresses).hasSize(2);
        for (URI address : addresses) {
            Await.until(() -> "the end of " + address, () -> isGone(address));
        }
    }

    @Test
    void ctrlCWhileTheApplicationStartsIsNoFailure() throws Exception {
        List<String> begin = begin();

        List<String> lines = own(untilCtrlC("starting the application"));

        // The demo may come somewhat further while it ends.
        List<String> before = begin.subList(0, begin.indexOf("starting the application") + 1);
        assertThat(lines).startsWith(before.toArray(String[]::new)).containsOnlyOnce("the demo has ended");
        assertThat(Stream.of(begin, RUNNING, END).flatMap(List::stream)).containsAll(lines);
    }

    @Test
    void theFirstBuildSaysHowFarItIsAndEndsWithCtrlC() throws Exception {
        maven.finish("rm -rf model/target examples/closed-chats/target", checkout);

        List<String> lines = own(untilCtrlC(MODULES.get(0)));

        assertThat(lines).startsWith(BUILDING + "; the first time takes some minutes", MODULES.get(0));
        assertThat(begin()).startsWith(lines.toArray(String[]::new));
    }

    /** Returns the lines that the demo begins with. Only the first build takes long, and only then the demo says so. */
    private static List<String> begin() {
        List<String> lines = new ArrayList<>(BEGIN);
        if (Files.exists(checkout.resolve("examples/closed-chats/target/closed-chats.jar"))) {
            lines.add(0, BUILDING);
        } else {
            lines.add(0, BUILDING + "; the first time takes some minutes");
            lines.addAll(1, MODULES);
        }
        return lines;
    }

    /** Runs the demo, presses Ctrl-C when it has printed a line, and returns all that it prints. */
    private List<String> untilCtrlC(String begin) throws Exception {
        return until("exec " + command, begin, running -> signal("INT", running));
    }

    /** Does something with the running demo. */
    private interface Action {
        void with(Process running) throws Exception;
    }

    /** Runs the demo by a script, acts when it has printed a line, and returns all that it prints. */
    private List<String> until(String script, String begin, Action action) throws Exception {
        ProcessBuilder shell = StockMaven.shell(script, checkout);
        shell.command().addAll(0, LIKE_A_TERMINAL);
        Process running = shell.start();
        demo = running;
        List<String> lines = new ArrayList<>();
        try (BufferedReader output = running.inputReader(UTF_8)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(line);
                if (line.startsWith(begin)) {
                    action.with(running);
                }
            }
        }
        assertThat(running.waitFor(5, TimeUnit.MINUTES)).isTrue();
        return lines;
    }

    private static boolean isGone(URI address) throws IOException {
        try (Socket socket = new Socket(address.getHost(), address.getPort())) {
            return socket.isClosed();
        } catch (ConnectException e) {
            return true;
        }
    }
}
