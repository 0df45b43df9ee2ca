// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A command may end while its process ends: no hook can be removed or added then. */
@Timeout(300)
class CtrlCTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            working  | closed, interrupted: true
            cleaning | closed, interrupted: false
            late     | dev.openlines.cli.CommandFailure: ended before it began
            """)
    void aCommandEndsInOrderWhileItsProcessEnds(String way, String line) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        CtrlCApp.class.getName(),
                        way)
                .redirectErrorStream(true)
                .start();
        try {
            assertThat(process.inputReader(UTF_8).lines()).containsExactly(line);
            assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }
}
