// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class VerifyCommandTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    private int run(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--member-id", SelftestCommand.MEMBER_ID, "--application-token"));
        all.add(SelftestCommand.PROOF.reveal());
        all.addAll(List.of(arguments));
        CommandLine line = new CommandLine(new VerifyCommand());
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler((e, rest) -> {
            e.getCommandLine().getErr().println(e.getMessage());
            return 3;
        });
        return line.execute(all.toArray(new String[0]));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--handler=ftp://x | expected an http or https address for --handler",
                "--handler=http://127.0.0.1:9/ --only=999 | expected the id of a case for --only but found '999'",
                "--handler=http://127.0.0.1:9/ --exclude=OSF-D-* | expected the id of a case for --exclude but found 'OSF-D-*'",
                "--handler=http://127.0.0.1:9/ --profile=all | expected core, durable or edge for --profile",
                "--handler=http://127.0.0.1:9/ --evidence=x | expected file:PATH, url:URL or cmd:COMMAND for the evidence",
                "--handler=http://127.0.0.1:9/ --report=pdf:x | expected junit:FILE, html:FILE, md:FILE or jsonl:FILE for --report",
                "--handler=http://127.0.0.1:9/ --settle=soon | expected a time such as 500ms, 5s or 10m for --settle",
                "--handler=http://127.0.0.1:9/ --seed=x | expected a number, or number@seconds, for --seed",
                "--handler=http://8.8.8.8/ | the handler is not on a loopback or private address; --allow-public permits it",
            })
    void badInputIsSaidAndEndsWithThree(String arguments, String message) {
        assertThat(run(arguments.split(" "))).isEqualTo(3);
        assertThat(err.toString()).isEqualTo(message + System.lineSeparator());
    }

    @Test
    void nothingButPlannedCasesIsTwo() {
        assertThat(run("--handler=http://127.0.0.1:9/", "--only=708")).isEqualTo(2);
        assertThat(out.toString()).contains("PLANNED, NOT RUN: 708", "openlines: NOTHING RAN ");
    }

    @Test
    void aHandlerThatIsNotThereIsFour() {
        int port = VerifyCommand.freePort();

        assertThat(run(
                        "--handler=http://127.0.0.1:" + port + "/",
                        "--ready-within=300ms",
                        "--format=jsonl",
                        "--only=101"))
                .isEqualTo(4);
        assertThat(out.toString()).contains("\"verdict\":\"not-observed\"", "the handler never became ready");
    }

    @Test
    void anInterruptedRunLeavesACompleteReport() throws Exception {
        Path report = folder.resolve("report.jsonl");
        try (PracticeHandler handler = PracticeHandler.start(
                0,
                SelftestCommand.MEMBER_ID,
                SelftestCommand.PROOF,
                folder.resolve("data"),
                folder.resolve("evidence"),
                null,
                line -> {})) {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            "dev.openlines.harness.OpenlinesCommand",
                            "verify",
                            "--handler=" + handler.uri(),
                            "--member-id=" + SelftestCommand.MEMBER_ID,
                            "--application-token=" + SelftestCommand.PROOF.reveal(),
                            "--evidence=file:" + folder.resolve("evidence"),
                            "--only=101,411",
                            "--report=jsonl:" + report)
                    .redirectOutput(folder.resolve("out").toFile())
                    .start();
            try (var lines = process.errorReader()) {
                String line = lines.readLine();
                while (line != null && !line.contains("OSF-C-101 (")) {
                    line = lines.readLine();
                }
                assertThat(line).isNotNull();
                process.destroy();
                assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            }
        }
        assertThat(Files.readString(report).lines())
                .hasSize(2)
                .anyMatch(line -> line.contains("\"OSF-C-101\"") && line.contains("\"verdict\":\"pass\""))
                .anyMatch(line -> line.contains("\"OSF-C-411\"") && line.contains("\"verdict\":\"not-observed\""));
        assertThat(Files.readString(folder.resolve("out"))).contains("THE RUN ENDED EARLY: interrupted");
    }
}
