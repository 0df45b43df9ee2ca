// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.contract.CaseResult;
import dev.openlines.contract.ContractReport;
import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.EffectSource;
import dev.openlines.contract.Level;
import dev.openlines.contract.Profile;
import dev.openlines.contract.Verdict;
import dev.openlines.model.Secret;
import dev.openlines.testkit.Fronts;
import dev.openlines.testkit.RequiresTool;
import dev.openlines.testkit.SomeAtATime;
import java.io.File;
import java.io.IOException;
import java.net.BindException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The handler passes the contract as each kind, and a copy with one fault fails the case of that fault. */
@RequiresTool({"nginx", "python3"})
@Tag("long")
class HookTest {

    private static final String MEMBER_ID = "7d1c0a52e84f4b3f9a6be0c15d2f8e37";
    private static final Secret PROOF = Secret.of("0e462097431906509019562988736854");
    private static final Path SOURCE = Path.of("src/main/java/dev/openlines/examples/spring/Hook.java");
    private static final String CLASSES = System.getProperty("java.class.path");

    /** For the effects of a handler that fails its case anyway. */
    private static final Duration TOO_SHORT = Duration.ofSeconds(2);

    /** Left to {@code -Dselftest=true}: what loads the machine or waits long. */
    private static final String[] LONG = {
        "OSF-C-122", "OSF-C-304", "OSF-C-314", "OSF-C-411", "OSF-C-413", "OSF-C-424", "OSF-C-509"
    };

    private enum Kind {
        SETTINGS_ONLY,
        INSTALLING,
        PROXIED,
        QUEUED
    }

    /** A copy with one part of the source replaced, and the must-cases that it then fails, its own first. */
    private record Mutant(String ids, String part, String instead) {

        String number() {
            return ids.split(" ")[0];
        }

        List<String> failures() {
            return Stream.of(ids.split(" ")).map(one -> "OSF-C-" + one).sorted().toList();
        }
    }

    private static final List<Mutant> MUTANTS = List.of(
            new Mutant("013", "number.group(1));", "Long.toString((long) Double.parseDouble(number.group(1))));"),
            new Mutant("105 104 121 126", "\n                && equal(form.get(\"auth[member_id]\"), memberId)", ""),
            new Mutant("207 218 522", "number.matches()", "number.find()"),
            new Mutant(
                    "502",
                    "Files.createLink(file, part);",
                    "Files.writeString(file, content, StandardOpenOption.CREATE, StandardOpenOption.APPEND);"),
            new Mutant("603", "return 503;", "return 200;"),
            new Mutant("017", " || Files.exists(store.resolve(\"uninstalled\"))", ""));

    @TempDir
    private Path folder;

    @RegisterExtension
    private final SomeAtATime some = SomeAtATime.of(Integer.getInteger("matrix.jobs", 2));

    @TestFactory
    Stream<DynamicTest> itPassesCoreAndDurableAsEachKind() {
        boolean whole = Boolean.getBoolean("selftest");
        List<DynamicTest> tests = new ArrayList<>();
        for (int i = 0; i < Integer.getInteger("matrix.seeds", whole ? 10 : 1); i++) {
            int seed = 2_300 + Integer.getInteger("matrix.from", 0) + i;
            List<Kind> kinds = List.of(Kind.values());
            for (Kind kind : kinds) {
                if (Boolean.getBoolean("matrix.turns") && kinds.get(seed % kinds.size()) != kind) {
                    continue;
                }
                String name = "spring " + kind + " seed " + seed;
                Future<ContractReport> report = some.submit(() -> noted(
                        name,
                        suite(CLASSES, folder.resolve(kind + "-" + seed), kind)
                                .seed(seed)
                                .exclude(whole && !Boolean.getBoolean("matrix.quick") ? new String[0] : LONG)
                                .run()));
                tests.add(DynamicTest.dynamicTest(name, () -> assertRight(report.get())));
            }
        }
        return tests.stream();
    }

    private static void assertRight(ContractReport report) {
        String failed = report.results().stream()
                .filter(result -> result.verdict() == Verdict.FAIL)
                .map(CaseResult::toString)
                .collect(Collectors.joining("\n"));
        assertThat(report.ids(Level.MUST, Verdict.FAIL)).as(failed).isEmpty();
        // Its portal comes from settings, so it takes no new token.
        assertThat(report.ids(Level.SHOULD, Verdict.FAIL)).as(failed).isSubsetOf("OSF-C-019");
        // Cases that need captures, a second portal, calls to the portal, or a hook that slows the handler down.
        assertThat(report.ids(Level.MUST, Verdict.NOT_OBSERVED))
                .isSubsetOf("OSF-C-104", "OSF-C-512", "OSF-C-513", "OSF-C-514", "OSF-C-517", "OSF-C-605");
        assertThat(report.exitCode(Level.MUST, false)).isEqualTo(ContractReport.PASSED);
    }

    @TestFactory
    Stream<DynamicTest> aCopyWithOneFaultFailsItsCase() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        for (Mutant mutant : MUTANTS) {
            String classes = compiled(mutant);
            Path own = folder.resolve("mutant-" + mutant.number());
            boolean selftest = Boolean.getBoolean("selftest");
            for (int i = 0; i < (selftest && mutant.number().equals("502") ? 10 : 1); i++) {
                int seed = 2_300 + i;
                // The case of a race is enough to see how often the race shows.
                boolean whole = selftest && i == 0;
                String name = "spring mutant " + mutant.number() + " seed " + seed;
                Future<ContractReport> report = some.submit(() -> {
                    ContractSuite suite = suite(classes, Path.of(own + "-" + seed), Kind.INSTALLING)
                            .seed(seed);
                    return noted(
                            name,
                            (whole
                                            ? suite.exclude(LONG)
                                            : suite.only(mutant.number()).settle(TOO_SHORT))
                                    .run());
                });
                tests.add(DynamicTest.dynamicTest(
                        name,
                        () -> assertThat(report.get().ids(Level.MUST, Verdict.FAIL))
                                .containsExactlyElementsOf(
                                        whole ? mutant.failures() : List.of("OSF-C-" + mutant.number()))));
            }
        }
        return tests.stream();
    }

    /** Compiles the copy, and returns the class path that has it first. */
    private String compiled(Mutant mutant) throws IOException {
        String text = Files.readString(SOURCE);
        assertThat(text).contains(mutant.part());
        Path copy = Files.createDirectories(folder.resolve("source-" + mutant.number()))
                .resolve("Hook.java");
        Files.writeString(copy, text.replace(mutant.part(), mutant.instead()));
        Path classes = Files.createDirectories(folder.resolve("classes-" + mutant.number()));
        int code = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-proc:none",
                        "-parameters",
                        "-d",
                        classes.toString(),
                        "-cp",
                        CLASSES,
                        copy.toString());
        assertThat(code).isZero();
        return classes + File.pathSeparator + CLASSES;
    }

    private static ContractReport noted(String name, ContractReport report) throws IOException {
        String output = System.getProperty("matrix.output");
        if (output != null) {
            String line = name + " | exit " + report.exitCode(Level.MUST, false) + " | must "
                    + report.ids(Level.MUST, Verdict.FAIL) + " | should " + report.ids(Level.SHOULD, Verdict.FAIL)
                    + "\n";
            Files.writeString(Path.of(output), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
        return report;
    }

    /** Returns a port below the range that systems use for outgoing connections. The suite makes many. */
    static int freePort() throws IOException {
        SplittableRandom random = new SplittableRandom();
        for (int tried = 1; ; tried++) {
            try (ServerSocket socket = new ServerSocket(random.nextInt(20_000, 32_000))) {
                return socket.getLocalPort();
            } catch (BindException e) {
                if (tried == 100) {
                    throw e;
                }
            }
        }
    }

    private static ContractSuite suite(String classes, Path own, Kind kind) throws IOException {
        int port = freePort();
        int inner = kind == Kind.PROXIED || kind == Kind.QUEUED ? freePort() : port;
        Path store = Files.createDirectories(own.resolve("store"));
        String handler = "MEMBER_ID=" + MEMBER_ID + " APPLICATION_TOKEN=" + PROOF.reveal() + " PORT=" + inner
                + " STORE='" + store + "' exec '" + Path.of(System.getProperty("java.home"), "bin", "java")
                + "' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '" + classes + "' dev.openlines.examples.spring.Hook";
        String command = switch (kind) {
            case PROXIED -> Fronts.proxied(handler, port, inner, own.resolve("front"));
            case QUEUED -> Fronts.queued(handler, port, inner, own.resolve("front"));
            default -> handler;
        };
        ContractSuite suite = ContractSuite.of(URI.create("http://127.0.0.1:" + port + "/hook"), MEMBER_ID, PROOF)
                .profile(Profile.DURABLE)
                .store(store)
                .evidence(EffectSource.of("cmd:find '" + store + "' -name '*.json' -exec cat {} +"))
                .brokenStore("mv '" + store + "' '" + store + ".off'", "mv '" + store + ".off' '" + store + "'")
                .ackMax(Duration.ofMinutes(1))
                .readyWithin(Duration.ofMinutes(2))
                .process(command);
        ContractSuite judged = switch (kind) {
            case SETTINGS_ONLY -> suite.settingsOnly();
            case INSTALLING -> suite.installing();
            case PROXIED -> suite.installing().proxied();
            case QUEUED -> suite.installing().queued();
        };
        return judged.settle(Duration.ofMinutes(1));
    }
}
