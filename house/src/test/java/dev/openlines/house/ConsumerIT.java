// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Applications outside this project, compiled and run against the packaged jars: on the module path and on
 * the class path. Their sources are in {@code src/test/consumers}.
 */
class ConsumerIT {

    private static final Path CONSUMERS = Path.of("src/test/consumers");

    private static final Pattern LIBRARIES = Pattern.compile(
            ".*/(openlines-(model|parser|client|receiver)-|jakarta\\.|yasson-|parsson-|slf4j-api-).*[.]jar");

    private static final Pattern FOREIGN = Pattern.compile(
            ".*/(junit-|opentest4j-|apiguardian-|assertj-|archunit-|picocli-|openlines-(testkit|receiver|inbox-tck|kafka|server|spring-boot-starter|client|contract|cli)-).*");

    /** Files that register a logging backend with SLF4J 2 or 1, Log4j, commons-logging or the JDK. */
    private static final List<String> BACKENDS = List.of(
            "META-INF/services/org.slf4j.spi.SLF4JServiceProvider",
            "org/slf4j/impl/StaticLoggerBinder.class",
            "META-INF/services/org.apache.logging.log4j.spi.Provider",
            "META-INF/services/org.apache.commons.logging.LogFactory",
            "META-INF/services/java.lang.System$LoggerFinder");

    private static final Pattern PUBLISHED = Pattern.compile("<artifactId>(openlines-(?!bom)[a-z-]+)</artifactId>");

    @TempDir
    private Path folder;

    /** Checks this module's class path: it depends on all published artifacts, as an application does. */
    @Test
    void noPublishedArtifactBringsALoggingBackend() throws IOException {
        List<Path> jars = classPath()
                .filter(entry -> entry.endsWith(".jar"))
                .map(Path::of)
                .toList();
        assertThat(PUBLISHED
                        .matcher(Files.readString(Path.of("../bom/pom.xml")))
                        .results())
                .hasSize(11)
                .allSatisfy(published -> assertThat(jars)
                        .anyMatch(jar -> jar.getFileName().toString().startsWith(published.group(1) + "-")));

        List<String> found = new ArrayList<>();
        for (Path path : jars) {
            try (JarFile jar = new JarFile(path.toFile())) {
                BACKENDS.stream()
                        .filter(backend -> jar.getEntry(backend) != null)
                        .forEach(backend -> found.add(path.getFileName() + " has " + backend));
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void anApplicationRunsOnTheModulePath() throws Exception {
        compile(Stream.of("--module-path", libraries()), CONSUMERS.resolve("module"), CONSUMERS.resolve("app"));

        assertThat(run("--module-path", libraries() + File.pathSeparator + folder, "--module", "consumer/consumer.App"))
                .isEqualTo("""
                        closed chat=11
                        same=true
                        modules=dev.openlines.model,dev.openlines.parser,dev.openlines.client,dev.openlines.receiver
                        exit 0
                        """);
    }

    @Test
    void anApplicationRunsOnTheClassPath() throws Exception {
        compile(Stream.of("--class-path", libraries()), CONSUMERS.resolve("app"));

        assertThat(run("--class-path", libraries() + File.pathSeparator + folder, "consumer.App"))
                .isEqualTo("""
                        closed chat=11
                        same=true
                        modules=null,null,null,null
                        exit 0
                        """);
    }

    @Test
    void decodingNeedsNoJsonProviderAndWhatDoesNamesOne() throws Exception {
        String bare = Arrays.stream(libraries().split(File.pathSeparator))
                .filter(jar -> !jar.matches(".*/(yasson|parsson)-.*"))
                .collect(joining(File.pathSeparator));
        compile(Stream.of("--class-path", bare), CONSUMERS.resolve("artifacts/parser/src/main"));

        assertThat(run("--class-path", bare + File.pathSeparator + folder, "consumer.App"))
                .isEqualTo("""
                        closed chat=11
                        JSON values need a JSON-P provider on the class path or module path, such as org.eclipse.parsson:parsson
                        exit 0
                        """);
    }

    @ParameterizedTest
    @ValueSource(strings = {"floor.jar", "newest.jar"})
    @Tag("long")
    void thePortalWorksWithTheOldestAndTheNewestJUnit(String junit) throws Exception {
        String console = Path.of("target", "junit", junit).toString();
        String path = portalLibraries() + File.pathSeparator + console;
        compile(Stream.of("--class-path", path), CONSUMERS.resolve("junit"));

        assertThat(run(
                        "-jar",
                        console,
                        "execute",
                        "--disable-banner",
                        "--details=summary",
                        "--class-path",
                        portalLibraries() + File.pathSeparator + folder,
                        "--select-class=consumer.ClosedChatTest"))
                .contains("[         1 tests successful      ]")
                .endsWith("exit 0\n");
    }

    @Test
    @Tag("long")
    void anInboxOfAnotherProjectPassesTheInboxContract() throws Exception {
        String junit = Path.of("target", "junit", "newest.jar").toString();
        String assertj = classPath()
                .filter(entry -> entry.contains("/assertj-core-"))
                .findAny()
                .orElseThrow();
        String path = String.join(File.pathSeparator, libraries(), contract().toString(), assertj, junit);
        // Without the notes on annotations of JUnit's own that are not in its jar.
        compile(Stream.of("-Xlint:-classfile", "--class-path", path), CONSUMERS.resolve("inbox"));

        String report = run(
                "-jar",
                junit,
                "execute",
                "--disable-banner",
                "--details=tree",
                "--class-path",
                path + File.pathSeparator + folder,
                "--select-class=consumer.OwnInboxTest");

        try (JarFile jar = new JarFile(contract().toFile())) {
            assertThat(jar.getManifest().getMainAttributes().getValue("Automatic-Module-Name"))
                    .isEqualTo("dev.openlines.tck");
            assertThat(jar.stream().map(JarEntry::getName).filter(name -> name.endsWith(".class")))
                    .allMatch(name -> name.startsWith("dev/openlines/tck/"));
        }
        assertThat(report).contains("[         0 tests failed          ]").endsWith("exit 0\n");
        Matcher successful = Pattern.compile("\\[ +(\\d+) tests successful").matcher(report);
        assertThat(successful.find()).isTrue();
        assertThat(Integer.parseInt(successful.group(1))).isGreaterThan(20);
    }

    private static Path contract() {
        return classPath()
                .map(Path::of)
                .filter(entry -> entry.getFileName().toString().startsWith("openlines-inbox-tck-"))
                .findAny()
                .orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"portal", "contract", "cli"})
    void eachPartOfTheHarnessHasAModuleName(String part) throws Exception {
        Path library = classPath()
                .map(Path::of)
                .filter(entry -> entry.getFileName().toString().startsWith("openlines-" + part + "-"))
                .findAny()
                .orElseThrow();
        try (JarFile jar = new JarFile(library.toFile())) {
            assertThat(jar.getManifest().getMainAttributes().getValue("Automatic-Module-Name"))
                    .isEqualTo("dev.openlines." + part);
        }
    }

    @Test
    void everyModuleDescriptorAgreesWithTheJarsAroundIt() throws Exception {
        assertThat(run("--module-path", libraries(), "--validate-modules")).endsWith("exit 0\n");
    }

    @Test
    void thePackagedJarsAreThoseOfThisBuild() throws IOException {
        List<Path> ours = Arrays.stream(libraries().split(File.pathSeparator))
                .map(Path::of)
                .filter(jar -> jar.getFileName().toString().startsWith("openlines-"))
                .toList();

        assertThat(ours).hasSize(4).allMatch(jar -> jar.getParent().endsWith("target"));
        for (Path path : ours) {
            try (JarFile jar = new JarFile(path.toFile())) {
                assertThat(jar.getEntry("META-INF/MANIFEST.MF"))
                        .as(path.toString())
                        .isNotNull();
            }
        }
    }

    /** Looks at every entry: what a build leaves in {@code target}, with its paths, must not be published. */
    @Test
    void anArchiveOfSourcesHoldsSourcesAndNothingThatTheBuildLeft() throws IOException {
        List<Path> archives;
        try (Stream<Path> files = Files.walk(Path.of(".."), 4)) {
            archives = files.filter(file -> file.toString().endsWith("-sources.jar"))
                    .filter(file -> file.getParent().endsWith("target"))
                    .toList();
        }

        assertThat(archives).hasSizeGreaterThan(8);
        for (Path archive : archives) {
            Path module = archive.getParent().getParent();
            try (JarFile jar = new JarFile(archive.toFile())) {
                assertThat(jar.stream()
                                .filter(entry -> !entry.isDirectory())
                                .map(JarEntry::getName)
                                .filter(name -> !name.startsWith("META-INF/") && !name.equals("THIRD-PARTY.txt"))
                                .filter(name -> Stream.of(
                                                "src/main/java", "src/main/resources", "target/generated-sources")
                                        .noneMatch(folder -> isIn(module.resolve(folder), name))))
                        .as(archive.toString())
                        .isEmpty();
            }
        }
    }

    private static boolean isIn(Path folder, String name) {
        return Files.isRegularFile(folder.resolve(name));
    }

    private static String libraries() {
        return classPath().filter(entry -> LIBRARIES.matcher(entry).matches()).collect(joining(File.pathSeparator));
    }

    /**
     * Returns the class path that a build tool gives to a project that depends on the portal. It has no JUnit: users
     * bring it.
     */
    private static String portalLibraries() {
        return classPath()
                .filter(entry -> entry.endsWith(".jar"))
                .filter(entry -> !FOREIGN.matcher(entry).matches())
                .collect(joining(File.pathSeparator));
    }

    private static Stream<String> classPath() {
        return Arrays.stream(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                .split(File.pathSeparator));
    }

    private void compile(Stream<String> path, Path... sources) throws Exception {
        List<String> command = new ArrayList<>(List.of(tool("javac"), "--release", "17", "-Xlint:all", "-Werror"));
        path.forEach(command::add);
        command.addAll(List.of("-d", folder.toString()));
        for (Path source : sources) {
            try (Stream<Path> files = Files.walk(source)) {
                files.map(Path::toString).filter(file -> file.endsWith(".java")).forEach(command::add);
            }
        }
        assertThat(start(command)).isEqualTo("exit 0\n");
    }

    private static String run(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(tool("java")));
        command.addAll(List.of(arguments));
        return start(command);
    }

    private static String start(List<String> command) throws Exception {
        Path output = Files.createTempFile("consumer", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(3, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new AssertionError("still running after three minutes: " + command.get(0));
            }
            return Files.readString(output) + "exit " + process.exitValue() + "\n";
        } finally {
            Files.delete(output);
        }
    }

    private static String tool(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name).toString();
    }
}
