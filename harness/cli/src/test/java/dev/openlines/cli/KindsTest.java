// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.contract.CaseResult;
import dev.openlines.contract.ContractReport;
import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.Level;
import dev.openlines.contract.Verdict;
import dev.openlines.testkit.RequiresTool;
import dev.openlines.testkit.SomeAtATime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The suite's verdicts about the whole gallery: every right handler as every kind with ten seeds, and every mutant, which
 * fails the cases that it deserves and no others. Takes hours. {@code -Dmatrix.rows='php|node'} chooses rows, {@code
 * -Dmatrix.seeds=3} sets how many seeds, {@code -Dmatrix.turns=true} takes one kind for each seed, in turn, {@code
 * -Dmatrix.output=FILE} gets a line for each run.
 */
@RequiresTool({"php", "node", "python3", "nginx"})
@EnabledIfSystemProperty(named = "selftest", matches = "true")
@Tag("long")
class KindsTest {

    /** The cases that a race decides, and how often their mutants are tried. */
    private static final String RACE = "502";

    private static final int RACES = 10;

    /** A first seed, so that a run can be repeated. */
    private static final int SEED = 2_300;

    @TempDir
    private Path folder;

    @RegisterExtension
    private final SomeAtATime some = SomeAtATime.of(Integer.getInteger("matrix.jobs", 2));

    private static boolean isChosen(Gallery.Right right) {
        return right.file().matches("(" + System.getProperty("matrix.rows", "") + ").*");
    }

    private static boolean isTurn(Gallery.Kind kind, int seed) {
        List<Gallery.Kind> kinds = List.of(Gallery.Kind.values());
        return !Boolean.getBoolean("matrix.turns") || kinds.get(seed % kinds.size()) == kind;
    }

    @TestFactory
    Stream<DynamicTest> everyRightHandlerPassesAsEveryKind() {
        List<DynamicTest> tests = new ArrayList<>();
        for (int i = 0; i < Integer.getInteger("matrix.seeds", 10); i++) {
            int seed = SEED + Integer.getInteger("matrix.from", 0) + i;
            for (Gallery.Right right : Gallery.RIGHT) {
                for (Gallery.Kind kind : Gallery.Kind.values()) {
                    if (isChosen(right) && isTurn(kind, seed)) {
                        tests.add(right(right, kind, seed));
                    }
                }
            }
        }
        return tests.stream();
    }

    private DynamicTest right(Gallery.Right right, Gallery.Kind kind, int seed) {
        String name = right.file() + " " + kind + " seed " + seed;
        Path own = folder.resolve(name.replaceAll("\\W", "-"));
        Future<ContractReport> report = some.submit(() -> {
            ContractReport one = Gallery.suite(right, right.path(), own, kind)
                    .ackMax(Duration.ofMinutes(1))
                    .settle(Duration.ofMinutes(1))
                    .exclude(Boolean.getBoolean("matrix.quick") ? GalleryTest.LONG : new String[0])
                    .seed(seed)
                    .run();
            note(name, one);
            return one;
        });
        return DynamicTest.dynamicTest(name, () -> GalleryTest.assertRight(report.get()));
    }

    @TestFactory
    Stream<DynamicTest> everyMutantFailsExactlyItsCases() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        for (Gallery.Mutant mutant : Gallery.MUTANTS) {
            int times = mutant.number().equals(RACE) ? RACES : 1;
            for (int i = 0; isChosen(mutant.right()) && i < times; i++) {
                tests.add(mutant(mutant, SEED + i, i == 0));
            }
        }
        return tests.stream();
    }

    /** Tests a mutant, whole or by its own case alone: that is enough to see how often a race shows. */
    private DynamicTest mutant(Gallery.Mutant mutant, int seed, boolean whole) throws Exception {
        String name = mutant.right().file() + " mutant " + mutant.number() + " seed " + seed;
        Path own = folder.resolve(name.replaceAll("\\W", "-"));
        Path copy = mutant.write(own);
        Future<ContractReport> report = some.submit(() -> {
            ContractSuite suite = Gallery.suite(mutant.right(), copy, own, Gallery.Kind.INSTALLING)
                    .ackMax(Duration.ofMinutes(1))
                    .settle(Duration.ofSeconds(30))
                    .seed(seed);
            ContractReport one = (whole ? suite.exclude(GalleryTest.LONG) : suite.only(mutant.number())).run();
            note(name, one);
            return one;
        });
        return DynamicTest.dynamicTest(
                name,
                () -> assertThat(mutant.failures(report.get()))
                        .containsExactlyElementsOf(whole ? mutant.failures() : List.of("OSF-C-" + mutant.number())));
    }

    private static void note(String name, ContractReport report) throws IOException {
        String output = System.getProperty("matrix.output");
        if (output != null) {
            StringBuilder text = new StringBuilder(name)
                    .append(" | exit ")
                    .append(report.exitCode(Level.MUST, false))
                    .append(" | must ")
                    .append(report.ids(Level.MUST, Verdict.FAIL))
                    .append(" | should ")
                    .append(report.ids(Level.SHOULD, Verdict.FAIL))
                    .append(" | not observed ")
                    .append(report.ids(Level.MUST, Verdict.NOT_OBSERVED))
                    .append('\n');
            report.remarks()
                    .forEach(remark -> text.append("    ").append(remark).append('\n'));
            report.results().stream()
                    .filter(result -> result.verdict() == Verdict.FAIL)
                    .map(CaseResult::failures)
                    .forEach(failures -> text.append("    ").append(failures).append('\n'));
            synchronized (KindsTest.class) {
                Files.writeString(Path.of(output), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            }
        }
    }
}
