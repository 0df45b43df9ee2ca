// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Inbox;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An application that brings SLF4J no binding, so that its records go nowhere. */
@Timeout(300)
class MissingLogTest {

    @TempDir
    Path directory;

    /** Starts a receiver and stops it. */
    static final class App {

        private App() {}

        public static void main(String[] args) {
            ReceiverServer.builder(Handlers.all((event, context) -> {}))
                    .inbox(Inbox.memory())
                    .port(0)
                    .trust("m", Secret.of("t"))
                    .start()
                    .close();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anApplicationWithoutABindingIsToldSoAndWhichOneToAdd(boolean binding) throws Exception {
        String path = Pattern.compile(File.pathSeparator)
                .splitAsStream(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")))
                .filter(entry -> binding || !entry.contains("slf4j-simple"))
                .collect(Collectors.joining(File.pathSeparator));
        Path output = directory.resolve("output.txt");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        path,
                        App.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
            String told = "openlines: no log records are written, since SLF4J finds no binding on the class path: add"
                    + " org.slf4j:slf4j-simple or ch.qos.logback:logback-classic";
            assertThat(Files.readAllLines(output)).filteredOn(told::equals).hasSize(binding ? 0 : 1);
            assertThat(process.exitValue()).isZero();
        } finally {
            process.destroyForcibly();
        }
    }
}
