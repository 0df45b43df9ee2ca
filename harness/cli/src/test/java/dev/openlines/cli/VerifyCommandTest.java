// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.contract.ContractReport;
import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.Profile;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.RecordingHandler;
import dev.openlines.testkit.RequiresTool;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class VerifyCommandTest {

    private static final String TALKATIVE =
            "HTTP/1.1 200 OK\r\nServer: Apache/2.4.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

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
                "--handler=http://127.0.0.1:9/ --profile=all | expected core, durable, edge or reconcile for --profile",
                "--handler=http://127.0.0.1:9/ --evidence=x | expected file:PATH, url:URL or cmd:COMMAND for the evidence",
                "--handler=http://127.0.0.1:9/ --report=pdf:x | expected junit:FILE, html:FILE, md:FILE or jsonl:FILE for --report",
                "--handler=http://127.0.0.1:9/ --settle=soon | expected a time such as 500ms, 5s or 10m for --settle",
                "--handler=http://127.0.0.1:9/ --jobs=0 | expected one job or more but found 0",
                "--handler=http://127.0.0.1:9/ --seed=x | expected a number, or number@seconds, for --seed",
                "--handler=http://127.0.0.1:9/ --handler-cmd=x --instances | --instances needs {PORT} in --handler and in --handler-cmd: each instance listens on a port of its own",
                "--handler=http://8.8.8.8/ | the handler is not on a loopback or private address; --allow-public permits it",
            })
    void badInputIsSaidAndEndsWithThree(String arguments, String message) {
        assertThat(run(arguments.split(" "))).isEqualTo(3);
        assertThat(err.toString()).isEqualTo(message + System.lineSeparator());
    }

    private Path captures(String content) throws IOException {
        return Files.writeString(folder.resolve("captures.json"), content);
    }

    @Test
    void capturesThatCannotBeUsedEndWithThreeBeforeAnythingIsSent() throws Exception {
        String other =
                "[{\"capture\":1,\"event\":\"ONSESSIONSTART\",\"content_type\":\"application/json\",\"headers\":[],"
                        + "\"body\":\"{\\\"event\\\":\\\"ONSESSIONSTART\\\"}\"}]";
        Path file = folder.resolve("captures.json");
        Path empty = Files.createDirectory(folder.resolve("empty"));
        Map<Path, String> errors = new LinkedHashMap<>();
        errors.put(folder.resolve("none"), "the file " + folder.resolve("none") + " cannot be read");
        errors.put(empty, "expected a capture of ONSESSIONFINISH in " + empty);
        try (RecordingHandler handler = RecordingHandler.start()) {
            for (Map.Entry<Path, String> one : errors.entrySet()) {
                assertRefused(handler, one.getKey(), one.getValue());
            }
            assertRefused(handler, captures(other), "expected a capture of ONSESSIONFINISH in " + file);
            assertRefused(handler, captures("{"), "the file " + file + ": expected the JSON of a capture");
            assertRefused(
                    handler,
                    captures(other.replace("\"capture\":1", "\"capture\":2")),
                    "the file " + file + ": expected a capture of version 1; another version of Openlines reads it");
            assertThat(handler.requests()).isEmpty();
        }
    }

    private void assertRefused(RecordingHandler handler, Path captures, String message) {
        err.getBuffer().setLength(0);
        assertThat(run("--handler=" + handler.uri(), "--captures=" + captures)).isEqualTo(3);
        assertThat(err.toString()).isEqualTo(message + System.lineSeparator());
    }

    @Test
    void eventsAreSentInCapturedShapesToo() throws Exception {
        Path captures = SelftestCommand.captures(folder);
        try (RecordingHandler handler = RecordingHandler.start()) {
            assertThat(run("--handler=" + handler.uri(), "--captures=" + captures, "--only=026", "--ack-max=2m"))
                    .isEqualTo(ContractReport.INCONCLUSIVE);

            assertThat(handler.requests())
                    .filteredOn(request -> request.contains("%5Bkqpwzdhr%5D"))
                    .hasSize(2)
                    .allMatch(request -> request.contains(SelftestCommand.PROOF.reveal()));
        }
        assertThat(out.toString())
                .containsPattern("NOT OBSERVED: 1\\R  evidence of effects \\(E\\).*\\R    OSF-C-026\\R")
                .contains("note: 1 capture of the application's own events not sent");
    }

    @Test
    void aRunWithoutCapturesSaysWhatIsNotApplicable() {
        try (RecordingHandler handler = RecordingHandler.start()) {
            int code = run("--handler=" + handler.uri(), "--level=should", "--exclude=0*,1*,2*,3*,4*,5*,6*,7*,9*");
            assertThat(code).isEqualTo(ContractReport.NOTHING_RAN);
            assertThat(err.toString())
                    .containsPattern(
                            "openlines: 0 cases; seed [0-9]+; not applicable without --captures: OSF-C-026\\R");
            err.getBuffer().setLength(0);

            run("--handler=" + handler.uri(), "--only=026");
        }
        assertThat(err.toString()).doesNotContain("not applicable");
        assertThat(out.toString())
                .contains("NOT OBSERVED: 1", "  captures of a portal's events: --captures takes them");
    }

    @Test
    void aDurableRunWithOneInstanceSaysWhatIsNotApplicable() {
        try (RecordingHandler handler = RecordingHandler.start()) {
            run(
                    "--handler=" + handler.uri(),
                    "--profile=durable",
                    "--exclude=*",
                    "--captures=" + SelftestCommand.captures(folder));
        }
        assertThat(err.toString()).endsWith("; not applicable without --instances: OSF-C-608, OSF-C-615\n");
    }

    @Test
    void anotherInstanceThatDiesIsSaidSoWithItsExitCodeAndItsOutput() {
        // The first one takes the file, the second one finds it.
        String command = "mkdir '" + folder.resolve("taken")
                + "' || { echo the store is in use: port {PORT}; exit 9; };"
                + " exec '" + Path.of(System.getProperty("java.home"), "bin", "java")
                + "' -XX:TieredStopAtLevel=1 -cp '"
                + System.getProperty("java.class.path") + "' dev.openlines.cli.OpenlinesCommand practice --port {PORT}"
                + " --member-id " + SelftestCommand.MEMBER_ID + " --application-token "
                + SelftestCommand.PROOF.reveal() + " --data '" + folder.resolve("data") + "' --evidence '"
                + folder.resolve("evidence") + "'";

        int code = run(
                "--handler=http://127.0.0.1:{PORT}/bitrix24",
                "--handler-cmd=" + command,
                "--ready=practice handler ready",
                "--ready-within=5m",
                "--evidence=file:" + folder.resolve("evidence"),
                "--instances",
                "--only=608");

        assertThat(code).isEqualTo(ContractReport.FAILED);
        assertThat(out.toString())
                .contains("expected a second instance that becomes ready; got its process ended with exit code 9")
                .contains("the store is in use: port ");
    }

    @Test
    void aSelectionWithoutCasesIsTwo() {
        assertThat(run("--handler=http://127.0.0.1:9/", "--only=601", "--exclude=601"))
                .isEqualTo(2);
        assertThat(out.toString()).contains("openlines: NOTHING RAN ");
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
        assertThat(out.toString())
                .contains(
                        "\"verdict\":\"not-observed\"",
                        "the handler never became ready: no connection to 127.0.0.1:" + port
                                + "; is it started, and is the port right?");
    }

    @Test
    void aHandlerThatDiesInMidRunLeavesWholeReportsAndEndsWithFour() throws Exception {
        Path json = folder.resolve("report.jsonl");
        Path page = folder.resolve("report.html");
        Path xml = folder.resolve("report.xml");
        AtomicInteger requests = new AtomicInteger();
        CompletableFuture<RecordingHandler> self = new CompletableFuture<>();
        int code;
        try (RecordingHandler dying = RecordingHandler.answering(request -> {
            // At the first event that it should have denied: that case fails whatever comes of the answer.
            boolean forged = request.startsWith("POST") && !request.contains(SelftestCommand.PROOF.reveal());
            if (forged && requests.incrementAndGet() == 1) {
                new Thread(() -> self.join().close()).start();
            }
            return RecordingHandler.OK;
        })) {
            self.complete(dying);
            code = run(
                    "--handler=" + dying.uri(),
                    "--report=jsonl:" + json,
                    "--report=html:" + page,
                    "--report=junit:" + xml);
        }

        assertThat(code).isEqualTo(ContractReport.NOT_READY);
        long core = ContractSuite.catalogue().stream()
                .filter(one -> one.profile() == Profile.CORE && !one.webhooks() && !one.captures())
                .count();
        assertThat(Files.readString(json).lines())
                .hasSize((int) core)
                .anyMatch(line -> line.contains("\"verdict\":\"fail\""))
                .anyMatch(line -> line.contains("\"verdict\":\"not-observed\"")
                        && line.contains("the handler no longer takes connections"));
        assertThat(Files.readString(page)).endsWith("</html>\n").contains("the handler no longer takes connections");
        assertThat(Files.readString(xml)).endsWith("</testsuites>");
        assertThat(out.toString())
                .contains("THE RUN ENDED EARLY: the handler no longer takes connections")
                .contains("openlines: HANDLER NOT READY must-failed ");
    }

    @Test
    void aShouldFailureGatesOnlyWhereItIsAskedTo() {
        try (RecordingHandler listener = RecordingHandler.answering(TALKATIVE)) {
            assertThat(run("--handler=" + listener.uri(), "--only=421")).isEqualTo(ContractReport.PASSED);
            assertThat(out.toString()).contains("openlines: PASS must-failed 0/0 should-failed 1/1 ");
            assertThat(run("--handler=" + listener.uri(), "--only=421", "--fail-on=should"))
                    .isEqualTo(ContractReport.FAILED);
            assertThat(out.toString()).contains("openlines: FAIL must-failed 0/0 should-failed 1/1 ");
        }
    }

    @Test
    void aBaselineThatNoLongerHoldsEndsWithFive() throws Exception {
        Path baseline = folder.resolve("baseline.json");
        try (RecordingHandler right = RecordingHandler.start();
                RecordingHandler wrong = RecordingHandler.answering(TALKATIVE)) {
            // The failure stopped, before and after the day.
            assertThat(withBaseline(baseline, "9999-12-31", right)).isEqualTo(ContractReport.INCONCLUSIVE);
            assertThat(err.toString())
                    .contains("baseline: OSF-C-421 was expected to fail and did not: take it out of the baseline");
            assertThat(withBaseline(baseline, "2020-01-01", right)).isEqualTo(ContractReport.INCONCLUSIVE);
            assertThat(err.toString())
                    .contains("baseline: OSF-C-421 was expected to fail until 2020-01-01 only: known");
            // It goes on: expected until the day is over, then a failure like others.
            assertThat(withBaseline(baseline, "9999-12-31", wrong)).isEqualTo(ContractReport.PASSED);
            assertThat(withBaseline(baseline, "2020-01-01", wrong)).isEqualTo(ContractReport.FAILED);
        }
    }

    private int withBaseline(Path baseline, String until, RecordingHandler handler) throws Exception {
        Files.writeString(
                baseline, "[{\"id\":\"OSF-C-421\",\"reason\":\"known\",\"owner\":\"us\",\"until\":\"" + until + "\"}]");
        return run("--handler=" + handler.uri(), "--only=421", "--fail-on=should", "--baseline=" + baseline);
    }

    @Test
    @Tag("long")
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
                            "dev.openlines.cli.OpenlinesCommand",
                            "verify",
                            "--handler=" + handler.uri(),
                            "--member-id=" + SelftestCommand.MEMBER_ID,
                            "--application-token=" + SelftestCommand.PROOF.reveal(),
                            "--evidence=file:" + folder.resolve("evidence"),
                            "--progress",
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
                assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
                assertThat(process.exitValue()).isEqualTo(ContractReport.INCONCLUSIVE);
            }
        }
        assertThat(Files.readString(report).lines())
                .hasSize(2)
                .anyMatch(line -> line.contains("\"OSF-C-101\"") && line.contains("\"verdict\":\"pass\""))
                .anyMatch(line -> line.contains("\"OSF-C-411\"") && line.contains("\"verdict\":\"not-observed\""));
        assertThat(Files.readString(folder.resolve("out"))).contains("THE RUN ENDED EARLY: interrupted");
    }

    /**
     * Kills {@code verify} with SIGKILL, which leaves it no time to stop the handler: something else must see to it.
     */
    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT", "HUP", "KILL"})
    @Tag("long")
    void noSignalLeavesTheHandlerRunning(String signal) throws Exception {
        Path started = folder.resolve("started");
        int port = VerifyCommand.freePort();
        String handler = "echo $$ > '" + folder.resolve("pid") + "'; mv '" + folder.resolve("pid") + "' '" + started
                + "'; while :; do sleep 1; done";
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.openlines.cli.OpenlinesCommand",
                        "verify",
                        "--handler=http://127.0.0.1:" + port + "/",
                        "--handler-cmd=" + handler,
                        "--member-id=m",
                        "--application-token=t",
                        "--ready-within=5m")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out").toFile())
                .start();
        Await.until("the handler runs", () -> Files.exists(started));
        ProcessHandle child = ProcessHandle.of(
                        Long.parseLong(Files.readString(started).strip()))
                .orElseThrow();

        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        Await.until("the handler ends", () -> !child.isAlive());
        if (!signal.equals("KILL")) {
            assertThat(process.exitValue()).isEqualTo(ContractReport.INCONCLUSIVE);
        }
    }

    @Test
    void aHandlerThatDiesAtOnceIsSaidSoWithItsExitCodeAndItsOutput() {
        int port = VerifyCommand.freePort();

        int code = run(
                "--handler=http://127.0.0.1:" + port + "/",
                "--handler-cmd=echo no module named flask; echo " + SelftestCommand.PROOF.reveal() + "; exit 17");

        assertThat(code).isEqualTo(ContractReport.NOT_READY);
        assertThat(out.toString())
                .contains("THE RUN ENDED EARLY: the handler never became ready: its process ended with exit code 17;"
                        + " it printed last:\nno module named flask\n<application_token>")
                .doesNotContain(SelftestCommand.PROOF.reveal());
        assertThat(err.toString()).hasLineCount(1).doesNotContain(" (0 s)");
    }

    /** Tests a handler that a request without the right token ends. The cases beside that one are not blamed. */
    @Test
    @RequiresTool("python3")
    void aHandlerThatDiesInMidRunIsSaidSoAtOnceWithItsExitCodeAndItsOutput() throws Exception {
        Path handler = Files.writeString(folder.resolve("dies.py"), """
                import http.server, os, sys
                class Hook(http.server.BaseHTTPRequestHandler):
                    def do_POST(self):
                        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                        if sys.argv[2] not in body:
                            print("no such portal", file=sys.stderr, flush=True)
                            os._exit(9)
                        self.send_response(200)
                        self.end_headers()
                    def log_message(self, *unused): pass
                http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Hook).serve_forever()
                """);

        int code = run(
                "--handler=http://127.0.0.1:{PORT}/",
                "--handler-cmd=exec python3 '" + handler + "' {PORT} " + SelftestCommand.PROOF.reveal(),
                "--ready-within=5m",
                "--ack-max=2m",
                "--only=102,407,420");

        assertThat(code).isEqualTo(ContractReport.FAILED);
        assertThat(err.toString())
                .contains("openlines: WARNING: after OSF-C-102 its process ended with exit code 9; it printed last:\n"
                        + "no such portal");
        assertThat(out.toString())
                .contains("expected a handler that survives; got its process ended with exit code 9; it printed last:")
                .contains("must-failed 1/1 should-failed 0/2 ");
    }

    @Test
    @RequiresTool("script")
    @Tag("long")
    void aTerminalShowsTheProgress() throws Exception {
        Path shown = folder.resolve("shown");
        try (RecordingHandler handler = RecordingHandler.start()) {
            String command = "'" + Path.of(System.getProperty("java.home"), "bin", "java") + "' -cp '"
                    + System.getProperty("java.class.path") + "' dev.openlines.cli.OpenlinesCommand verify --handler="
                    + handler.uri() + " --member-id=m --application-token=t --ack-max=2m --only=407";
            Process terminal = new ProcessBuilder("script", "-qec", command, "/dev/null")
                    .redirectErrorStream(true)
                    .redirectOutput(shown.toFile())
                    .start();
            assertThat(terminal.waitFor(5, TimeUnit.MINUTES)).isTrue();
        }
        assertThat(Files.readString(shown)).contains("openlines: 1/1 OSF-C-407 (");
    }

    @Test
    void aFirstEventThatIsDeniedEndsTheRunUnlessItIsToGoOn() {
        try (RecordingHandler denies = RecordingHandler.answering(
                "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) {
            assertThat(run("--handler=" + denies.uri(), "--only=001,101,102")).isEqualTo(ContractReport.FAILED);
            assertThat(out.toString())
                    .contains(
                            "FAILURES: 1, in the order to fix them",
                            "  OSF-C-001 must\n    sent: ",
                            "\n    required: ",
                            "\n    why:      An event that is refused or misread is lost",
                            "\n    source:   module source")
                    .contains(
                            "    fix:      If the answer was 403 or 404, look first at the path, the member id and the token")
                    .contains("must-failed 1/3 should-failed 0/0 not-observed 2 ")
                    .contains("THE RUN ENDED EARLY: the first good event was not acknowledged; --go-on");
            assertThat(run("--handler=" + denies.uri(), "--only=001,101,102", "--go-on"))
                    .isEqualTo(ContractReport.FAILED);
            assertThat(out.toString()).contains("must-failed 3/3 should-failed 0/0 not-observed 0 ");
        }
    }

    @Test
    void aHandlerIsOneKindOrTheOther() {
        assertThat(run("--handler=http://127.0.0.1:9/", "--installing", "--settings-only"))
                .isEqualTo(3);
        assertThat(err.toString()).isEqualTo("--installing and --settings-only exclude each other\n");
    }
}
