// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.RequiresTool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs {@code verify} on the packaged jar as a team would: from the command line, with hooks. */
@Timeout(600)
@RequiresTool("prlimit")
@Tag("long")
class QuickstartContractIT {

    private static final String MEMBER = "a223c6b3710f85df22e9377d6c4f7553";
    private static final String TOKEN = "51856fefc120afa4b628cc82d3935cce";

    @TempDir
    Path directory;

    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void killWhatIsLeft() {
        processes.forEach(process -> {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        });
    }

    /**
     * Runs one case of each kind: shapes, webhooks, installations, forgery, bad bodies, HTTP, duplicates, slow work, a
     * kill, a full disk, leaks.
     */
    @Test
    void aSelectionOfTheCasesPasses() throws Exception {
        List<String> lines = verify(
                300, "--only=001,003,013,016,017,019,101,117,118,121,202,401,501,517,601,603,701,702,703,704,705");

        assertThat(lines).hasSize(21).allSatisfy(line -> assertThat(line).contains("\"verdict\":\"pass\""));
    }

    /** Closes that no event told of are found when it starts; none is handled twice. */
    @Test
    void itReconciles() throws Exception {
        List<String> lines = verify(300, "--profile=reconcile");

        assertThat(lines).hasSize(3).allSatisfy(line -> assertThat(line).contains("\"verdict\":\"pass\""));
    }

    @ParameterizedTest
    @CsvSource({"core, 70, 60", "durable, 80, 180"})
    @EnabledIfSystemProperty(named = "contract.whole", matches = "true")
    void aWholeProfilePassesAndEveryMustCaseIsObserved(String profile, int atLeast, int seconds) throws Exception {
        // It trusts one portal and calls none while it handles an event.
        List<String> lines = verify(seconds, "--profile=" + profile, "--exclude=104,512,513,514,605");

        assertThat(lines)
                .filteredOn(line -> line.contains("\"level\":\"must\""))
                .hasSizeGreaterThanOrEqualTo(atLeast)
                .allSatisfy(line -> assertThat(line).contains("\"verdict\":\"pass\""));
        assertThat(lines).noneSatisfy(line -> assertThat(line).contains("\"verdict\":\"fail\""));
    }

    /** Runs the command; it must end with 0, which under strict evidence means that every must-case was observed. */
    private List<String> verify(int seconds, String... cases) throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Path report = directory.resolve("report.jsonl");
        Path output = directory.resolve("output");
        String hold = directory.resolve("hold").toString();
        String handler = "OPENLINES_PORT={PORT} OPENLINES_PATH=/bitrix24 OPENLINES_MEMBER_ID=" + MEMBER
                + " OPENLINES_APPLICATION_TOKEN=" + TOKEN
                + " OPENLINES_INBOX='" + directory.resolve("inbox.db") + "'"
                + " OPENLINES_EVIDENCE='" + directory.resolve("evidence.jsonl") + "'"
                + " OPENLINES_TEST_HOLD='" + hold + "'"
                // Installations and updates are proven at the simulated portal's OAuth host.
                + " OPENLINES_CLIENT_ID={CLIENT_ID} OPENLINES_CLIENT_SECRET={CLIENT_SECRET}"
                + " OPENLINES_OAUTH_HOSTS={PORTAL_HOST} OPENLINES_TOKEN_KEY=none"
                + " OPENLINES_WEBHOOK={WEBHOOK_URL}"
                + " exec '" + java + "' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '"
                + System.getProperty("quickstart.jar") + "' " + Main.class.getName();
        List<String> command = new ArrayList<>(List.of(
                java,
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.openlines.cli.OpenlinesCommand",
                "verify",
                "--handler=http://127.0.0.1:{PORT}/bitrix24",
                "--handler-cmd=" + handler,
                "--ready=receiver ready at",
                "--ready-within=3m",
                "--settle=2m",
                "--member-id=" + MEMBER,
                "--application-token=" + TOKEN,
                "--evidence=file:" + directory.resolve("evidence.jsonl"),
                "--slow-on=touch '" + hold + "'",
                "--slow-off=rm '" + hold + "'",
                "--break-store=prlimit --pid {PID} --fsize=0:",
                "--mend-store=prlimit --pid {PID} --fsize=unlimited:",
                "--webhooks",
                "--strict-evidence",
                "--report=jsonl:" + report));
        command.addAll(List.of(cases));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        processes.add(process);

        assertThat(process.waitFor(Duration.ofSeconds(seconds).toMillis(), TimeUnit.MILLISECONDS))
                .as("it ends within " + seconds + " s")
                .isTrue();
        assertThat(process.exitValue()).as(Files.readString(output)).isZero();
        return Files.readAllLines(report);
    }
}
