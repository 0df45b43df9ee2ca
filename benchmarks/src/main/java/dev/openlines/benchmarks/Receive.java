// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The whole way from the socket to the acknowledgement under load, beside a Jetty handler that does nothing, what the stores
 * take without a request, and receivers as teams write them ({@link Rivals}): each kind a process of its own, each measured
 * in turn in every round, so that a machine that grows slower grows slower for all; medians. Of a kind that handles, the
 * time counts until the last event is handled. The load is {@code wrk}'s, on the same cores, no body twice. A kind whose
 * tool or database is missing is skipped by name.
 */
public final class Receive {

    private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([\\d.]+)");
    private static final Pattern OTHER = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");
    private static final Pattern PERCENTILE = Pattern.compile("(50|99)%\\s+([\\d.]+)(us|ms|s)\\b");

    private static final List<String> KINDS = List.of(
            "bare",
            "memory",
            "sqlite",
            "postgresql",
            "handled-sqlite",
            "handled-postgresql",
            "express",
            "php",
            "spring",
            "raw-sqlite",
            "raw-postgresql");

    static final int[] CONNECTIONS = {1, 16, 128};

    /** The rounds before the first that counts: a JVM compiles the code of a commit for half a minute of load. */
    private static final int WARM_UP = 3;

    /** Stands in a body for numbers that the load fills in; nothing else there looks like it. */
    private static final long PLACE = 7_777_777_777L;

    private final Path directory;
    private final int seconds;
    /** The database, or null if it cannot be started here. */
    private final @Nullable EmbeddedPostgres postgres;

    private final AtomicLong nextChat = new AtomicLong(1);

    Receive(Path directory, int seconds, @Nullable EmbeddedPostgres postgres) {
        this.directory = directory;
        this.seconds = seconds;
        this.postgres = postgres;
    }

    /** The result of one run of wrk. CPU and bytes are those of the receiving process for a request; bytes are 0 if unknown. */
    record Run(double rate, double p50, double p99, double cpuMicros, double bytes) {}

    /** Nanoseconds of CPU, allocated bytes, handled events. */
    record Used(long cpuNanos, long bytes, long handled) {}

    /** A process that receives. It says what it has used unless {@code out} is null. */
    record Server(String kind, Process process, @Nullable BufferedReader out, int port) {

        Used used() throws IOException {
            if (out == null) {
                return new Used(Rivals.cpuNanos(process), 0, 0);
            }
            OutputStream in = process.getOutputStream();
            in.write('\n');
            in.flush();
            String[] numbers = out.readLine().split(" ");
            return new Used(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2]));
        }

        boolean handles() {
            return kind.startsWith("handled-");
        }
    }

    /**
     * Measures and prints a table.
     *
     * @param args rounds (5), seconds of each run (8), and kinds (all of them)
     * @throws Exception if it cannot, as without {@code wrk}
     */
    public static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 8;
        Path directory = Files.createTempDirectory("openlines-receive");
        List<Server> servers = new ArrayList<>();
        try (EmbeddedPostgres postgres = postgres()) {
            Receive receive = new Receive(directory, seconds, postgres);
            for (String kind : args.length > 2 ? List.of(args[2].split(",")) : KINDS) {
                try {
                    servers.add(receive.start(kind));
                } catch (IOException e) {
                    System.out.println("skipped " + kind + ": " + e.getMessage());
                }
            }
            Map<String, List<Run>> runs = receive.measure(servers, rounds);
            print(runs);
            System.out.println();
            ReceiveGoals.print(runs);
        } finally {
            for (Server server : servers) {
                List<ProcessHandle> all =
                        new ArrayList<>(server.process().descendants().toList());
                all.add(server.process().toHandle());
                all.forEach(ProcessHandle::destroy);
                // Each may remove files of its own as it ends.
                for (ProcessHandle each : all) {
                    each.onExit().get(30, TimeUnit.SECONDS);
                }
            }
            try (var files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static @Nullable EmbeddedPostgres postgres() {
        try {
            return EmbeddedPostgres.builder()
                    .setServerConfig("shared_buffers", "128MB")
                    .start();
        } catch (IOException | RuntimeException e) {
            System.out.println("PostgreSQL does not start here: " + e.getMessage());
            return null;
        }
    }

    private Server start(String kind) throws Exception {
        return switch (kind) {
            case "express" -> Rivals.express(directory);
            case "php" -> Rivals.php(directory);
            case "spring" -> Rivals.spring(directory, place(kind));
            default -> start(kind, place(kind));
        };
    }

    /** Returns the store of a kind, which shares it with no other kind. */
    private String place(String kind) throws IOException, SQLException {
        if (!kind.endsWith("postgresql") && !kind.equals("spring")) {
            String file = directory.resolve(kind + ".db").toString();
            return kind.startsWith("raw-") ? "jdbc:sqlite:" + file : file;
        }
        if (postgres == null) {
            throw new IOException("there is no PostgreSQL");
        }
        String schema = kind.replace('-', '_');
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create schema " + schema);
        }
        return postgres.getJdbcUrl("postgres", "postgres") + "&currentSchema=" + schema
                + (kind.startsWith("raw-") ? "&reWriteBatchedInserts=true" : "");
    }

    private Map<String, List<Run>> measure(List<Server> servers, int rounds) throws Exception {
        Map<String, List<Run>> runs = new LinkedHashMap<>();
        for (int round = -WARM_UP; round < rounds; round++) {
            for (int connections : CONNECTIONS) {
                for (Server server : servers) {
                    Run run = server.kind().startsWith("raw-") ? raw(server, connections) : load(server, connections);
                    if (round >= 0) {
                        runs.computeIfAbsent(server.kind() + " " + connections, key -> new ArrayList<>())
                                .add(run);
                    }
                }
            }
        }
        return runs;
    }

    private static void print(Map<String, List<Run>> runs) {
        System.out.println("| kind | connections | requests/s | slowest to fastest round | of bare |"
                + " of one sync each | p50 ms | p99 ms | CPU µs | of bare | bytes |");
        System.out.println("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        runs.forEach((name, all) -> {
            String[] parts = name.split(" ");
            List<Run> bare = runs.getOrDefault("bare " + parts[1], all);
            List<Run> single = runs.getOrDefault(parts[0] + " 1", all);
            boolean durable = !parts[0].equals("bare") && !parts[0].equals("memory");
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %s | %.0f | %.0f – %.0f | %.2f | %s | %.2f | %.2f | %.1f | %.2f | %.0f |%n",
                    parts[0],
                    parts[1],
                    median(all, Run::rate),
                    all.stream().mapToDouble(Run::rate).min().orElseThrow(),
                    all.stream().mapToDouble(Run::rate).max().orElseThrow(),
                    median(all, Run::rate) / median(bare, Run::rate),
                    durable
                            ? String.format(Locale.ROOT, "%.1f", median(all, Run::rate) / median(single, Run::rate))
                            : "",
                    median(all, Run::p50),
                    median(all, Run::p99),
                    median(all, Run::cpuMicros),
                    median(all, Run::cpuMicros) / median(bare, Run::cpuMicros),
                    median(all, Run::bytes));
        });
    }

    static double median(List<Run> runs, ToDoubleFunction<Run> what) {
        return runs.stream().mapToDouble(what).sorted().toArray()[runs.size() / 2];
    }

    /**
     * Starts a process of ours.
     *
     * @param prefix a command that starts it, such as one that pins it to a core
     */
    Server start(String kind, String place, String... prefix) throws IOException {
        List<String> command = new ArrayList<>(List.of(prefix));
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-cp",
                System.getProperty("java.class.path")));
        if (kind.startsWith("raw-")) {
            command.addAll(List.of(RawStore.class.getName(), place));
        } else {
            command.addAll(List.of(ReceiveServer.class.getName(), kind, place));
        }
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String port = out.readLine();
        if (port == null) {
            throw new IllegalStateException("expected " + kind + " to print its port but it ended");
        }
        return new Server(kind, process, out, Integer.parseInt(port));
    }

    /** Lets a store commit as many rows at a time as there would be connections. */
    private Run raw(Server server, int connections) throws IOException {
        BufferedReader out = server.out();
        if (out == null) {
            throw new IllegalStateException("expected a process that answers");
        }
        long before = Rivals.cpuNanos(server.process());
        OutputStream in = server.process().getOutputStream();
        in.write((connections + " " + seconds + "\n").getBytes(StandardCharsets.US_ASCII));
        in.flush();
        String[] numbers = out.readLine().split(" ");
        double rate = Double.parseDouble(numbers[0]);
        return new Run(
                rate,
                Double.parseDouble(numbers[1]),
                Double.parseDouble(numbers[2]),
                (Rivals.cpuNanos(server.process()) - before) / 1000.0 / rate / seconds,
                0);
    }

    Run load(Server server, int connections) throws Exception {
        long first = nextChat.getAndAdd(10_000_000);
        Path script = Files.writeString(directory.resolve("load" + first + ".lua"), script(first));
        Used before = server.used();
        Process wrk = new ProcessBuilder(
                        "wrk",
                        "-t1",
                        "-c" + connections,
                        "-d" + seconds + "s",
                        "--latency",
                        "-s",
                        script.toString(),
                        "http://127.0.0.1:" + server.port() + "/")
                .redirectErrorStream(true)
                .start();
        String report = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        wrk.waitFor();
        Files.delete(script);
        if (OTHER.matcher(report).find()) {
            throw new IOException(
                    "expected every event to be acknowledged by " + server.kind() + " but wrk says " + report);
        }
        double requests = number(RATE, report) * seconds;
        long ended = System.nanoTime();
        Used after = server.used();
        while (server.handles() && after.handled() - before.handled() < requests) {
            if (System.nanoTime() - ended > TimeUnit.MINUTES.toNanos(2)) {
                throw new IOException("expected " + server.kind() + " to handle what it has acknowledged");
            }
            Thread.sleep(5);
            after = server.used();
        }
        double took = seconds + (server.handles() ? (System.nanoTime() - ended) / 1e9 : 0);
        return new Run(
                requests / took,
                percentile(report, "50"),
                percentile(report, "99"),
                (after.cpuNanos() - before.cpuNanos()) / 1000.0 / requests,
                (after.bytes() - before.bytes()) / requests);
    }

    private static double number(Pattern pattern, String report) throws IOException {
        Matcher matcher = pattern.matcher(report);
        if (!matcher.find()) {
            throw new IOException("expected a report of wrk but found " + report);
        }
        return Double.parseDouble(matcher.group(1));
    }

    /** Milliseconds. */
    private static double percentile(String report, String which) throws IOException {
        Matcher matcher = PERCENTILE.matcher(report);
        while (matcher.find()) {
            if (matcher.group(1).equals(which)) {
                double value = Double.parseDouble(matcher.group(2));
                return switch (matcher.group(3)) {
                    case "us" -> value / 1000;
                    case "ms" -> value;
                    default -> value * 1000;
                };
            }
        }
        throw new IOException("expected percentiles but found " + report);
    }

    /** Returns the script of a load: the platform's form, about 833 bytes, of another chat each time. */
    private static String script(long firstChat) {
        String[] parts = body(PLACE, PLACE).split(Long.toString(PLACE));
        return """
            local chat = %d
            local headers = { ["Content-Type"] = "application/x-www-form-urlencoded" }
            function request()
              chat = chat + 1
              local id = string.format("%%d", chat)
              return wrk.format("POST", "/", headers, "%s" .. id .. "%s" .. id .. "%s" .. os.time() .. "%s")
            end
            """.formatted(firstChat, parts[0], parts[1], parts[2], parts[3]);
    }

    /** Returns the platform's form, of a chat that was closed at a second. */
    static String body(long chat, long ts) {
        return "event=ONSESSIONFINISH&event_handler_id=12&data%5BDATA%5D%5Bconnector%5D%5Bconnector_id%5D=livechat"
                + "&data%5BDATA%5D%5Bconnector%5D%5Bline_id%5D=1&data%5BDATA%5D%5Bconnector%5D%5Bchat_id%5D=" + chat
                + "&data%5BDATA%5D%5Bconnector%5D%5Buser_id%5D=10&data%5BDATA%5D%5Bchat%5D%5Bchat_id%5D=" + chat
                + "&data%5BDATA%5D%5Bline%5D%5Bid%5D=1&data%5BDATA%5D%5Bline%5D%5Bname%5D=Open+channel&ts=" + ts
                + "&auth%5Baccess_token%5D=" + "6".repeat(70)
                + "&auth%5Bexpires%5D=1760003600&auth%5Bexpires_in%5D=3600&auth%5Bscope%5D=imopenlines"
                + "&auth%5Bdomain%5D=portal.bitrix24.com"
                + "&auth%5Bserver_endpoint%5D=https%3A%2F%2Foauth.bitrix.info%2Frest%2F&auth%5Bstatus%5D=L"
                + "&auth%5Bclient_endpoint%5D=https%3A%2F%2Fportal.bitrix24.com%2Frest%2F&auth%5Bmember_id%5D="
                + ReceiveServer.MEMBER + "&auth%5Buser_id%5D=1&auth%5Bapplication_token%5D=" + ReceiveServer.TOKEN;
    }
}
