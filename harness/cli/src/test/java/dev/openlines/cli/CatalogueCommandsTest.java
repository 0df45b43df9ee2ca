// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.contract.CaseResult;
import dev.openlines.contract.ContractReport;
import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.Verdict;
import dev.openlines.testkit.RecordingHandler;
import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Tests of {@code list} and {@code explain}, and of a report's line by hand, which sends the very bytes. */
class CatalogueCommandsTest {

    private final StringWriter out = new StringWriter();

    @TempDir
    private Path folder;

    private int run(Object command, String... arguments) {
        return new CommandLine(command)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(out, true))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments);
    }

    /** A limit of what never comes. */
    private static final Duration TOO_SHORT = Duration.ofMillis(100);

    @Test
    void theListHasALineForEachCase() {
        assertThat(run(new CatalogueCommands.ListCommand())).isZero();

        assertThat(out.toString().lines())
                .hasSize(ContractSuite.catalogue().size() + 1)
                .anyMatch(line -> line.matches("OSF-C-101 must +core +HER +deny it: .*"))
                .last()
                .isEqualTo(ContractSuite.catalogue().size() + " cases");
    }

    @Test
    void selftestListsTheMutantsThatPracticeKnows() {
        assertThat(run(new SelftestCommand(), "--list")).isZero();

        assertThat(out.toString().lines())
                .hasSameSizeAs(Sin.values())
                .contains("any-token (only looks whether there is a token)")
                .allSatisfy(line ->
                        assertThat(Sin.of(line.substring(0, line.indexOf(' ')))).isNotNull());
        assertThatThrownBy(() -> Sin.of("no-such-defect"))
                .hasMessage("expected the name of a mutant but found 'no-such-defect'; selftest --list shows them");
    }

    @Test
    void anExplanationHasRequirementSourceOraclesRuleAndBytes() {
        assertThat(run(new CatalogueCommands.ExplainCommand(), "101", "--application-token=right"))
                .isZero();

        assertThat(out.toString())
                .startsWith("OSF-C-101 (must, core profile)")
                .contains("  sent:        a wrong application token, everything else right, the User-Agent too")
                .contains("  the handler must: deny it: 401 or 403, no effect, no call to the portal")
                .contains("  comes from:  documentation: the application token is the proof;")
                .contains("  seen by:     H, the HTTP exchange; E, evidence of effects; R, calls that reach")
                .contains("  verdict:     Fails as soon as one part of the requirement is seen to be broken;")
                .contains("--- request 1 of 2, ", "POST /bitrix24 HTTP/1.1\n", "event=ONSESSIONFINISH&")
                .contains("&auth%5Bapplication_token%5D=right");
    }

    /** Sends the request of a finding, be it the second, one in a burst, or one whose effect never came. */
    @ParameterizedTest
    @ValueSource(strings = {"OSF-C-202", "OSF-C-103", "OSF-C-509", "OSF-C-026"})
    @Tag("long")
    void theLineByHandOfAFailureSendsTheBytesOfTheRunAndShowsTheAnswer(String id) throws Exception {
        try (RecordingHandler careless = RecordingHandler.start()) {
            ContractReport report = ContractSuite.of(careless.uri(), SelftestCommand.MEMBER_ID, SelftestCommand.PROOF)
                    .only(id)
                    .captures(SelftestCommand.captures(folder))
                    .evidence(List::of)
                    .settle(TOO_SHORT)
                    .run();
            CaseResult failed = report.result(id).orElseThrow();
            assertThat(failed.verdict()).isEqualTo(Verdict.FAIL);
            List<String> sent = careless.requests();

            String shown = shell(failed.reproduce());

            assertThat(shown).startsWith("HTTP/1.1 200 OK");
            assertThat(careless.requests()).hasSize(sent.size() + 1);
            assertThat(sent.stream().map(CatalogueCommandsTest::withoutPort))
                    .contains(withoutPort(careless.requests().get(sent.size())));
            assertThat(failed.reproduce()).doesNotContain(SelftestCommand.PROOF.reveal());
        }
    }

    /** Removes the address of the simulated portal, which no seed decides. */
    private static String withoutPort(String request) {
        return request.replaceAll("127\\.0\\.0\\.1%3A[0-9]+%2Fportal[^%]*", "P")
                .replaceAll("Content-Length: [0-9]+", "Content-Length: n");
    }

    private String shell(String line) throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classes = System.getProperty("java.class.path");
        program("java", "shift 2; exec '" + java + "' -cp '" + classes + "' dev.openlines.cli.OpenlinesCommand \"$@\"");
        Path shown = folder.resolve("shown");
        ProcessBuilder shell =
                new ProcessBuilder("sh", "-c", line).redirectErrorStream(true).redirectOutput(shown.toFile());
        shell.environment().merge("PATH", folder.toString(), (path, first) -> first + File.pathSeparator + path);
        shell.environment().put("APPLICATION_TOKEN", SelftestCommand.PROOF.reveal());
        assertThat(shell.start().waitFor(60, TimeUnit.SECONDS)).isTrue();
        return Files.readString(shown, StandardCharsets.ISO_8859_1);
    }

    private void program(String name, String script) throws Exception {
        Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + script + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
