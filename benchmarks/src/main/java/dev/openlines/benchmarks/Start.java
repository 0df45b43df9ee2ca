// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The start of the packaged applications, from {@code java -jar} to the line that says they are ready, without and with a
 * class-data archive, in turn in every round; then a receiver without work: its memory, its CPU time and how often its
 * threads wake up. One whose jar was not built is skipped by name.
 */
final class Start {

    private static final int IDLE_SECONDS = 20;

    private static final String OPENLINES = "../harness/cli/target/openlines.jar";
    private static final String QUICKSTART = "../examples/quickstart/target/quickstart.jar";
    private static final String CLOSED_CHATS = "../examples/closed-chats/target/closed-chats.jar";

    private static final Map<String, String> RECEIVER = Map.of(
            "OPENLINES_HOST",
            "127.0.0.1",
            "OPENLINES_PORT",
            "0",
            "OPENLINES_MEMBER_ID",
            ReceiveServer.MEMBER,
            "OPENLINES_APPLICATION_TOKEN",
            ReceiveServer.TOKEN);

    private static final Map<String, String> PAGE = Map.of(
            "OPENLINES_HOST", "127.0.0.1",
            "OPENLINES_PORT", "0",
            "OPENLINES_PAGE_PORT", "0",
            "OPENLINES_CLIENT_ID", "local.0123456789",
            "OPENLINES_CLIENT_SECRET", "secret",
            "OPENLINES_TOKEN_KEY", "token.key",
            "OPENLINES_PAGE_USER_HEADER", "X-User",
            "OPENLINES_PAGE_URL", "https://board.example.com/",
            "OPENLINES_TRUSTED_PROXIES", "127.0.0.1");

    private static final List<Packaged> ALL = List.of(
            new Packaged("the receiver", QUICKSTART, List.of(), RECEIVER, "receiver ready at ", 600),
            new Packaged("the simulated portal", OPENLINES, List.of("portal"), Map.of(), "portal ready at ", 800),
            new Packaged("closed-chats", CLOSED_CHATS, List.of(), PAGE, "page ready at ", 1200));

    private final Path directory;

    private Start(Path directory) {
        this.directory = directory;
    }

    /**
     * A packaged application.
     *
     * @param goal the longest time of a start with an archive, in milliseconds
     */
    private record Packaged(
            String name, String jar, List<String> arguments, Map<String, String> settings, String ready, int goal) {

        Path file() {
            return Path.of(jar).toAbsolutePath().normalize();
        }
    }

    /** Runs the rounds (5). */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        Path directory = Files.createTempDirectory("openlines-start");
        try {
            new Start(directory).run(rounds);
        } finally {
            try (var files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private void run(int rounds) throws IOException, InterruptedException {
        List<Packaged> built = new ArrayList<>();
        for (Packaged application : ALL) {
            if (Files.exists(application.file())) {
                built.add(application);
            } else {
                System.out.println("skipped " + application.name() + ": there is no " + application.file());
            }
        }
        double[][] plain = new double[built.size()][rounds];
        double[][] archived = new double[built.size()][rounds];
        for (Packaged application : built) {
            if (application.settings().containsKey("OPENLINES_TOKEN_KEY")) {
                makeKey(application);
            }
            millis(application, List.of("-XX:ArchiveClassesAtExit=" + archive(application)));
        }
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < built.size(); i++) {
                Packaged application = built.get(i);
                plain[i][round] = millis(application, List.of());
                archived[i][round] = millis(application, List.of("-XX:SharedArchiveFile=" + archive(application)));
            }
        }
        System.out.println("| start | ms | by round | with an archive | by round | goal |");
        System.out.println("| --- | ---: | ---: | ---: | ---: | ---: |");
        for (int i = 0; i < built.size(); i++) {
            Arrays.sort(plain[i]);
            Arrays.sort(archived[i]);
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.0f | %.0f – %.0f | %.0f | %.0f – %.0f | %d |%n",
                    built.get(i).name(),
                    plain[i][rounds / 2],
                    plain[i][0],
                    plain[i][rounds - 1],
                    archived[i][rounds / 2],
                    archived[i][0],
                    archived[i][rounds - 1],
                    built.get(i).goal());
        }
        if (!built.isEmpty() && built.get(0).jar().equals(QUICKSTART)) {
            idle(built.get(0));
        }
    }

    private Path archive(Packaged application) {
        return directory.resolve(application.file().getFileName().toString().replace(".jar", ".jsa"));
    }

    private void makeKey(Packaged application) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        java(), "-jar", application.file().toString(), "inbox", "new-key", "token.key")
                .directory(directory.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        end(process);
    }

    private Process start(Packaged application, List<String> flags) throws IOException {
        List<String> command = new ArrayList<>(List.of(java()));
        command.addAll(flags);
        command.addAll(List.of("-jar", application.file().toString()));
        command.addAll(application.arguments());
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().putAll(application.settings());
        return builder.start();
    }

    /** Measures from the start of the process to its ready line, then asks it to end. */
    private double millis(Packaged application, List<String> flags) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        Process process = start(application, flags);
        try (BufferedReader lines = process.inputReader(UTF_8)) {
            awaitReady(application, lines);
            double millis = (System.nanoTime() - begun) / 1e6;
            // Unlike the process itself, its handle leaves the streams open.
            process.toHandle().destroy();
            lines.lines().forEach(rest -> {});
            end(process);
            return millis;
        }
    }

    private static void awaitReady(Packaged application, BufferedReader lines) throws IOException {
        StringBuilder said = new StringBuilder();
        @Nullable String line = lines.readLine();
        while (line != null && !line.startsWith(application.ready())) {
            said.append(line).append('\n');
            line = lines.readLine();
        }
        if (line == null) {
            throw new IllegalStateException(application.name() + " did not start: " + said);
        }
    }

    private static void end(Process process) throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException("a process did not end");
        }
    }

    private void idle(Packaged application) throws IOException, InterruptedException {
        Process process = start(application, List.of("-Xmx256m"));
        try (BufferedReader lines = process.inputReader(UTF_8)) {
            awaitReady(application, lines);
            Thread.sleep(IDLE_SECONDS * 1000L);
            long wakeUps = Idle.wakeUps(process.pid(), "");
            long ours = Idle.wakeUps(process.pid(), "openlines-");
            long cpu = Rivals.cpuNanos(process);
            Thread.sleep(IDLE_SECONDS * 1000L);
            System.out.printf(
                    Locale.ROOT,
                    "A receiver without work, with -Xmx256m: %.0f MB; in a second %.1f wake-ups, %.1f of them of our"
                            + " threads, and %.1f ms of CPU.%n",
                    Idle.residentMegabytes(process.pid()),
                    (Idle.wakeUps(process.pid(), "") - wakeUps) / (double) IDLE_SECONDS,
                    (Idle.wakeUps(process.pid(), "openlines-") - ours) / (double) IDLE_SECONDS,
                    (Rivals.cpuNanos(process) - cpu) / 1e6 / IDLE_SECONDS);
            process.toHandle().destroy();
            lines.lines().forEach(rest -> {});
            end(process);
        }
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }
}
