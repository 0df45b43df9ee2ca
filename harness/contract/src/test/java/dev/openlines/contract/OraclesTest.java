// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of the suite's sources: evidence in each of its four forms, logs, and the process itself. */
class OraclesTest {

    private static final Duration SLOW_MACHINE = Duration.ofMinutes(2);

    /** A limit of an effect that never comes. */
    private static final Duration TOO_SHORT = Duration.ofMillis(200);

    @TempDir
    private Path folder;

    private static CaseResult good(SmallHandler handler, EffectSource source) {
        return handler.suite()
                .only("OSF-C-001")
                .evidence(source)
                .settle(SLOW_MACHINE)
                .run()
                .result("OSF-C-001")
                .orElseThrow();
    }

    @Test
    void effectsAreReadFromAFileAnAddressACommandOrTheTestItself() {
        try (SmallHandler handler = SmallHandler.right(folder);
                Listener page = Listener.start(
                        request -> Listener.json(
                                200,
                                "[" + String.join(",", Files.readAllLines(handler.evidence(), StandardCharsets.UTF_8))
                                        + "]"),
                        "127.0.0.1")) {
            Path evidence = handler.evidence();
            URI address = page.uri();
            Set<EffectSource> sources = Set.of(
                    EffectSources.of("file:" + evidence),
                    EffectSources.of("url:" + address),
                    EffectSources.of("cmd:cat '" + evidence + "'"),
                    () -> new EvidenceFile(evidence).effects());

            assertThat(sources).allSatisfy(source -> {
                CaseResult result = good(handler, source);
                assertThat(result.verdict())
                        .as(String.join(", ", result.missing()))
                        .isEqualTo(Verdict.PASS);
            });
            assertThat(page.seen()).isNotEmpty();
        }
    }

    @Test
    void anEffectThatNeverComesIsALossInEachOfThem() {
        try (SmallHandler handler = SmallHandler.right(folder)) {
            ContractReport report = handler.suite()
                    .only("OSF-C-001")
                    .evidence(List::of)
                    .settle(TOO_SHORT)
                    .run();

            assertThat(report.result("OSF-C-001").orElseThrow().failures())
                    .singleElement()
                    .asString()
                    .contains("expected one effect for ", "got no effect for chat ");
        }
    }

    @Test
    void aSecretInAFolderOfLogsIsFoundAndWithoutAnyLogNothingIsSaidOfIt() throws Exception {
        Path logs = Files.createDirectories(folder.resolve("logs/old"));
        Files.writeString(logs.resolve("a.log"), "denied chat 17\n");
        try (SmallHandler handler = SmallHandler.right(folder)) {
            ContractSuite suite = handler.suite().only("OSF-C-001", "OSF-C-702");

            assertThat(suite.run().ids(Level.MUST, Verdict.NOT_OBSERVED)).contains("OSF-C-702");
            assertThat(suite.logs(folder.resolve("logs")).run().ids(Level.MUST, Verdict.PASS))
                    .contains("OSF-C-702");
            EffectSource leaks = () -> {
                Files.writeString(logs.resolve("b.log"), "token " + SmallHandler.PROOF.reveal() + "\n");
                return List.of();
            };
            assertThat(suite.logs(folder.resolve("logs"))
                            .evidence(leaks)
                            .settle(TOO_SHORT)
                            .run()
                            .result("OSF-C-702")
                            .orElseThrow()
                            .failures())
                    .containsExactly("expected no secret in the log; got <application_token>, first in the line: token"
                            + " <application_token>");
            assertThat(suite.logs(folder.resolve("logs")).run().ids(Level.MUST, Verdict.PASS))
                    .as("the same records, which are older than this run")
                    .contains("OSF-C-702");
        }
    }

    private static HandlerProcess process(String command, String stopSignal) {
        return new HandlerProcess(
                command,
                "ready [0-9]+",
                stopSignal,
                Duration.ofSeconds(30),
                Wire.dry(URI.create("http://127.0.0.1:9/")),
                wire -> false);
    }

    @Test
    void aProcessIsStartedStoppedByItsOwnSignalAndStartedAgain() throws Exception {
        String polite = "trap 'echo bye; exit 0' USR1; echo ready $$; while :; do sleep 0.05; done";
        try (HandlerProcess process = process(polite, "USR1")) {
            assertThat(process.start()).isTrue();
            String first = process.pid();
            assertThat(process.stop(Duration.ofSeconds(30))).isPresent();
            assertThat(process.alive()).isFalse();
            assertThat(process.start()).isTrue();

            assertThat(process.pid()).isNotEqualTo(first);
            // Some shells say how their sleeping child ended.
            assertThat(process.output()
                            .lines()
                            .filter(line -> line.matches("(?:ready|bye).*"))
                            .map(line -> line.replaceAll("[0-9]+", "N")))
                    .containsExactly("ready N", "bye", "ready N");
            assertThat(process.memory()).isPositive();
        }
    }

    @Test
    void aProcessThatIgnoresTheSignalIsKilledWithItsChildrenAndThatIsSaid() throws Exception {
        String stubborn = "trap '' TERM; sh -c 'trap \"\" TERM; while :; do sleep 0.05; done' & echo ready $!; wait";
        try (HandlerProcess process = process(stubborn, "TERM")) {
            assertThat(process.start()).isTrue();
            Set<ProcessHandle> all = ProcessHandle.of(Long.parseLong(process.pid()))
                    .orElseThrow()
                    .descendants()
                    .collect(Collectors.toSet());
            assertThat(all).isNotEmpty();
            assertThat(process.stop(Duration.ofMillis(300))).isEmpty();

            assertThat(all).noneMatch(ProcessHandle::isAlive);
        }
    }

    @Test
    void aCommandThatEndsAtOnceIsNeverReady() throws Exception {
        try (HandlerProcess process = process("exit 1", "TERM")) {
            assertThat(process.start()).isFalse();
        }
    }
}
