// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.openlines.contract.CaseResult;
import dev.openlines.contract.ContractReport;
import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.EffectSource;
import dev.openlines.contract.Level;
import dev.openlines.contract.Verdict;
import dev.openlines.testkit.RequiresTool;
import dev.openlines.testkit.SomeAtATime;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Handlers as the tutorials of frameworks show them. Each verdict about them was checked by hand, so that a must-case that
 * fails one more, or one less, is a change of the suite to look at. The packages of Node are fetched once.
 */
@RequiresTool({"php", "node", "npm", "python3"})
@Tag("long")
class FrameworksTest {

    private static final Path PACKAGES = Path.of("target/frameworks").toAbsolutePath();

    /** The cases that take long, or that a slow machine decides. */
    private static final String[] LONG = {
        "OSF-C-122", "OSF-C-304", "OSF-C-314", "OSF-C-411", "OSF-C-413", "OSF-C-424", "OSF-C-509"
    };

    @TempDir
    private Path folder;

    @RegisterExtension
    private final SomeAtATime some = SomeAtATime.of(2);

    private record Framework(String file, String program, String failures) {}

    private static final List<Framework> FRAMEWORKS = List.of(
            new Framework(
                    "express.js",
                    "exec node ",
                    "008 013 104 105 121 126 201 202 206 207 212 213 218 307 404 501 502 522 702 703 705"),
            new Framework("fastify.js", "exec node ", "013 104 105 121 126 207 501 502"),
            new Framework("flask_app.py", "exec python3 ", "008 102 104 105 112 114 121 126 207 218 501 502 703"),
            new Framework(
                    "plain.php",
                    "exec php -S 127.0.0.1:{PORT} ",
                    "103 104 105 107 109 110 114 121 126 203 204 206 207 213 218 401 501 502"));

    @TestFactory
    Stream<DynamicTest> aTutorialsHandlerFailsExactlyTheseCases() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        for (Framework framework : FRAMEWORKS) {
            if (isInstalled(framework)) {
                Future<ContractReport> report = some.submit(() -> judged(framework));
                tests.add(DynamicTest.dynamicTest(framework.file(), () -> {
                    String failures = report.get().results().stream()
                            .filter(result -> result.verdict() == Verdict.FAIL)
                            .map(CaseResult::toString)
                            .collect(Collectors.joining("\n"));
                    assertThat(report.get().ids(Level.MUST, Verdict.FAIL))
                            .as(failures)
                            .containsExactlyElementsOf(
                                    Stream.of(framework.failures().split(" "))
                                            .map(number -> "OSF-C-" + number)
                                            .toList());
                }));
            }
        }
        assumeTrue(!tests.isEmpty(), "no framework is installed");
        return tests.stream();
    }

    private static boolean isInstalled(Framework framework) throws Exception {
        if (framework.file().endsWith(".py")) {
            return ended("python3", "-c", "import flask");
        }
        return !framework.file().endsWith(".js") || Files.exists(packages());
    }

    /** Fetches the packages of Node once. Returns their folder, which is missing if they cannot be fetched. */
    private static Path packages() throws Exception {
        Path modules = PACKAGES.resolve("node_modules");
        if (!Files.exists(modules)) {
            Files.createDirectories(PACKAGES);
            Files.writeString(PACKAGES.resolve("package.json"), "{\"private\":true}");
            boolean unused = ended(
                    "npm",
                    "install",
                    "--prefix",
                    PACKAGES.toString(),
                    "--prefer-offline",
                    "--ignore-scripts",
                    "--no-audit",
                    "--no-fund",
                    "--no-save",
                    "express@5.3.0",
                    "fastify@5.12.8",
                    "@fastify/formbody@9.0.1");
        }
        return modules;
    }

    private static boolean ended(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return process.waitFor() == 0;
    }

    private ContractReport judged(Framework framework) throws IOException {
        int port = VerifyCommand.freePort();
        Path own = Files.createDirectories(folder.resolve(framework.file()));
        Path evidence = own.resolve("evidence.jsonl");
        // Node looks for packages in the folder of the script and above it.
        Path home = framework.file().endsWith(".js") ? PACKAGES : own;
        Path script = home.resolve(framework.file());
        try (var text = FrameworksTest.class.getResourceAsStream("naive/" + framework.file())) {
            if (text == null) {
                throw new IllegalStateException("naive/" + framework.file() + " is not a resource");
            }
            Files.write(script, text.readAllBytes());
        }
        String command = "APPLICATION_TOKEN=" + SelftestCommand.PROOF.reveal() + " PORT=" + port + " EVIDENCE='"
                + evidence + "' " + framework.program().replace("{PORT}", "" + port) + "'" + script + "'";
        return ContractSuite.of(
                        URI.create("http://127.0.0.1:" + port + "/hook"),
                        SelftestCommand.MEMBER_ID,
                        SelftestCommand.PROOF)
                .evidence(EffectSource.file(evidence))
                .process(command)
                .ackMax(Duration.ofMinutes(1))
                .settle(Duration.ofSeconds(30))
                .readyWithin(Duration.ofMinutes(2))
                .exclude(LONG)
                .run();
    }
}
