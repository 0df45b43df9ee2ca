// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Exhausted memory ends the process of a server, and never that of another application. */
@Timeout(300)
@Tag("long")
class LastResortTest {

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "server, handler, memory, 70",
        "server, dispatcher, memory, 70",
        "server, monitor, memory, 70",
        "server, retention, memory, 70",
        "server, thread, memory, 70",
        "server, thread, stack, 70",
        "server, wrapped, memory, 70",
        "server, receiver, memory, 70",
        "server, jetty, memory, 70",
        "server, handler, stack, 0",
        "guest, dispatcher, memory, 0",
        "guest, monitor, memory, 0",
    })
    void theProcessEndsIfItMust(String with, String place, String error, int exit) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LastResortApp.class.getName(),
                        directory.toString(),
                        with,
                        place,
                        error)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output.txt").toFile())
                .start();
        try {
            assertThat(process.waitFor(200, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(exit);
        } finally {
            process.destroyForcibly();
        }
    }
}
