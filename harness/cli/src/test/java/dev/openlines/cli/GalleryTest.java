// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.contract.CaseResult;
import dev.openlines.contract.ContractReport;
import dev.openlines.contract.Level;
import dev.openlines.contract.Verdict;
import dev.openlines.testkit.RequiresTool;
import dev.openlines.testkit.SomeAtATime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The handlers to copy: each is right, whatever stands before it, and a copy with one fault fails the case of that fault. */
@RequiresTool({"php", "node", "python3", "nginx"})
@Tag("long")
class GalleryTest {

    /** Left to {@code -Dselftest=true}: what loads the machine or waits long, and 019, which settings make superfluous. */
    static final String[] LONG = {
        "OSF-C-019", "OSF-C-122", "OSF-C-304", "OSF-C-314", "OSF-C-411", "OSF-C-413", "OSF-C-424", "OSF-C-509"
    };

    /** For the effects of a handler that fails its case anyway. */
    private static final Duration TOO_SHORT = Duration.ofSeconds(2);

    @TempDir
    private Path folder;

    @RegisterExtension
    private final SomeAtATime some = SomeAtATime.of(2);

    @TestFactory
    Stream<DynamicTest> eachPassesCoreAndDurableAsEachKind() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Gallery.Right right : Gallery.RIGHT) {
            for (Gallery.Kind kind : Gallery.Kind.values()) {
                Path own = folder.resolve(right.label() + "-" + kind);
                Future<ContractReport> report = some.submit(() -> Gallery.suite(right, right.path(), own, kind)
                        .ackMax(Duration.ofMinutes(1))
                        .settle(Duration.ofMinutes(1))
                        .exclude(LONG)
                        .run());
                tests.add(DynamicTest.dynamicTest(right.file() + " " + kind, () -> assertRight(report.get())));
            }
        }
        return tests.stream();
    }

    static void assertRight(ContractReport report) {
        String failed = failed(report);
        assertThat(report.ids(Level.MUST, Verdict.FAIL)).as(failed).isEmpty();
        // The JDK's server knows no chunk extensions.
        assertThat(report.ids(Level.SHOULD, Verdict.FAIL)).as(failed).isSubsetOf("OSF-C-019", "OSF-C-425");
        // Cases that need a second portal, calls to the portal, or a hook that slows the handler down.
        assertThat(report.ids(Level.MUST, Verdict.NOT_OBSERVED))
                .isSubsetOf("OSF-C-104", "OSF-C-512", "OSF-C-513", "OSF-C-514", "OSF-C-517", "OSF-C-605");
        assertThat(report.exitCode(Level.MUST, false)).as(failed).isEqualTo(ContractReport.PASSED);
    }

    @TestFactory
    Stream<DynamicTest> aCopyWithOneFaultFailsItsCase() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        for (Gallery.Mutant mutant : Gallery.MUTANTS) {
            tests.add(fails(mutant, Gallery.Kind.INSTALLING));
        }
        return tests.stream();
    }

    /** Tests that a proxy or a queue before a faulty handler hides none of its faults. */
    @TestFactory
    Stream<DynamicTest> aFaultShowsThroughAProxyAndAQueue() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        for (Gallery.Mutant mutant : Gallery.MUTANTS) {
            if (mutant.right().equals(Gallery.NODE) || mutant.right().equals(Gallery.PYTHON)) {
                tests.add(fails(mutant, Gallery.Kind.PROXIED));
                if (!mutant.number().equals("603")) {
                    tests.add(fails(mutant, Gallery.Kind.QUEUED));
                }
            }
        }
        return tests.stream();
    }

    @Test
    void eachHandlerHasFiveMutants() {
        assertThat(Gallery.MUTANTS.stream()
                        .collect(Collectors.groupingBy(Gallery.Mutant::right, Collectors.counting())))
                .hasSize(Gallery.RIGHT.size())
                .allSatisfy((right, number) -> assertThat(number).isGreaterThanOrEqualTo(5));
    }

    private DynamicTest fails(Gallery.Mutant mutant, Gallery.Kind kind) throws Exception {
        String number = mutant.number();
        Path own = folder.resolve("mutant-" + mutant.right().label() + "-" + number + "-" + kind);
        Path copy = mutant.write(own);
        Future<ContractReport> report = some.submit(() -> Gallery.suite(mutant.right(), copy, own, kind)
                .ackMax(Duration.ofMinutes(1))
                .settle(TOO_SHORT)
                .only(number)
                .run());
        return DynamicTest.dynamicTest(mutant.right().file() + " " + kind + " fails " + number, () -> {
            CaseResult result = report.get().result("OSF-C-" + number).orElseThrow();
            assertThat(result.verdict()).as(result.toString()).isEqualTo(Verdict.FAIL);
        });
    }

    private static String failed(ContractReport report) {
        return report.results().stream()
                .filter(result -> result.verdict() == Verdict.FAIL)
                .map(CaseResult::toString)
                .collect(Collectors.joining("\n"));
    }
}
