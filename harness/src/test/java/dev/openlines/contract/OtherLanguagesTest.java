// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import dev.openlines.testkit.RequiresTool;
import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Handlers that are not Java: the right ones pass, the careless ones fail for their sins and nothing else. */
class OtherLanguagesTest {

    private static final String MEMBER_ID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
    private static final String PROOF = "5f2d8c1e9b7a46d0a3c4e6f81b2d9075";

    @TempDir
    private Path folder;

    @Test
    @RequiresTool("php")
    void aRightHandlerInPhpPasses() throws Exception {
        ContractReport report = judge(php("correct.php"));

        assertThat(report.ids(Level.MUST, Verdict.FAIL)).isEmpty();
        assertThat(report.ids(Level.SHOULD, Verdict.FAIL)).isEmpty();
    }

    @Test
    @RequiresTool("php")
    void aCarelessHandlerInPhpFailsForItsSins() throws Exception {
        ContractReport report = judge(php("careless.php"));

        assertThat(report.ids(Level.MUST, Verdict.FAIL))
                .containsExactly(
                        // numbers go through floats; an uninstalled application is believed
                        "OSF-C-013",
                        "OSF-C-017",
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
                        "OSF-C-203",
                        "OSF-C-213",
                        "OSF-C-215",
                        "OSF-C-217",
                        // nothing is deduplicated
                        "OSF-C-501",
                        "OSF-C-502");
    }

    @Test
    @RequiresTool("node")
    void aRightHandlerInNodePasses() throws Exception {
        ContractReport report = judge(node("correct.js"));

        assertThat(report.ids(Level.MUST, Verdict.FAIL)).isEmpty();
        assertThat(report.ids(Level.SHOULD, Verdict.FAIL)).isEmpty();
    }

    @Test
    @RequiresTool("node")
    void aCarelessHandlerInNodeFailsForItsSins() throws Exception {
        ContractReport report = judge(node("careless.js"));

        assertThat(report.ids(Level.MUST, Verdict.FAIL))
                .containsExactly(
                        // an uninstalled application is believed
                        "OSF-C-017",
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
    }

    @Test
    @RequiresTool("python3")
    void aRightHandlerInPythonPasses() throws Exception {
        ContractReport report = judge("exec python3 '" + file("correct.py") + "' {PORT}");

        assertThat(report.ids(Level.MUST, Verdict.FAIL)).isEmpty();
        assertThat(report.ids(Level.SHOULD, Verdict.FAIL)).isEmpty();
    }

    private String php(String script) throws Exception {
        return "exec php -d display_errors=0 -d expose_php=0 -S 127.0.0.1:{PORT} '" + file(script) + "'";
    }

    private String node(String script) throws Exception {
        return "exec node '" + file(script) + "' {PORT}";
    }

    private static Path file(String name) throws Exception {
        return Path.of(OtherLanguagesTest.class.getResource(name).toURI());
    }

    /** Without what takes long: these are judged in whole by hand and in the documentation. */
    private ContractReport judge(String command) {
        int port = VerifyCommand.freePort();
        Path evidence = folder.resolve("evidence.jsonl");
        String environment = "MEMBER_ID=" + MEMBER_ID + " APPLICATION_TOKEN=" + PROOF + " STORE='" + folder
                + "' EVIDENCE='" + evidence + "' ";
        Settings settings = new Settings(URI.create("http://127.0.0.1:" + port + "/hook"), MEMBER_ID, Secret.of(PROOF));
        settings.evidence = EffectSources.file(evidence);
        settings.handlerCommand = environment + command.replace("{PORT}", Integer.toString(port));
        settings.settle = java.time.Duration.ofSeconds(2);
        settings.exclude = java.util.List.of(
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
                "OSF-C-514");
        return new ContractSuite(settings).run();
    }
}
