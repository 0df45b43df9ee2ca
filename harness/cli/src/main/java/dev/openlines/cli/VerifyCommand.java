// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.contract.Baseline;
import dev.openlines.contract.ContractCase;
import dev.openlines.contract.ContractReport;
import dev.openlines.contract.ContractRun;
import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.EffectSource;
import dev.openlines.contract.Level;
import dev.openlines.contract.Profile;
import dev.openlines.contract.ReportFormat;
import dev.openlines.model.Secret;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code openlines verify}: judges a handler. Exit codes: 0 passed and something ran, 1 a must-case
 * failed, 2 nothing ran, 3 bad input, 4 the handler was not ready, 5 inconclusive, ended by a signal or the
 * baseline no longer holds, 70 a fault of the suite.
 */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Judges a handler: nothing forged accepted, nothing acknowledged lost, nothing secret leaked.")
final class VerifyCommand implements Callable<Integer> {

    private static final Pattern TIME = Pattern.compile("([0-9]{1,7})(ms|s|m)");
    private static final Pattern SEED = Pattern.compile("(-?[0-9]{1,18})(?:@([0-9]{1,10}))?");

    enum Format {
        TREE,
        JSONL
    }

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--handler",
            required = true,
            paramLabel = "URL",
            description = "The handler; {PORT} stands for a free port if --handler-cmd uses it too.")
    private String handler = "";

    @Mixin
    private VerifyOptions options = new VerifyOptions();

    @Option(names = "--format", paramLabel = "F", description = "tree (default) or jsonl, one line for each case.")
    private Format format = Format.TREE;

    @Option(
            names = "--report",
            paramLabel = "FORMAT:FILE",
            description = "junit:FILE, html:FILE, md:FILE or jsonl:FILE. May be given several times.")
    private List<String> reports = List.of();

    @Option(names = "--baseline", paramLabel = "FILE", description = "Known failures that do not count yet, as JSON.")
    private @Nullable Path baselineFile;

    @Option(names = "--fail-on", paramLabel = "L", description = "must (default) or should.")
    private Level failOn = Level.MUST;

    @Option(names = "--progress", description = "Print each case that ended, also if stderr is no terminal.")
    private boolean progress;

    @Option(names = "--strict-evidence", description = "End with 5 if a case that counts was not observed.")
    private boolean strict;

    VerifyCommand() {}

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        List<ReportTarget> targets;
        Baseline baseline;
        ContractSuite suite;
        try {
            targets = reports.stream().map(ReportTarget::of).toList();
            baseline =
                    baselineFile == null ? Baseline.none() : Baseline.read(baselineFile, LocalDate.now(ZoneOffset.UTC));
            suite = suite();
        } catch (IllegalArgumentException e) {
            throw bad(String.valueOf(e.getMessage()));
        }
        List<ContractCase> cases = suite.cases();
        long begun = System.nanoTime();
        boolean told = progress || terminal();
        try (ContractRun run = suite.start(line -> {
            if (told || line.startsWith("WARNING")) {
                progress(err, line, begun);
            }
        })) {
            err.println("openlines: " + cases.size() + " cases; seed " + run.seed() + notApplicable());
            AtomicBoolean reported = new AtomicBoolean();
            Thread hook = new Thread(
                    () -> {
                        if (reported.compareAndSet(false, true)) {
                            interrupted(run, report -> tell(report, targets, baseline, out, err));
                        }
                    },
                    "contract-interrupted");
            Runtime.getRuntime().addShutdownHook(hook);
            ContractReport report = run.finish();
            if (!reported.compareAndSet(false, true)) {
                return ContractReport.INCONCLUSIVE;
            }
            int code = tell(report, targets, baseline, out, err);
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // The process is ending already, and the report is written.
            }
            return code;
        } catch (IllegalArgumentException | UncheckedIOException e) {
            throw bad(String.valueOf(e.getMessage()));
        }
    }

    /** Returns the remark that cases are left out because a flag was not given; empty if they were not selected. */
    private String notApplicable() {
        if (!options.only.isEmpty()) {
            return "";
        }
        String captures = options.captures == null ? without("--captures", ContractCase::captures) : "";
        boolean durable =
                String.valueOf(options.profile).toUpperCase(Locale.ROOT).contains("DURABLE");
        return captures + (durable && !options.instances ? without("--instances", ContractCase::instances) : "");
    }

    private static String without(String flag, Predicate<ContractCase> left) {
        return ContractSuite.catalogue().stream()
                .filter(left)
                .map(ContractCase::id)
                .collect(Collectors.joining(", ", "; not applicable without " + flag + ": ", ""));
    }

    /**
     * Writes the report, ends the processes of the run, and ends this process with the documented exit code instead of
     * the signal's.
     */
    private static void interrupted(ContractRun run, Consumer<ContractReport> report) {
        try {
            report.accept(run.partial("interrupted"));
        } finally {
            run.close();
            Runtime.getRuntime().halt(ContractReport.INCONCLUSIVE);
        }
    }

    /** Returns whether the standard error stream is a terminal, which Java does not say. */
    private static boolean terminal() {
        try {
            return new ProcessBuilder("test", "-t", "2").inheritIO().start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private int tell(
            ContractReport report, List<ReportTarget> targets, Baseline baseline, PrintWriter out, PrintWriter err) {
        int code = report.exitCode(failOn, strict, baseline);
        out.print(
                report.text(format == Format.JSONL ? ReportFormat.JSONL : ReportFormat.TREE, failOn, strict, baseline));
        targets.forEach(target -> target.write(report, failOn, strict, baseline));
        baseline.drift(report).forEach(line -> err.println("openlines: baseline: " + line));
        report.fault().ifPresent(fault -> {
            err.println("openlines: this is a fault of openlines, please report it");
            fault.printStackTrace(err);
        });
        (format == Format.JSONL ? err : out).println(report.summary(code, baseline));
        out.flush();
        err.flush();
        return code;
    }

    private static void progress(PrintWriter err, String line, long begun) {
        long seconds = (System.nanoTime() - begun) / 1_000_000_000;
        err.println("openlines: " + line + " (" + seconds + " s)");
    }

    private ContractSuite suite() {
        String command = options.handlerCommand;
        String ready = options.ready;
        String template = handler;
        if (command != null && handler.contains("{PORT}")) {
            String port = Integer.toString(freePort());
            handler = handler.replace("{PORT}", port);
            command = command.replace("{PORT}", port);
            ready = ready == null ? null : ready.replace("{PORT}", port);
        }
        ready = pattern(ready);
        URI address = address(handler, "--handler");
        if (options.memberId.isBlank() || options.proof.isBlank()) {
            throw new IllegalArgumentException("expected a --member-id and an --application-token that are not empty");
        }
        ContractSuite suite = ContractSuite.of(address, options.memberId, Secret.of(options.proof))
                .only(ids(options.only, "--only"))
                .exclude(ids(options.exclude, "--exclude"))
                .logs(options.logs.toArray(new Path[0]));
        suite = options.proxied ? suite.proxied() : suite;
        suite = options.queued ? suite.queued() : suite;
        suite = set(suite, options.domain, ContractSuite::domain);
        suite = set(suite, options.stopSignal, ContractSuite::stopSignal);
        suite = set(suite, time(options.ackMax, "--ack-max"), ContractSuite::ackMax);
        suite = set(suite, time(options.settle, "--settle"), ContractSuite::settle);
        suite = set(suite, time(options.readyWithin, "--ready-within"), ContractSuite::readyWithin);
        suite = set(suite, time(options.timeLimit, "--time-limit"), ContractSuite::timeLimit);
        suite = set(suite, options.jobs, ContractSuite::jobs);
        suite = set(suite, options.profile, VerifyCommand::profiles);
        suite = set(suite, options.seed, VerifyCommand::seeded);
        suite = set(suite, options.level, ContractSuite::level);
        suite = set(suite, options.store, VerifyCommand::stored);
        suite = set(suite, options.captures, ContractSuite::captures);
        suite = set(suite, options.evidence, (one, source) -> one.evidence(EffectSource.of(source)));
        suite = set(suite, options.secondHandler, (one, text) -> one.secondHandler(address(text, "--second-handler")));
        if (command != null) {
            suite = ready == null ? suite.process(command) : suite.process(command, ready);
        }
        suite = options.instances ? withSecond(suite, template, address) : suite;
        if (options.secondMemberId != null && options.secondProof != null) {
            suite = suite.secondPortal(options.secondMemberId, Secret.of(options.secondProof));
        }
        if (options.slowOn != null && options.slowOff != null) {
            suite = suite.slowProcessing(options.slowOn, options.slowOff);
        }
        if (options.breakStore != null && options.mendStore != null) {
            suite = suite.brokenStore(options.breakStore, options.mendStore);
        }
        if (options.installing && options.settingsOnly) {
            throw new IllegalArgumentException("--installing and --settings-only exclude each other");
        }
        suite = options.installing ? suite.installing() : suite;
        suite = options.settingsOnly ? suite.settingsOnly() : suite;
        suite = options.goOn ? suite : suite.stopEarly();
        suite = options.webhooks ? suite.webhooks() : suite;
        suite = options.slow ? suite.slow() : suite;
        suite = options.insecure ? suite.insecure() : suite;
        return options.allowPublic ? suite.allowPublic() : suite;
    }

    /** Returns the suite with a second instance, which gets a port of its own. */
    private ContractSuite withSecond(ContractSuite suite, String template, URI first) {
        String command = String.valueOf(options.handlerCommand);
        if (!template.contains("{PORT}") || !command.contains("{PORT}")) {
            throw new IllegalArgumentException(
                    "--instances needs {PORT} in --handler and in --handler-cmd: each instance"
                            + " listens on a port of its own");
        }
        int port = freePort();
        while (port == first.getPort()) {
            port = freePort();
        }
        String place = Integer.toString(port);
        URI second = address(template.replace("{PORT}", place), "--handler");
        String own = command.replace("{PORT}", place);
        String ready = options.ready;
        return suite.secondInstance(second, own, ready == null ? null : ready.replace("{PORT}", place));
    }

    /** Returns the suite with a setting, or unchanged if the flag was not given. */
    static <T> ContractSuite set(
            ContractSuite suite, @Nullable T value, BiFunction<ContractSuite, T, ContractSuite> setting) {
        return value == null ? suite : setting.apply(suite, value);
    }

    /** Returns the suite with the seed of {@code --seed}. */
    static ContractSuite seeded(ContractSuite suite, String text) {
        Matcher seed = SEED.matcher(text);
        if (!seed.matches()) {
            throw new IllegalArgumentException("expected a number, or number@seconds, for --seed");
        }
        ContractSuite seeded = suite.seed(Long.parseLong(seed.group(1)));
        return seed.group(2) == null ? seeded : seeded.at(Instant.ofEpochSecond(Long.parseLong(seed.group(2))));
    }

    static URI address(String text, String flag) {
        try {
            URI uri = new URI(text);
            String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
            if ((scheme.equals("http") || scheme.equals("https")) && uri.getHost() != null) {
                return uri;
            }
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("expected an http or https address for " + flag, e);
        }
        throw new IllegalArgumentException("expected an http or https address for " + flag);
    }

    private static ContractSuite profiles(ContractSuite suite, String text) {
        try {
            Profile[] profiles = Stream.of(text.split(",", -1))
                    .map(name -> Profile.valueOf(name.trim().toUpperCase(Locale.ROOT)))
                    .toArray(Profile[]::new);
            return suite.profile(profiles[0], profiles);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("expected core, durable, edge or reconcile for --profile", e);
        }
    }

    private static ContractSuite stored(ContractSuite suite, String text) {
        return text.startsWith("cmd:") ? suite.storeCommand(text.substring(4)) : suite.store(Path.of(text));
    }

    private static String[] ids(List<String> texts, String flag) {
        String[] ids = texts.stream()
                .flatMap(text -> Stream.of(text.split("[, ]+")))
                .filter(id -> !id.isEmpty())
                .toArray(String[]::new);
        for (String id : ids) {
            if (ContractSuite.catalogue().stream().noneMatch(one -> one.matches(id))) {
                throw new IllegalArgumentException("expected the id of a case for " + flag + " but found '" + id + "'");
            }
        }
        return ids;
    }

    private static @Nullable String pattern(@Nullable String ready) {
        try {
            if (ready != null && !ready.startsWith("http")) {
                Pattern.compile(ready);
            }
            return ready;
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("expected an address or a regular expression for --ready", e);
        }
    }

    private static @Nullable Duration time(@Nullable String text, String flag) {
        if (text == null) {
            return null;
        }
        Matcher time = TIME.matcher(text);
        if (!time.matches()) {
            throw new IllegalArgumentException("expected a time such as 500ms, 5s or 10m for " + flag);
        }
        long number = Long.parseLong(time.group(1));
        return switch (time.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            default -> Duration.ofMinutes(number);
        };
    }

    /**
     * Returns a port for a handler that is started later. It is below the range that systems use for outgoing
     * connections. The suite makes many of these, and one of them could get the port meanwhile.
     */
    static int freePort() {
        SplittableRandom random = new SplittableRandom();
        for (int tried = 1; ; tried++) {
            try (ServerSocket socket = new ServerSocket(random.nextInt(20_000, 32_000))) {
                return socket.getLocalPort();
            } catch (IOException e) {
                if (tried == 100) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private ParameterException bad(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
