// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.RequiresTool;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One application for each published artifact, in {@code src/test/consumers/artifacts}: compiled by a stock Maven
 * against what this build installs, and run with what Maven resolved for it. Its POM asks for the one artifact, and for
 * what our pages tell users to add. With {@code -Dconsumers.java=HOME} another JDK compiles and runs them.
 */
@RequiresTool("mvn")
@Timeout(1800)
@EnabledIfSystemProperty(named = "consumers", matches = "true", disabledReason = "takes minutes: -Psoak")
class ConsumersIT {

    @TempDir
    private static Path folder;

    private static Path applications;

    @BeforeAll
    static void build() throws Exception {
        StockMaven maven = new StockMaven(folder);
        maven.finish(
                "mvn -q -Pquick -pl bom,kafka,inbox-tck,spring-boot-starter,harness/cli -am install", maven.checkout());

        applications = folder.resolve("applications");
        StockMaven.copy(Path.of("src/test/consumers/artifacts"), applications);
        maven.configure(applications);
        maven.finish(
                "export JAVA_HOME=" + java() + " PATH=" + java().resolve("bin") + ":$PATH\nmvn -q "
                        + Stream.of("spring-boot", "dependency-plugin", "sqlite", "slf4j", "junit")
                                .map(name -> "-D" + name + ".version=" + System.getProperty(name + ".version"))
                                .collect(joining(" "))
                        + " package",
                applications);
    }

    @ParameterizedTest
    @CsvSource({
        "model, false",
        "parser, closed chat=11",
        "client, ONSESSIONFINISH",
        "receiver, waiting=0",
        "inbox-tck, one test passed",
        "kafka, providers=1",
        "server, receiver ready at /",
        "spring-boot-starter, started=true",
        "portal, deliveries=0",
        "contract, found=true"
    })
    void anApplicationThatAsksForOneArtifactRunsOnTheClassPath(String artifact, String printed) throws Exception {
        assertThat(run("java", "--class-path", classes(artifact) + ":" + jars(artifact), "consumer.App"))
                .contains(printed + "\n")
                .endsWith("exit 0\n");
    }

    @ParameterizedTest
    @CsvSource({
        "model, false",
        "parser, closed chat=11",
        "client, ONSESSIONFINISH",
        "receiver, waiting=0",
        "server, receiver ready at /"
    })
    void oneWithADescriptorCompilesAndRunsOnTheModulePath(String artifact, String printed) throws Exception {
        Path sources = applications.resolve(artifact).resolve("src");
        Path module = folder.resolve("module-" + artifact);
        assertThat(run(
                        "javac",
                        "--release",
                        "17",
                        "-Werror",
                        "--module-path",
                        jars(artifact),
                        "-d",
                        module.toString(),
                        sources.resolve("module/module-info.java").toString(),
                        sources.resolve("main/java/consumer/App.java").toString()))
                .isEqualTo("exit 0\n");

        assertThat(run("java", "--module-path", module + ":" + jars(artifact), "--module", "consumer/consumer.App"))
                .contains(printed + "\n")
                .endsWith("exit 0\n");
    }

    @Test
    void anApplicationWithoutAJsonProviderIsToldWhatToAdd() throws Exception {
        assertThat(run("java", "--class-path", classes("parser") + ":" + jars("parser"), "consumer.App"))
                .contains("such as org.eclipse.parsson:parsson\n")
                .endsWith("exit 0\n");
    }

    @Test
    void theCommandLineRunsAsADependency() throws Exception {
        assertThat(run("java", "--class-path", jars("cli"), "dev.openlines.cli.OpenlinesCommand", "--version"))
                .contains(System.getProperty("project.version"))
                .endsWith("exit 0\n");
    }

    /** Checks that decoding a form takes two jars of ours and the JSON interfaces, without a provider of either. */
    @Test
    void decodingBringsNoJsonProvider() throws IOException {
        assertThat(names("parser"))
                .allMatch(name -> name.startsWith("openlines-model-")
                        || name.startsWith("openlines-parser-")
                        || name.startsWith("jakarta.json-api-")
                        || name.startsWith("jakarta.json.bind-api-"));
        assertThat(names("model")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"model", "parser", "client", "receiver", "kafka", "portal", "contract", "cli"})
    void noArtifactBringsAWebServerOrALoggingBackendThatItsUserDidNotAskFor(String artifact) throws IOException {
        assertThat(names(artifact))
                .noneMatch(name -> name.matches("(logback|slf4j-(simple|jdk14|nop)|log4j|spring).*"));
        if (!List.of("portal", "contract", "cli").contains(artifact)) {
            assertThat(names(artifact)).noneMatch(name -> name.startsWith("jetty-"));
        }
    }

    private static Path classes(String artifact) {
        return applications.resolve(artifact).resolve("target/classes");
    }

    private static List<Path> libraries(String artifact) throws IOException {
        try (Stream<Path> files = Files.list(applications.resolve(artifact).resolve("target/lib"))) {
            return files.sorted().toList();
        }
    }

    private static List<String> names(String artifact) throws IOException {
        return libraries(artifact).stream()
                .map(jar -> jar.getFileName().toString())
                .toList();
    }

    private static String jars(String artifact) throws IOException {
        return libraries(artifact).stream().map(Path::toString).collect(joining(File.pathSeparator));
    }

    private static Path java() {
        return Path.of(System.getProperty("consumers.java", System.getProperty("java.home")));
    }

    private static String run(String tool, String... arguments) throws Exception {
        Path output = folder.resolve("application.txt");
        ProcessBuilder builder = new ProcessBuilder(Stream.concat(
                                Stream.of(java().resolve("bin").resolve(tool).toString()), Stream.of(arguments))
                        .toList())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        int code = builder.start().waitFor();
        return Files.readString(output) + "exit " + code + "\n";
    }
}
