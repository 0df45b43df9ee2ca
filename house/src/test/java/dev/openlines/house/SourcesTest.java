// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules of CONTRIBUTING that only sources and POMs can show. */
class SourcesTest {

    // Surefire starts in the module's folder.
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

    private static final Pattern DECISION =
            Pattern.compile("# \\d{4} [A-Z].*\n\n(?:(?:Superseded by|Replaces) [^#]*\n\n)?## Context\n\n[\\s\\S]*"
                    + "\n\n## Decision\n\n[\\s\\S]*\n\n## Consequences\n\n[\\s\\S]*");

    private static final List<String> PUBLISHED = List.of(
            "model",
            "parser",
            "client",
            "receiver",
            "inbox-tck",
            "kafka",
            "server",
            "spring-boot-starter",
            "portal",
            "contract",
            "cli");

    @Test
    void theWalkFindsTheSources() {
        assertThat(javaFiles(path -> true)).hasSizeGreaterThan(20);
    }

    @Test
    void testsDoNotSleep() {
        Predicate<Path> test = path -> path.toString().contains("/src/test/");

        assertThat(linesWith("Thread.sleep" + "(", test)).isEmpty();
        assertThat(linesWith("TimeUnit.SECONDS.sleep" + "(", test)).isEmpty();
    }

    @Test
    void testsUseNoFixedPorts() {
        Pattern port = Pattern.compile(
                "new ([a-z]+[.])*(InetSocketAddress|ServerSocket|Socket)\\((\"[^\"]*\", )?[1-9][0-9]{3,}");

        assertThat(lines(
                        path -> path.toString().contains("/src/test/"),
                        line -> port.matcher(line).find()))
                .isEmpty();
    }

    @Test
    void everySourceFileSaysItsLicence() {
        assertThat(javaFiles(path -> true))
                .allSatisfy(path -> assertThat(read(path)).startsWith("// SPDX-License-Identifier: Apache-2.0\n"));
    }

    @Test
    void everyPublishedLibraryIsAModuleWithAComment() {
        // The others have a name without a descriptor: what they need has none, such as WireMock and Kafka.
        assertThat(PUBLISHED)
                .filteredOn(module -> List.of("model", "parser", "client", "receiver", "server")
                        .contains(module))
                .allSatisfy(module -> assertThat(read(ROOT.resolve(module + "/src/main/java/module-info.java")))
                        // It would ask every user for that module: docs/adr/0012.
                        .doesNotContain("static transitive")
                        .contains("\n/**\n")
                        .contains("module dev.openlines." + module + " {"));
    }

    @Test
    void theBomNamesEveryPublishedModule() {
        Matcher names = Pattern.compile("<artifactId>openlines-([a-z-]+)</artifactId>\\s*<version>[$]")
                .matcher(read(ROOT.resolve("bom/pom.xml")));

        assertThat(names.results().map(found -> found.group(1))).containsExactlyElementsOf(PUBLISHED);
    }

    @Test
    void everyDecisionIsInTheIndexAndHasTheThreeParts() throws IOException {
        String index = read(ROOT.resolve("docs/adr/README.md"));
        try (Stream<Path> files = Files.list(ROOT.resolve("docs/adr"))) {
            List<String> decisions = files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.equals("README.md"))
                    .sorted()
                    .toList();

            assertThat(decisions)
                    .isNotEmpty()
                    .allSatisfy(name -> assertThat(index).contains("](" + name + ")"))
                    .allSatisfy(name ->
                            assertThat(read(ROOT.resolve("docs/adr/" + name))).matches(DECISION));
            assertThat(decisions.stream().map(name -> name.substring(0, 4)))
                    .as("numbers")
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void everyAnnouncedModuleIsInTheFolderMap() {
        Matcher modules = Pattern.compile("<module>([a-z-]+)</module>").matcher(read(ROOT.resolve("pom.xml")));
        String map = read(ROOT.resolve("CONTRIBUTING.md"));

        assertThat(modules.results().map(found -> found.group(1)))
                .isNotEmpty()
                .allSatisfy(module -> assertThat(map).contains("| `" + module + "/`"));
    }

    @Test
    void everyThreadOfTheLibrariesIsOnThePageOfThreads() {
        Pattern start =
                Pattern.compile("(?:new Thread|LastResort[.]thread)\\((?!task, name\\b)|Executors[.]new\\w+\\(");
        Pattern name = Pattern.compile(",\\s*\"([a-z-]+)\"[^\"]*$");
        String page = read(ROOT.resolve("docs/threads.md"));
        List<Path> libraries = javaFiles(
                path -> ROOT.relativize(path)
                        .toString()
                        .matches(
                                "(receiver|kafka|server|client|harness/(portal|contract|cli)|spring-boot-starter)/src/main/.*"));
        long named = 0;
        for (Path file : libraries) {
            String source = read(file);
            Matcher starts = start.matcher(source);
            while (starts.find()) {
                String arguments = arguments(source, starts.end());
                if (starts.group().startsWith("Executors")) {
                    assertThat(arguments)
                            .as(file + ": a pool that names its threads")
                            .containsPattern("->|::");
                    continue;
                }
                Matcher found = name.matcher(arguments);
                assertThat(found.find()).as(file + ": " + arguments).isTrue();
                assertThat(page).as(file + ": a thread").contains("`" + found.group(1));
                named++;
            }
        }
        assertThat(named).isGreaterThan(25);
        assertThat(page).contains("`openlines-verify-N`", "`openlines-kept-1`");
    }

    /** Returns the text from a place up to the parenthesis that closes what was opened before it. */
    private static String arguments(String source, int from) {
        int open = 1;
        int end = from;
        while (open > 0) {
            char c = source.charAt(end++);
            open += c == '(' ? 1 : c == ')' ? -1 : 0;
        }
        return source.substring(from, end - 1);
    }

    /** Pages are looked at as pictures, too: only the tests that take long make them. */
    @Test
    void continuousIntegrationKeepsThePicturesOfThePages() {
        String github = read(ROOT.resolve(".github/workflows/ci.yml"));
        String gitlab = read(ROOT.resolve(".gitlab-ci.yml"));

        assertThat(read(ROOT.resolve("testkit/src/main/java/dev/openlines/testkit/Browser.java")))
                .contains("Path.of(\"target\", \"screenshots\")");
        assertThat(github)
                .contains("uses: actions/upload-artifact@", "path: '**/target/screenshots/'", "'-Plong'")
                .doesNotContainPattern("uses: (?!\\S+@[0-9a-f]{40} # v[0-9.]+\n)");
        assertThat(gitlab).contains("- '**/target/screenshots/'", "MAVEN_ARGS_EXTRA: -Plong");
    }

    @Test
    void everyHistoryOfTheDecisionOnReconciliationIsPlayedByATest() {
        Matcher histories = Pattern.compile("(?m)^\\| .* \\| `([A-Z][A-Za-z]+)[.]([a-z][A-Za-z]+)` \\|$")
                .matcher(read(ROOT.resolve("docs/adr/0032-reconciliation.md")));
        int found = 0;
        while (histories.find()) {
            assertThat(read(ROOT.resolve(
                            "receiver/src/test/java/dev/openlines/receiver/" + histories.group(1) + ".java")))
                    .contains("void " + histories.group(2) + "() ");
            found++;
        }
        assertThat(found).isEqualTo(9);
    }

    /** Compares the list for newcomers with the files that name the event to copy. */
    @Test
    void theListForNewEventsHasEachFileThatNamesTheEventToCopy() throws IOException {
        String page = read(ROOT.resolve("CONTRIBUTING.md"));
        String list =
                page.substring(page.indexOf("\n## How to add an event\n"), page.indexOf("\n## How to send a report\n"));
        Pattern event = Pattern.compile("OnImConnectorStatusDelete", Pattern.CASE_INSENSITIVE);
        try (Stream<Path> files = Files.walk(ROOT)) {
            List<String> naming = files.filter(path -> path.toString().matches(".*[.](java|json|md)"))
                    .filter(path -> ROOT.relativize(path).toString().matches("docs/.*|.*/src/main/.*"))
                    .filter(path -> !path.toString().contains("/target/"))
                    .filter(path -> event.matcher(read(path)).find())
                    .map(path -> path.getFileName().toString())
                    .toList();

            assertThat(naming)
                    .contains("OnImConnectorStatusDelete.java", "Event.java", "ConnectorEvents.java", "wire-format.md")
                    .allSatisfy(name -> assertThat(list).contains(name));
        }
    }

    @Test
    void everyOptionOnAPageIsOneOfACommand() throws IOException {
        // These three belong to prlimit and docker. A dot follows those that are properties of Spring Boot.
        Set<String> options = new HashSet<>(List.of("--fsize", "--pid", "--network"));
        for (Path file :
                javaFiles(path -> ROOT.relativize(path).toString().matches("(server|harness/cli)/src/main/.*"))) {
            Pattern.compile("\"(--[a-z][a-z-]+)")
                    .matcher(read(file))
                    .results()
                    .forEach(found -> options.add(found.group(1)));
        }
        Map<String, Set<String>> unknown = new TreeMap<>();
        int known = 0;
        try (Stream<Path> files = Files.walk(ROOT)) {
            for (Path page : files.filter(path -> ROOT.relativize(path)
                            .toString()
                            .matches("README[.]md|docs/[a-z-]+[.]md|examples/(?!.*/target/).*[.]md"))
                    .toList()) {
                Set<String> named = Pattern.compile("(?<![\\w-])--[a-z][a-z-]++(?![.]\\w)")
                        .matcher(read(page))
                        .results()
                        .map(MatchResult::group)
                        .collect(Collectors.toCollection(TreeSet::new));
                int all = named.size();
                named.removeAll(options);
                known += all - named.size();
                if (!named.isEmpty()) {
                    unknown.put(ROOT.relativize(page).toString(), named);
                }
            }
        }

        assertThat(unknown).isEmpty();
        assertThat(known).isGreaterThan(100);
    }

    private static List<String> linesWith(String text, Predicate<Path> where) {
        return lines(where, line -> line.contains(text));
    }

    private static List<String> lines(Predicate<Path> where, Predicate<String> what) {
        List<String> found = new ArrayList<>();
        for (Path file : javaFiles(where)) {
            List<String> lines = read(file).lines().toList();
            IntStream.range(0, lines.size())
                    .filter(index -> what.test(lines.get(index)))
                    .forEach(index -> found.add(ROOT.relativize(file) + ":" + (index + 1)));
        }
        return found;
    }

    private static List<Path> javaFiles(Predicate<Path> where) {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(path -> path.toString().endsWith(".java"))
                    .filter(path -> path.toString().contains("/src/"))
                    .filter(path -> !path.toString().contains("/target/"))
                    .filter(where)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
