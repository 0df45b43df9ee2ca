// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What {@code list} and {@code explain} show, and that a report's line by hand sends the very bytes. */
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

    @Test
    void theListHasALineForEachCaseAndSaysLoudlyWhatIsPlanned() {
        assertThat(run(new CatalogueCommands.ListCommand())).isZero();

        assertThat(out.toString().lines())
                .hasSize(163)
                .anyMatch(line -> line.matches("OSF-C-101 must +core +HER +deny it: .*"))
                .anyMatch(line -> line.matches("OSF-C-708 must +core +R +PLANNED: .*"))
                .last()
                .isEqualTo("162 cases, 40 of them planned: not run by this version");
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

    @Test
    void aPlannedCaseIsExplainedAsOneThatDoesNotRun() {
        assertThat(run(new CatalogueCommands.ExplainCommand(), "OSF-C-708")).isZero();

        assertThat(out.toString()).contains("PLANNED: this version does not run the case.");
    }

    @Test
    void theLineByHandOfAFailureSendsTheBytesOfTheRun() throws Exception {
        String line;
        List<String> sent;
        try (RecordingHandler careless = RecordingHandler.start()) {
            ContractReport report = ContractSuite.of(careless.uri(), SelftestCommand.MEMBER_ID, SelftestCommand.PROOF)
                    .only("OSF-C-201", "OSF-C-202", "OSF-C-203")
                    .run();
            CaseResult failed = report.result("OSF-C-202").orElseThrow();
            line = failed.reproduce();
            assertThat(failed.verdict()).isEqualTo(Verdict.FAIL);
            sent = careless.requests();
        }
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classes = System.getProperty("java.class.path");
        program("java", "shift 2; exec '" + java + "' -cp '" + classes + "' dev.openlines.cli.OpenlinesCommand \"$@\"");
        program("nc", "cat > '" + folder.resolve("bytes") + "'");
        ProcessBuilder shell = new ProcessBuilder("sh", "-c", line).inheritIO();
        shell.environment().merge("PATH", folder.toString(), (path, first) -> first + File.pathSeparator + path);
        shell.environment().put("APPLICATION_TOKEN", SelftestCommand.PROOF.reveal());
        Process process = shell.start();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(sent).contains(Files.readString(folder.resolve("bytes"), StandardCharsets.ISO_8859_1));
        assertThat(line).doesNotContain(SelftestCommand.PROOF.reveal());
    }

    private void program(String name, String script) throws Exception {
        Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + script + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}
