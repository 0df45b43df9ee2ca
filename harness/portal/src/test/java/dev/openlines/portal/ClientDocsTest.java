// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The pages about the client, the doctor and security say what is so. */
class ClientDocsTest {

    private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
    private static final Pattern JAVA = Pattern.compile("^```java\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern NAMED = Pattern.compile("`(\\w+(?:Test|IT|Contract))\\.(\\w+)`");

    @ParameterizedTest
    @CsvSource({"client.md, 10", "why-no-events.md, 2"})
    void everySnippetStandsInATestThatRuns(String page, int atLeast) throws IOException {
        String test = squeezed(Files.readString(
                ROOT.resolve("harness/portal/src/test/java/dev/openlines/portal/ClientSnippetsTest.java")));
        Matcher snippets = JAVA.matcher(Files.readString(ROOT.resolve("docs").resolve(page)));
        int found = 0;
        while (snippets.find()) {
            assertThat(test).as(snippets.group(1)).contains(squeezed(snippets.group(1)));
            found++;
        }
        assertThat(found).isGreaterThanOrEqualTo(atLeast);
    }

    @Test
    void everyTestThatTheThreatModelNamesExists() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/security.md"));
        List<String> rows = page.lines()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| ---"))
                .filter(line -> !line.endsWith("| test |"))
                .toList();
        assertThat(rows)
                .hasSizeGreaterThan(30)
                .allSatisfy(row -> assertThat(NAMED.matcher(row).find())
                        .as("a test is named in %s", row)
                        .isTrue());
        List<String> missing = new ArrayList<>();
        Matcher names = NAMED.matcher(page);
        while (names.find()) {
            if (sources(names.group(1) + ".java")
                    .noneMatch(source -> source.contains("void " + names.group(2) + "("))) {
                missing.add(names.group());
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void everyCheckOfTheDoctorIsExplained() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/why-no-events.md"));
        String finding = Files.readString(ROOT.resolve("client/src/main/java/dev/openlines/client/Finding.java"));
        Matcher checks = Pattern.compile("\\{@code\\s+(?:\\*\\s+)?([a-z-]+)}").matcher(finding);
        int found = 0;
        while (checks.find()) {
            if (!checks.group(1).equals("round-trip")) {
                assertThat(page).contains("| `" + checks.group(1) + "` |");
            }
            found++;
        }
        assertThat(found).isGreaterThanOrEqualTo(11);
    }

    private static Stream<String> sources(String name) throws IOException {
        List<String> sources = new ArrayList<>();
        for (String module : List.of(
                "model",
                "parser",
                "client",
                "receiver",
                "inbox-tck",
                "kafka",
                "server",
                "harness/portal",
                "harness/contract",
                "harness/cli",
                "examples/closed-chats",
                "examples/quickstart")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src"))) {
                for (Path file : files.filter(file -> file.endsWith(name)).toList()) {
                    sources.add(Files.readString(file));
                }
            }
        }
        return sources.stream();
    }

    private static String squeezed(String code) {
        return code.replaceAll("\\s+", "");
    }
}
