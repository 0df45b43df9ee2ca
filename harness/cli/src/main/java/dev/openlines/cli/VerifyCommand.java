// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import dev.openlines.model.Secret;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code openlines verify}: judges a handler. Exit codes: 0 passed and something ran, 1 a must-case
 * failed, 2 nothing ran, 3 bad input, 4 the handler was not ready, 5 inconclusive or the baseline no
 * longer holds, 70 a fault of the suite.
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
            description = "The handler; {PORT} stands for a free port where --handler-cmd uses it too.")
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

    @Option(names = "--baseline", paramLabel = "FILE", description = "Failures expected for a while, as JSON.")
    private @Nullable Path baselineFile;

    @Option(names = "--fail-on", paramLabel = "L", description = "must (default) or should.")
    private Level failOn = Level.MUST;

    @Option(names = "--strict-evidence", description = "A gated case that was not observed makes exit code 5.")
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
            suite = new ContractSuite(settings());
        } catch (IllegalArgumentException e) {
            throw bad(String.valueOf(e.getMessage()));
        }
        List<ContractCase> cases = suite.cases();
        long planned = cases.stream().filter(ContractCase::planned).count();
        try (Run run = suite.start()) {
            err.println("openlines: " + (cases.size() - planned) + " cases, " + planned
                    + " more are planned and NOT run; seed " + run.seed());
            long begun = System.nanoTime();
            Runner runner = new Runner(run, cases, line -> progress(err, line, begun));
            AtomicBoolean told = new AtomicBoolean();
            Thread hook = new Thread(
                    () -> {
                        if (told.compareAndSet(false, true)) {
                            tell(runner.partial("interrupted"), targets, baseline, out, err);
                        }
                    },
                    "contract-interrupted");
            Runtime.getRuntime().addShutdownHook(hook);
            ContractReport report = runner.go();
            if (!told.compareAndSet(false, true)) {
                return ContractReport.INCONCLUSIVE;
            }
            int code = tell(report, targets, baseline, out, err);
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // The process is ending already; the report is out.
            }
            return code;
        } catch (IllegalArgumentException | UncheckedIOException e) {
            throw bad(String.valueOf(e.getMessage()));
        }
    }

    private int tell(
            ContractReport report, List<ReportTarget> targets, Baseline baseline, PrintWriter out, PrintWriter err) {
        int code = report.exitCode(failOn, strict, baseline);
        if (format == Format.JSONL) {
            report.results().forEach(result -> out.println(JsonlReport.line(result)));
        } else {
            TreeReport.print(report, out);
        }
        targets.forEach(target -> target.write(report, failOn, baseline));
        baseline.drift(report).forEach(line -> err.println("openlines: baseline: " + line));
        report.fault().ifPresent(fault -> {
            err.println("openlines: this is a fault of openlines, please report it");
            fault.printStackTrace(err);
        });
        (format == Format.JSONL ? err : out).println(report.summary(code));
        out.flush();
        err.flush();
        return code;
    }

    private static void progress(PrintWriter err, String line, long begun) {
        long seconds = (System.nanoTime() - begun) / 1_000_000_000;
        err.println("openlines: " + line + " (" + seconds + " s)");
    }

    private Settings settings() {
        if (options.handlerCommand != null && handler.contains("{PORT}")) {
            String port = Integer.toString(freePort());
            handler = handler.replace("{PORT}", port);
            options.handlerCommand = options.handlerCommand.replace("{PORT}", port);
            options.ready = options.ready == null ? null : options.ready.replace("{PORT}", port);
        }
        Settings settings = new Settings(address(handler, "--handler"), options.memberId, Secret.of(options.proof));
        settings.domain = options.domain;
        settings.secondMemberId = options.secondMemberId;
        settings.secondProof = options.secondProof == null ? null : Secret.of(options.secondProof);
        settings.secondHandler =
                options.secondHandler == null ? null : address(options.secondHandler, "--second-handler");
        settings.profiles = profiles(options.profile);
        settings.only = split(options.only);
        settings.exclude = split(options.exclude);
        settings.level = options.level;
        settings.webhooks = options.webhooks;
        settings.slow = options.slow;
        settings.evidence = options.evidence == null ? null : EffectSources.of(options.evidence);
        settings.handlerCommand = options.handlerCommand;
        settings.ready = pattern(options.ready);
        settings.stopSignal = options.stopSignal;
        settings.logs = options.logs;
        settings.slowOn = options.slowOn;
        settings.slowOff = options.slowOff;
        settings.breakStore = options.breakStore;
        settings.mendStore = options.mendStore;
        settings.ackMax = time(options.ackMax, "--ack-max");
        settings.settle = time(options.settle, "--settle");
        settings.readyWithin = time(options.readyWithin, "--ready-within");
        settings.timeLimit = options.timeLimit == null ? null : time(options.timeLimit, "--time-limit");
        settings.jobs = Math.max(1, options.jobs);
        settings.insecure = options.insecure;
        settings.allowPublic = options.allowPublic;
        seed(settings, options.seed);
        if (settings.memberId.isBlank() || options.proof.isBlank()) {
            throw new IllegalArgumentException("expected a --member-id and an --application-token that are not empty");
        }
        known(settings.only, "--only");
        known(settings.exclude, "--exclude");
        return settings;
    }

    private static void known(List<String> patterns, String flag) {
        for (String pattern : patterns) {
            if (Catalogue.all().stream().noneMatch(one -> Settings.matches(one.id(), pattern))) {
                throw new IllegalArgumentException(
                        "expected the id of a case for " + flag + " but found '" + pattern + "'");
            }
        }
    }

    static void seed(Settings settings, @Nullable String text) {
        if (text == null) {
            return;
        }
        Matcher seed = SEED.matcher(text);
        if (!seed.matches()) {
            throw new IllegalArgumentException("expected a number, or number@seconds, for --seed");
        }
        settings.seed = Long.valueOf(seed.group(1));
        settings.at = seed.group(2) == null ? null : Long.valueOf(seed.group(2));
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

    private static Set<Profile> profiles(String text) {
        Set<Profile> profiles = EnumSet.noneOf(Profile.class);
        for (String name : text.split(",")) {
            try {
                profiles.add(Profile.valueOf(name.trim().toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("expected core, durable or edge for --profile", e);
            }
        }
        return profiles;
    }

    private static List<String> split(List<String> ids) {
        List<String> all = new ArrayList<>();
        ids.forEach(text -> {
            for (String id : text.split("[, ]+")) {
                if (!id.isEmpty()) {
                    all.add(id);
                }
            }
        });
        return all;
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

    private static Duration time(String text, String flag) {
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

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ParameterException bad(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
