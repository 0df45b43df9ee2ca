// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.contract.ContractReport;
import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.EffectSource;
import dev.openlines.contract.Level;
import dev.openlines.contract.Verdict;
import dev.openlines.model.Secret;
import dev.openlines.testkit.RequiresTool;
import dev.openlines.testkit.SomeAtATime;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Handlers that are not Java: the right ones pass, the careless ones fail for their sins and nothing else. */
@RequiresTool({"php", "node", "python3"})
@Tag("long")
class OtherLanguagesTest {

    private static final String MEMBER_ID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
    private static final String PROOF = "5f2d8c1e9b7a46d0a3c4e6f81b2d9075";

    private static final String PHP = "exec php -d display_errors=0 -d expose_php=0 -S 127.0.0.1:{PORT} ";

    /** Without what takes long: that is judged by hand and in the documentation. */
    private static final String[] LONG = {
        "OSF-C-019",
        "OSF-C-122",
        "OSF-C-304",
        "OSF-C-314",
        "OSF-C-411",
        "OSF-C-413",
        "OSF-C-424",
        "OSF-C-508",
        "OSF-C-509",
        "OSF-C-512",
        "OSF-C-513",
        "OSF-C-514"
    };

    private static final List<String> CARELESS_IN_PHP = List.of(
            // numbers go through floats
            "OSF-C-013",
            // any token will do
            "OSF-C-101",
            "OSF-C-103",
            "OSF-C-104",
            "OSF-C-105",
            "OSF-C-109",
            "OSF-C-110",
            "OSF-C-117",
            "OSF-C-118",
            "OSF-C-121",
            "OSF-C-126",
            "OSF-C-203",
            "OSF-C-213",
            "OSF-C-215",
            "OSF-C-217",
            // nothing is deduplicated
            "OSF-C-501",
            "OSF-C-502");

    private static final List<String> CARELESS_IN_NODE = List.of(
            // the token is not looked at
            "OSF-C-101",
            "OSF-C-102",
            "OSF-C-103",
            "OSF-C-104",
            "OSF-C-105",
            "OSF-C-106",
            "OSF-C-109",
            "OSF-C-110",
            "OSF-C-112",
            "OSF-C-114",
            "OSF-C-117",
            "OSF-C-118",
            "OSF-C-126",
            "OSF-C-203",
            "OSF-C-215",
            "OSF-C-217",
            // bodies have no limit
            "OSF-C-303",
            "OSF-C-309",
            // the same data is the same event
            "OSF-C-503",
            // bodies come back
            "OSF-C-701",
            "OSF-C-703");

    @TempDir
    private Path folder;

    @RegisterExtension
    private final SomeAtATime some = SomeAtATime.of(3);

    /** Runs some at a time: they mostly wait, for effects that never come. */
    @TestFactory
    Stream<DynamicTest> aRightHandlerPassesAndACarelessOneFailsForItsSins() throws Exception {
        List<DynamicTest> tests = new ArrayList<>(List.of(
                fails(PHP, "careless.php", CARELESS_IN_PHP),
                fails("exec node ", "careless.js", CARELESS_IN_NODE),
                passes(PHP, "correct.php"),
                passes("exec node ", "correct.js"),
                passes("exec python3 ", "correct.py")));
        return tests.stream();
    }

    private DynamicTest passes(String program, String script) throws Exception {
        Future<ContractReport> report = judged(program, script);
        return DynamicTest.dynamicTest(script + " passes", () -> {
            assertThat(report.get().ids(Level.MUST, Verdict.FAIL)).isEmpty();
            assertThat(report.get().ids(Level.SHOULD, Verdict.FAIL)).isEmpty();
        });
    }

    private DynamicTest fails(String program, String script, List<String> sins) throws Exception {
        Future<ContractReport> report = judged(program, script);
        return DynamicTest.dynamicTest(script + " fails for its sins", () -> {
            assertThat(report.get().ids(Level.MUST, Verdict.FAIL)).containsExactlyElementsOf(sins);
            // Neither says that it records installations, so an uninstallation proves nothing.
            assertThat(report.get().ids(Level.MUST, Verdict.NOT_OBSERVED)).contains("OSF-C-017");
        });
    }

    private Future<ContractReport> judged(String program, String script) throws Exception {
        int port = VerifyCommand.freePort();
        Path own = Files.createDirectory(folder.resolve(script));
        Path evidence = own.resolve("evidence.jsonl");
        Path file = Path.of(OtherLanguagesTest.class.getResource(script).toURI());
        String command = "MEMBER_ID=" + MEMBER_ID + " APPLICATION_TOKEN=" + PROOF + " STORE='" + own
                + "' EVIDENCE='" + evidence + "' " + (program + "'" + file + "'").replace("{PORT}", "" + port)
                + (program.contains("{PORT}") ? "" : " " + port);
        ContractSuite suite = ContractSuite.of(
                        URI.create("http://127.0.0.1:" + port + "/hook"), MEMBER_ID, Secret.of(PROOF))
                .evidence(EffectSource.file(evidence))
                .process(command)
                .ackMax(Duration.ofMinutes(1))
                .settle(Duration.ofSeconds(30))
                .exclude(LONG);
        return some.submit(suite::run);
    }
}
