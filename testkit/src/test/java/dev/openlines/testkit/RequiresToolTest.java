// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

class RequiresToolTest {

    @Test
    void aTestRunsWhereItsToolIsFound() {
        assertThat(run(NeedsShell.class, "required").testEvents().succeeded().count())
                .isOne();
    }

    @Test
    void aTestIsSkippedByTheNameOfTheMissingTool() {
        EngineExecutionResults results = run(NeedsTheImpossible.class, "optional");

        assertThat(results.testEvents().skipped().stream().map(event -> event.getRequiredPayload(String.class)))
                .containsExactly("not on the PATH: no-such-tool");
    }

    @Test
    void aTestFailsWhereToolsAreRequired() {
        EngineExecutionResults results = run(NeedsTheImpossible.class, "required");

        assertThat(results.testEvents().failed().stream().map(RequiresToolTest::cause))
                .containsExactly("not on the PATH, and -Dtools=required: no-such-tool");
    }

    @Test
    void aWholeClassFailsWhereToolsAreRequired() {
        EngineExecutionResults results = run(ClassNeedsTheImpossible.class, "required");

        assertThat(results.containerEvents().failed().stream().map(RequiresToolTest::cause))
                .containsExactly("not on the PATH, and -Dtools=required: no-such-tool");
    }

    @Test
    void aFileThatCannotBeRunIsNoTool(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("tool"), "");
        String path = "/nowhere::" + folder;

        assertThat(Tool.find("tool", path)).isEmpty();
        assertThat(file.toFile().setExecutable(true)).isTrue();
        assertThat(Tool.find("tool", path)).contains(file);
    }

    private static EngineExecutionResults run(Class<?> test, String tools) {
        return EngineTestKit.engine("junit-jupiter")
                .selectors(selectClass(test))
                .configurationParameter("tools", tools)
                .execute();
    }

    private static String cause(Event event) {
        Throwable thrown = event.getRequiredPayload(TestExecutionResult.class)
                .getThrowable()
                .orElseThrow();
        return thrown.getCause().getMessage();
    }

    static final class NeedsShell {
        @Test
        @RequiresTool("sh")
        void runs() {}
    }

    static final class NeedsTheImpossible {
        @Test
        @RequiresTool({"sh", "no-such-tool"})
        void neverRuns() {}
    }

    @RequiresTool("no-such-tool")
    static final class ClassNeedsTheImpossible {
        @Test
        void neverRuns() {}
    }
}
