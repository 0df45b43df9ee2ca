// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static java.nio.file.attribute.PosixFilePermissions.fromString;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs {@code .ci/vulnerabilities} with a scanner that answers as the test says. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(300)
class VulnerabilitiesTest {

    private static final Path SCRIPT = Path.of("..", ".ci", "vulnerabilities").toAbsolutePath();

    @TempDir
    Path folder;

    private Path programs;
    private Path modules;

    /** Makes a path of programs that holds what the script needs, and no scanner of this machine. */
    @BeforeEach
    void makeAPathOfPrograms() throws IOException {
        programs = Files.createDirectory(folder.resolve("programs"));
        modules = Files.createDirectory(folder.resolve("target"));
        for (String program : new String[] {"cp", "rm"}) {
            Path found = Stream.of(System.getenv("PATH").split(File.pathSeparator))
                    .map(place -> Path.of(place, program))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElseThrow();
            Files.createSymbolicLink(programs.resolve(program), found);
        }
    }

    @Test
    void aCleanBillIsSaidToBeCleanAndTheScannerGetsIt() throws Exception {
        bill("model");
        Path inside = Files.createDirectories(modules.resolve("classes/META-INF/sbom"));
        Files.writeString(inside.resolve("application.cdx.json"), "{}");
        scanner(0);

        assertThat(run()).isEqualTo("""
                        scan source --lockfile target/looked-up.cdx.json
                        known vulnerabilities: none in target/model-cyclonedx.json
                        scan source --lockfile target/looked-up.cdx.json
                        known vulnerabilities: none in target/classes/META-INF/sbom/application.cdx.json
                        exit 0
                        """);
        assertThat(modules).isDirectoryNotContaining("glob:**.cdx.json");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 127})
    void aFindingOrAFailureOfTheScannerEndsTheBuild(int code) throws Exception {
        bill("model");
        scanner(code);

        assertThat(run()).doesNotContain("known vulnerabilities: none").endsWith("\nexit " + code + "\n");
        assertThat(modules).isDirectoryNotContaining("glob:**.cdx.json");
    }

    @Test
    void withoutAScannerNothingIsSaidToBeChecked() throws Exception {
        bill("model");

        assertThat(run())
                .isEqualTo(
                        "known vulnerabilities: NOT CHECKED in target/model-cyclonedx.json, since osv-scanner is not on"
                                + " the PATH\nexit 0\n");
    }

    @Test
    void withoutABillNothingIsSaidToBeChecked() throws Exception {
        scanner(0);

        assertThat(run())
                .isEqualTo(
                        "known vulnerabilities: NOT CHECKED in target, since no bill of materials is there: Maven makes"
                                + " none offline or with cyclonedx.skip\nexit 0\n");
    }

    @Test
    void aBillWithoutAnArtifactIsNotSaidToBeClean() throws Exception {
        bill("model");
        scanner(128);

        assertThat(run())
                .endsWith(
                        "known vulnerabilities: NOT CHECKED in target/model-cyclonedx.json, since osv-scanner finds no"
                                + " artifact in it\nexit 0\n");
    }

    private void bill(String module) throws IOException {
        Files.writeString(modules.resolve(module + "-cyclonedx.json"), "{}");
    }

    private void scanner(int code) throws IOException {
        Path scanner = Files.writeString(
                programs.resolve("osv-scanner"),
                "#!/bin/sh\n[ -f \"$4\" ] || exit 99\necho \"$@\"\nexit " + code + "\n");
        Files.setPosixFilePermissions(scanner, fromString("rwx------"));
    }

    private String run() throws Exception {
        Path output = folder.resolve("output");
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", SCRIPT.toString(), "target")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("PATH", programs.toString());
        builder.environment().remove("OSV_SCANNER_OFFLINE");
        Process process = builder.start();
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        return Files.readString(output) + "exit " + process.exitValue() + "\n";
    }
}
