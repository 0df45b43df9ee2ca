// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

class ContractTestsTest {

    @TempDir
    private Path folder;

    /** Returns the tests, as a user's own test class does. */
    @TestFactory
    Stream<DynamicTest> aRightHandlerPassesItsTests() {
        SmallHandler handler = SmallHandler.right(folder);
        return ContractTests.of(suite(handler).only("OSF-C-00*", "OSF-C-20*").exclude("OSF-C-003"))
                .onClose(handler::close);
    }

    @Test
    void aFailedMustCaseFailsItsTestAndOneThatIsNotObservedIsSkipped() throws Throwable {
        try (SmallHandler handler = SmallHandler.careless(folder)) {
            Map<String, DynamicTest> tests = ContractTests.of(
                            suite(handler).only("OSF-C-101", "OSF-C-102", "OSF-C-706"))
                    .collect(Collectors.toMap(test -> test.getDisplayName().substring(0, 9), Function.identity()));

            assertThat(tests).containsOnlyKeys("OSF-C-101", "OSF-C-102", "OSF-C-706");
            assertThatThrownBy(() -> tests.get("OSF-C-101").getExecutable().execute())
                    .isInstanceOf(AssertionFailedError.class)
                    .hasMessageStartingWith("OSF-C-101 (must): deny it: 401 or 403, no effect, no call to the portal\n"
                            + "  expected status 401 or 403 for a wrong application token; got status 200 (request 1;");
            tests.get("OSF-C-102").getExecutable().execute();
            assertThatThrownBy(() -> tests.get("OSF-C-706").getExecutable().execute())
                    .isInstanceOf(TestAbortedException.class)
                    .hasMessage(
                            "Assumption failed: not-observed: what the handler stores (L): --store names its file or folder,"
                                    + " or a command that prints it");
        }
    }

    private static ContractSuite suite(SmallHandler handler) {
        return handler.suite().evidence(EffectSource.file(handler.evidence()));
    }
}
