// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests of what a run reports on its way, and of when it gives a handler up. */
class RunnerTest {

    /** A time without a line that every case exceeds. */
    private static final Duration TOO_SHORT = Duration.ofMillis(10);

    private final List<String> told = new CopyOnWriteArrayList<>();
    private final AtomicInteger requests = new AtomicInteger();
    private final CountDownLatch never = new CountDownLatch(1);

    private ContractReport judge(Settings settings) {
        ContractSuite suite = new ContractSuite(settings);
        try (ContractRun run = suite.start(told::add)) {
            return run.finish();
        }
    }

    private static Settings of(Listener handler, String... only) {
        Settings settings = new Settings(handler.uri(), "m", SmallHandler.PROOF);
        settings.ackMax = Duration.ofMinutes(2);
        settings.only = List.of(only);
        return settings;
    }

    private static byte[] right(Listener.Seen request) {
        return Listener.json(request.text().contains(SmallHandler.PROOF.reveal()) ? 200 : 403, "");
    }

    @Test
    void aCaseThatIsRunAgainIsNotCountedTwice() {
        // The first request is the probe, the second the case's own.
        try (Listener busy = Listener.start(
                request -> {
                    // A connection that only asks whether a server listens is no request.
                    if (request.text().startsWith("POST") && requests.incrementAndGet() == 2) {
                        return Listener.json(503, "");
                    }
                    return right(request);
                },
                "127.0.0.1")) {
            ContractReport report = judge(of(busy, "001", "708"));

            assertThat(report.result("OSF-C-001").orElseThrow().warnings())
                    .anyMatch(warning -> warning.startsWith("alone it held; beside other cases: "));
        }
        assertThat(told)
                .filteredOn(line -> !line.matches("(WARNING|running|waiting).*"))
                .containsExactly("1/1 OSF-C-001", "again, alone: OSF-C-001");
    }

    /** Keeps a case waiting for its answer until the progress has named it twice. */
    @Test
    void aCaseThatRunsLongIsNamedUntilItEnds() {
        String line = "running: OSF-C-001";
        try (Listener slow = Listener.start(
                request -> {
                    // The first request is the probe, before all cases.
                    if (request.text().startsWith("POST") && requests.incrementAndGet() == 2) {
                        Await.until(line, () -> Collections.frequency(told, line) >= 2);
                    }
                    return right(request);
                },
                "127.0.0.1")) {
            Settings settings = of(slow, "001");
            settings.lull = TOO_SHORT;
            judge(settings);
        }
        assertThat(told).contains("1/1 OSF-C-001");
    }

    @Test
    void theProgressEndsWithAllThatRan() {
        try (Listener refuses = Listener.start(RunnerTest::right, "127.0.0.1")) {
            Settings settings = of(refuses, "101", "121", "202", "701", "708");
            judge(settings);
        }
        assertThat(told)
                .filteredOn(line -> !line.matches("(WARNING|running|waiting).*"))
                .hasSize(4)
                .last()
                .asString()
                .startsWith("4/4 ");
    }

    @Test
    @Tag("long")
    void aHandlerThatFallsSilentInMidRunIsCutOff() {
        try (Listener mute = Listener.start(
                request -> {
                    if (requests.incrementAndGet() > 10) {
                        never.await();
                    }
                    return Listener.json(200, "");
                },
                "127.0.0.1")) {
            Settings settings = of(mute);
            // The first ten answers must come in time.
            settings.ackMax = Duration.ofSeconds(30);
            settings.silence = Duration.ofSeconds(1);
            settings.jobs = 24;

            ContractReport report = judge(settings);

            assertThat(report.stopped()).contains("the handler no longer answers");
            assertThat(report.exitCode(Level.MUST, false)).isEqualTo(ContractReport.NOT_READY);
            assertThat(report.results()).hasSameSizeAs(new ContractSuite(settings).cases());
            assertThat(report.ids(Level.MUST, Verdict.NOT_OBSERVED)).hasSizeGreaterThan(30);
        }
    }

    @Case(id = 999, level = Level.MUST, needs = Oracle.H, sends = "nothing", requires = "do nothing", source = "a test")
    static void broken(CaseRun run) {
        if (!run.dry()) {
            throw new IllegalStateException("ours");
        }
    }

    @Test
    void aFaultOfTheSuiteIsNoVerdictOnTheHandler() {
        ContractCase broken = ContractCase.of(RunnerTest.class).findFirst().orElseThrow();
        try (Listener refuses = Listener.start(RunnerTest::right, "127.0.0.1");
                Run run = Run.start(of(refuses))) {
            ContractReport report = new Runner(run, List.of(broken), told::add).go();

            assertThat(report.exitCode(Level.MUST, false)).isEqualTo(ContractReport.OUR_FAULT);
            assertThat(report.ids(Level.MUST, Verdict.FAIL)).isEmpty();
            assertThat(report.fault()).isPresent();
            assertThat(JunitReport.of(report, Level.MUST, Baseline.none())).contains("OSF-C-999 ");
        }
    }
}
