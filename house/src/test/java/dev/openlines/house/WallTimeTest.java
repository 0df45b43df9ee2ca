// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No test of the default run depends on how fast a machine is, nor does a test that others run. */
class WallTimeTest {

    // Surefire starts in the module's folder.
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    @Test
    void testsInMainSourcesAreRead() throws IOException {
        assertThat(tests()).anyMatch(path -> path.endsWith("tck/LeasingInboxContract.java"));
    }

    @Test
    void noTestDependsOnTheSpeedOfTheMachine() throws IOException {
        List<String> faults = new ArrayList<>();
        int seen = 0;
        for (Path file : tests()) {
            seen++;
            WallTime.faults(Files.readString(file)).forEach(fault -> faults.add(ROOT.relativize(file) + ":" + fault));
        }

        assertThat(seen).isGreaterThan(150);
        assertThat(faults).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "long begun = System.nanoTime();",
                "long begun = nanoTime();",
                "LongSupplier clock = System::nanoTime;",
                "assertThat(System.currentTimeMillis() - begun).isLessThan(1000);",
                "assertThat(Duration.between(begun, Instant.now())).isLessThan(LIMIT);",
                "StopWatch watch = StopWatch.create();",
                "assertTimeoutPreemptively(ONE_SECOND, () -> work());",
                "assertThat(report.took())\n    .isLessThan(Duration.ofSeconds(60));",
                "assertThat(took).isLessThanOrEqualTo(java.time.Duration.ofMillis(900));",
                "assertThat(deadline).isBefore(Instant.now());",
                "assertThat(future.get(10, TimeUnit.SECONDS)).isEqualTo(1);",
                "handled.poll(500, TimeUnit.MILLISECONDS)",
                "assertThat(latch.await(29, SECONDS)).isTrue();",
                "pool.invokeAll(calls, 5, TimeUnit.SECONDS)",
                "future.orTimeout(20, java.util.concurrent.TimeUnit.SECONDS)",
                "assertThat(process.waitFor(10_000, TimeUnit.MILLISECONDS)).isTrue();",
                "assertThat(portal.awaitDeliveries(1, Duration.ofSeconds(20))).isTrue();",
                "assertThat(future).succeedsWithin(Duration.ofMillis(200));",
                "portal.awaitCall(call -> waits(call) >= 40, java.time.Duration.ofSeconds(20))",
                "HttpRequest.newBuilder(url)\n    .timeout(Duration.ofSeconds(5))\n    .build()",
                "private static final Duration PATIENCE = Duration.ofSeconds(10);",
                "socket.setSoTimeout(20_000);",
                "suite.ackMax(Duration.ofSeconds(5)).run();",
                "settings.ackMax = Duration.ofSeconds(2);",
                "suite.settle(\n    Duration.ofMillis(300)).run();",
                "suite.timeLimit(java.time.Duration.ofSeconds(10))",
                "RestClient.builder().patience(Duration.ofSeconds(2))",
                "builder.callTimeout(Duration.ofMillis(500))",
                "builder.oauthTimeout(Duration.ofSeconds(10))",
                "suite.readyWithin(Duration.ofSeconds(29))",
                "private static final Duration SOON = Duration.ofSeconds(1);  void test() { suite.settle(SOON); }",
                "@Timeout(60)",
                "@Timeout(value = 500, unit = TimeUnit.MILLISECONDS)"
            })
    void aPlantedFaultIsFound(String fault) {
        String line = fault.lines()
                .filter(one -> !one.startsWith("assertThat(report"))
                .findFirst()
                .orElseThrow();
        assertThat(WallTime.faults("class FooTest {\n\n" + fault + "\n}\n"))
                .as(line)
                .hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "assertThat(future.get(30, TimeUnit.SECONDS)).isEqualTo(1);",
                "assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();",
                "socket.setSoTimeout(30_000);",
                "@Timeout(300)",
                "@Timeout(value = 3, unit = TimeUnit.HOURS)",
                "// It once asked System.nanoTime().",
                "/** Not {@code latch.await(1, TimeUnit.SECONDS)}. */",
                "String text = \"System.nanoTime()\";",
                "String block = \"\"\"\n    socket.setSoTimeout(1)\n    \"\"\";",
                "suite.ackMax(Duration.ofSeconds(30)).settle(Duration.ofMinutes(2)).timeLimit(SLOW_MACHINE)",
                "private static final Duration TOO_SHORT = Duration.ofMillis(100); void test() { suite.ackMax(TOO_SHORT); }",
                "private static final Duration LONG = Duration.ofMinutes(2); void test() { suite.ackMax(LONG); }",
                "private static final Duration SOON = Duration.ofSeconds(1); void test() { clock.advance(SOON); }",
                "RestClient.builder().patience(Duration.ZERO)",
                "clock.advance(Duration.ofSeconds(1));",
                "RetryPolicy.DEFAULT.withWaits(Duration.ofMillis(1), Duration.ofMillis(2))",
                "assertThat(delivery.connectTime()).isGreaterThan(Duration.ofMillis(900));",
                "grant(1, Instant.now().plusSeconds(3600))",
                "Await.until(\"a letter\", () -> !letters.isEmpty());"
            })
    void codeThatDoesNotDependOnTheMachineIsNoFault(String fine) {
        assertThat(WallTime.faults("class FooTest {\n\n" + fine + "\n}\n")).isEmpty();
    }

    @Test
    void testsSkippedUnlessASoakIsAskedForMayMeasure() {
        String reason = "disabledReason = \"compares times: -Psoak\"";
        String measures = "class FooTest {\n    long begun = System.nanoTime();\n}\n";

        assertThat(WallTime.faults("\n@EnabledIfSystemProperty(named = \"soak.minutes\", matches = \"1\", " + reason
                        + ")\n" + measures))
                .isEmpty();
        assertThat(WallTime.faults("\n@EnabledIfSystemProperty(named = \"os.name\", matches = \"Linux\")\n" + measures))
                .containsExactly("4: long begun = System.nanoTime();");
        assertThat(WallTime.faults("/** With -Psoak only. */\n" + measures)).hasSize(1);
    }

    private static List<Path> tests() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(path -> path.toString().endsWith(".java"))
                    .filter(path -> path.toString().contains("/src/test/")
                            || path.startsWith(ROOT.resolve("inbox-tck/src/main")))
                    .filter(path -> !path.toString().contains("/target/"))
                    .sorted()
                    .toList();
        }
    }
}
