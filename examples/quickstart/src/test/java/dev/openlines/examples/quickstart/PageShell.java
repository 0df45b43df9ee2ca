// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A folder as the reader of a page has it, with the packaged jars in the places that the commands name, and a shell
 * that runs these commands. A test replaces only what a reader must replace, too.
 */
final class PageShell implements AutoCloseable {

    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    private static final Pattern COMMANDS = Pattern.compile("(?ms)^```sh\n(.*?)^```");

    private final Path folder;
    private final Map<String, String> environment = new HashMap<>();
    private final List<Process> processes = new ArrayList<>();

    PageShell(Path folder) throws IOException {
        this.folder = folder;
        Files.createSymbolicLink(folder.resolve("harness"), ROOT.resolve("harness"));
        Files.createSymbolicLink(folder.resolve("openlines.jar"), ROOT.resolve("harness/cli/target/openlines.jar"));
        Files.createSymbolicLink(folder.resolve("quickstart.jar"), Path.of(System.getProperty("quickstart.jar")));
    }

    /** Commands that have ended: the last one's exit code, and all that they printed. */
    record Ran(int exit, String out, String err) {}

    /** Returns the fenced commands of a page. */
    static List<String> commands(String page) throws IOException {
        return COMMANDS.matcher(text(page))
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    /** Returns the first column of the page's table with this head, without the quotes of code. */
    static List<String> firstColumn(String page, String head) throws IOException {
        List<String> column = text(page)
                .lines()
                .dropWhile(line -> !line.startsWith("| " + head + " |"))
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .map(line -> line.split("\\|")[1].strip().replace("`", ""))
                .toList();
        assertThat(column).as("the table %s of %s", head, page).isNotEmpty();
        return column;
    }

    static String text(String page) throws IOException {
        return Files.readString(ROOT.resolve(page));
    }

    /** Sets a variable for all commands that follow, as {@code export} does in a terminal. */
    void export(String name, String value) {
        environment.put(name, value);
    }

    /** Runs commands to their end. */
    Ran run(String commands) throws Exception {
        Path out = folder.resolve("printed.out");
        Path err = folder.resolve("printed.err");
        Process process = shell(commands)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        processes.add(process);
        assertThat(process.waitFor(10, TimeUnit.MINUTES)).as(commands).isTrue();
        return new Ran(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    /** Runs commands to their end, which must be a good one, and returns what they printed. */
    String done(String commands) throws Exception {
        Ran ran = run(commands);
        assertThat(ran.exit()).as("%s%n%s%s", commands, ran.out(), ran.err()).isZero();
        return ran.out();
    }

    /** Starts commands; the last one goes on, and its shell becomes it. */
    Running start(String commands) throws IOException {
        Path out = Files.createTempFile(folder, "running", ".out");
        int last = commands.lastIndexOf("java ");
        Process process = shell(commands.substring(0, last) + "exec " + commands.substring(last))
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        processes.add(process);
        return new Running(process, out);
    }

    private ProcessBuilder shell(String commands) {
        ProcessBuilder shell = new ProcessBuilder("sh", "-e", "-c", commands).directory(folder.toFile());
        String java = Path.of(System.getProperty("java.home"), "bin").toString();
        shell.environment().merge("PATH", java + File.pathSeparator, (old, ours) -> ours + old);
        shell.environment().putAll(environment);
        return shell;
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly);
    }

    /** A command that goes on, and what it has printed so far. */
    record Running(Process process, Path out) {

        String printed() throws IOException {
            return Files.readString(out);
        }

        void shows(String text) {
            Await.until(() -> text + " in " + out.toFile(), () -> printed().contains(text));
        }

        /** Returns the address that follows a text at the begin of a line, as soon as it is there. */
        URI address(String before) throws IOException {
            Await.until(
                    () -> before + " in " + out.toFile(), () -> printed().matches("(?s)(.*\n)?" + before + "\\S+\n.*"));
            return URI.create(printed().replaceFirst("(?s)(?:.*\n)?" + before + "(\\S+)\n.*", "$1"));
        }

        /** Asks it to end, as Ctrl-C does, and returns the exit code. */
        int stop() throws InterruptedException {
            process.toHandle().destroy();
            return ended();
        }

        int ended() throws InterruptedException {
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
            return process.exitValue();
        }
    }
}
