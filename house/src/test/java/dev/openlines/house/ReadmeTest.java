// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every snippet of the README and of the page on decoding is code that compiles or a command that runs. */
class ReadmeTest {

    private static final String README = "README.md";
    private static final List<String> PAGES = List.of(README, "docs/decoding.md");
    private static final String DEMO = "mvn -q -Pdemo -pl examples/demo -am";
    private static final String INSTALL = "mvn -q -Pquick -pl bom,server,spring-boot-starter,harness/cli -am install";

    @TempDir
    Path folder;

    @Test
    void everyJavaSnippetStandsInCodeThatIsCompiled() throws IOException {
        List<String> sources = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Documents.ROOT.resolve("examples"))) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".java")).toList()) {
                sources.add(squeezed(Files.readString(file)));
            }
        }
        List<String> snippets = fences("java");
        assertThat(snippets).hasSize(4);
        assertThat(snippets)
                .allSatisfy(snippet -> assertThat(sources)
                        .as("some source file holds%n%s", snippet)
                        .anyMatch(source -> source.contains(squeezed(snippet))));
    }

    @Test
    void everyMavenCommandIsRunByTheCheckForABareMachine() throws IOException {
        String check = Files.readString(Documents.ROOT.resolve(".ci/run"));
        assertThat(commands("mvn ")).containsExactly(DEMO, INSTALL, "mvn verify");
        assertThat(check)
                .contains("maven verify -Dtools=required", DEMO.replaceFirst("mvn", "maven") + " -Ddemo.once=true");
    }

    @Test
    void theDecodeCommandPrintsTheEventWithTokensMasked() throws Exception {
        Files.writeString(
                folder.resolve("body.txt"),
                "event=ONSESSIONFINISH&data%5BDATA%5D%5Bconnector%5D%5Bchat_id%5D=17&ts=1790000000"
                        + "&auth%5Bmember_id%5D=m&auth%5Bapplication_token%5D=canary-of-this-test");
        Process decode = start(command("decode"));
        String printed = new String(decode.getInputStream().readAllBytes(), UTF_8);
        assertThat(decode.waitFor()).as(printed).isZero();
        assertThat(printed)
                .contains("\"dialect\":\"platform\"", "\"application_token\":\"***\"")
                .doesNotContain("canary");
    }

    @Test
    void thePortalCommandSaysWhereItIs() throws Exception {
        Process portal = start(command("portal"));
        try (var lines = portal.inputReader(UTF_8)) {
            assertThat(lines.readLine()).startsWith("portal ready at http://127.0.0.1:");
        } finally {
            portal.destroy();
            assertThat(portal.waitFor(2, TimeUnit.MINUTES)).isTrue();
        }
    }

    private Process start(String command) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> words = new ArrayList<>();
        for (String word : command.split(" ")) {
            words.add(
                    word.equals("java")
                            ? java
                            : word.endsWith(".jar")
                                    ? Documents.ROOT.resolve(word).toString()
                                    : word);
        }
        return new ProcessBuilder(words)
                .directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Checks that the dependencies on the page are in the BOM, under the names of this build. */
    @Test
    void theDependenciesAreThoseOfTheBom() throws IOException {
        String bom = Files.readString(Documents.ROOT.resolve("bom/pom.xml"));
        String version = bom.replaceFirst("(?s).*?<version>(.*?)</version>.*", "$1");
        String page = Files.readString(Documents.ROOT.resolve(README));
        Matcher named = Pattern.compile("(?:<artifactId>|dev.openlines:)(openlines-[a-z-]+)")
                .matcher(page);
        assertThat(named.results().map(found -> found.group(1)).distinct())
                .contains("openlines-bom", "openlines-server", "openlines-parser", "openlines-portal")
                .allMatch(name -> bom.contains("<artifactId>" + name + "</artifactId>"));
        Matcher versions = Pattern.compile("<version>(.*?)</version>|openlines-bom:([^\"]*)\"")
                .matcher(page);
        assertThat(versions.results().map(found -> found.group(1) == null ? found.group(2) : found.group(1)))
                .hasSize(2)
                .containsOnly(version);
    }

    private static List<String> commands(String start) throws IOException {
        return fences("sh").stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith(start))
                .toList();
    }

    private static String command(String subcommand) throws IOException {
        return commands("java -jar ").stream()
                .filter(line -> line.contains(" " + subcommand + " "))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> fences(String language) throws IOException {
        List<String> found = new ArrayList<>();
        for (String page : PAGES) {
            Documents.blocks(page, Files.readString(Documents.ROOT.resolve(page))).stream()
                    .filter(block -> block.language().equals(language))
                    .forEach(block -> found.add(block.text()));
        }
        return found;
    }

    private static String squeezed(String code) {
        return code.replaceAll("\\s+", " ").strip();
    }
}
