// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.contract.ContractReport;
import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.EffectSource;
import dev.openlines.contract.Level;
import dev.openlines.contract.Verdict;
import dev.openlines.model.Secret;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A handler as the tutorials of Spring MVC show it. Each verdict about it was checked by hand. */
@Tag("long")
class NaiveHookTest {

    private static final String FAILURES = "104 105 114 121 126 203 206 207 218 307 501 502 702 703";

    /** The cases that take long, or that a slow machine decides. */
    private static final String[] LONG = {
        "OSF-C-122", "OSF-C-304", "OSF-C-314", "OSF-C-411", "OSF-C-413", "OSF-C-424", "OSF-C-509"
    };

    @TempDir
    private Path folder;

    @Test
    void aTutorialsHandlerFailsExactlyTheseCases() throws Exception {
        Secret proof = Secret.of("0e462097431906509019562988736854");
        Path evidence = folder.resolve("evidence.jsonl");
        int port = HookTest.freePort();
        String command = "APPLICATION_TOKEN=" + proof.reveal() + " PORT=" + port + " EVIDENCE='" + evidence + "' exec '"
                + Path.of(System.getProperty("java.home"), "bin", "java")
                + "' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '" + System.getProperty("java.class.path") + "' "
                + NaiveHook.class.getName();
        ContractReport report = ContractSuite.of(
                        URI.create("http://127.0.0.1:" + port + "/hook"), "7d1c0a52e84f4b3f9a6be0c15d2f8e37", proof)
                .evidence(EffectSource.file(evidence))
                .process(command)
                .ackMax(Duration.ofMinutes(1))
                .settle(Duration.ofSeconds(30))
                .readyWithin(Duration.ofMinutes(2))
                .exclude(LONG)
                .run();

        assertThat(report.ids(Level.MUST, Verdict.FAIL))
                .containsExactlyElementsOf(Stream.of(FAILURES.split(" "))
                        .map(number -> "OSF-C-" + number)
                        .toList());
    }
}
