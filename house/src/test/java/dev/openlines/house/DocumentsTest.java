// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;
import org.yaml.snakeyaml.Yaml;

/**
 * Every fenced block of every page is compiled, run or parsed. Java stands in code that is compiled. A command is
 * run by the test that is named here, or its program says that it has the subcommand and all the options; a build is
 * looked at for its profile, modules and tests. Other languages parse. A block of another kind fails.
 */
class DocumentsTest {

    private static final Set<String> COMPILED_BY_TESTS = Set.of("docs/getting-started.md", "docs/recipes.md");

    private static final String README = "house/src/test/java/dev/openlines/house/ReadmeTest.java";

    private static final String EXAMPLES = "house/src/test/java/dev/openlines/house/ExamplePagesIT.java";
    private static final String TOOLS =
            "examples/quickstart/src/test/java/dev/openlines/examples/quickstart/ToolPagesIT.java";
    private static final String OPERATORS =
            "examples/quickstart/src/test/java/dev/openlines/examples/quickstart/OperatorPagesIT.java";

    /** Pages whose commands a test runs as they stand, and that test, which must read the page. */
    private static final Map<String, String> RUN = Map.ofEntries(
            Map.entry("README.md", README),
            Map.entry("docs/decoding.md", README),
            Map.entry("docs/getting-started.md", "house/src/test/java/dev/openlines/house/GettingStartedIT.java"),
            Map.entry("docs/portal.md", "house/src/test/java/dev/openlines/house/PortalPageIT.java"),
            Map.entry("docs/captures.md", "harness/cli/src/test/java/dev/openlines/cli/CapturesPageTest.java"),
            Map.entry("docs/contract-testing.md", "harness/cli/src/test/java/dev/openlines/cli/SnippetsTest.java"),
            Map.entry("docs/compare.md", TOOLS),
            Map.entry("docs/listen.md", TOOLS),
            Map.entry("docs/why-no-events.md", TOOLS),
            Map.entry("docs/operations.md", OPERATORS),
            Map.entry("docs/reconciliation.md", OPERATORS),
            Map.entry("docs/deploying.md", EXAMPLES),
            Map.entry("examples/closed-chats/README.md", EXAMPLES),
            Map.entry("examples/kafka-workers/README.md", EXAMPLES),
            Map.entry("examples/quickstart/README.md", EXAMPLES),
            Map.entry("examples/spring-boot/README.md", EXAMPLES),
            Map.entry("spring-boot-starter/README.md", "house/src/test/java/dev/openlines/house/StarterPageIT.java"));

    private static final Pattern OPTION = Pattern.compile("(?<=\\s)--[a-z][a-z-]*");
    private static final Pattern MAVEN = Pattern.compile("`(mvn [^`]*)`");
    /** A start of a receiver: one of ours, without the words of an operator's command. */
    private static final Pattern RECEIVER =
            Pattern.compile("\\bjava\\b[^`\n]*?(?:\\b(?:quickstart|closed-chats|kafka-workers)"
                    + "[.]jar|-app[.]jar|/[*]' App\\b)(?![^`\n]*?\\b(?:inbox|reconcile|hash-password)\\b)");

    private static final Pattern LINK = Pattern.compile("]\\(([^)#\\s]*)(#[^)]*)?\\)");
    private static final Pattern HEADING = Pattern.compile("^#+ (.*)$", Pattern.MULTILINE);

    private static final Pattern EXAMPLE = Pattern.compile("<pre>\\{@code\n(.*?)\n}</pre>", Pattern.DOTALL);
    private static final List<String> OVERVIEWS = List.of(
            "model/DEV/model",
            "parser/DEV/parser",
            "client/DEV/client",
            "receiver/DEV/receiver",
            "server/DEV/server",
            "harness/portal/DEV/portal",
            "harness/contract/DEV/contract");

    private final Map<String, String> help = new HashMap<>();

    @Test
    void everyBlockIsOfAKindThatIsChecked() throws IOException {
        assertThat(Documents.blocks())
                .hasSizeGreaterThan(40)
                .extracting(Documents.Block::language)
                // A diagram is drawn by who shows the page; there is nothing to run.
                .containsOnly("java", "sh", "json", "yaml", "xml", "mermaid");
    }

    @Test
    void everyPieceOfJavaStandsInCodeThatIsCompiled() throws IOException {
        String sources = sources();

        List<Documents.Block> java = blocks("java");

        assertThat(java).hasSizeGreaterThan(15);
        assertThat(java)
                // GettingStartedIT and RecipesTest compile those pages'.
                .filteredOn(block -> !COMPILED_BY_TESTS.contains(block.page()))
                .filteredOn(block -> !sources.contains(squeezed(block.text())))
                .isEmpty();
    }

    @Test
    void everyModulesOverviewSaysWhereToStartAndShowsCodeThatIsCompiled() throws IOException {
        String sources = sources();

        for (String overview : OVERVIEWS) {
            String comment = Files.readString(Documents.ROOT
                            .resolve(overview.replace("DEV", "src/main/java/dev/openlines"))
                            .resolve("package-info.java"))
                    .replaceAll("\n ?[*] ?", "\n");
            Matcher example = EXAMPLE.matcher(comment);
            assertThat(example.find()).as(overview).isTrue();
            assertThat(sources.contains(squeezed(example.group(1))))
                    .as(overview)
                    .isTrue();
            assertThat(comment).as(overview).containsIgnoringCase("{@link");
        }
    }

    @Test
    void everyPieceOfJsonYamlAndXmlParses() throws Exception {
        for (Documents.Block block : blocks("json")) {
            try (JsonReader reader = Json.createReader(new StringReader(block.text()))) {
                assertThat(reader.read()).as(block.page()).isNotNull();
            }
        }
        for (Documents.Block block : blocks("yaml")) {
            Object parsed = new Yaml().load(block.text());
            assertThat(parsed).as(block.page()).isNotNull();
        }
        for (Documents.Block block : blocks("xml")) {
            assertThat(DocumentBuilderFactory.newDefaultInstance()
                            .newDocumentBuilder()
                            .parse(new InputSource(new StringReader(block.text())))
                            .getDocumentElement())
                    .as(block.page())
                    .isNotNull();
        }
    }

    @Test
    void everyCommandIsRunOrKnownToItsProgram() throws Exception {
        for (Map.Entry<String, String> run : RUN.entrySet()) {
            assertThat(Documents.ROOT.resolve(run.getValue())).content().contains("\"" + run.getKey() + "\"");
        }
        List<String> commands = new ArrayList<>();
        for (Documents.Block block : blocks("sh")) {
            for (String line : block.text().replaceAll("\\\\\n", " ").lines().toList()) {
                String command = line.replaceAll("\\s+#.*", "").strip();
                commands.add(command);
                if (!RUN.containsKey(block.page())) {
                    known(block.page(), command);
                }
            }
        }
        assertThat(commands).hasSizeGreaterThan(15);
    }

    @Test
    void everyMavenCommandInASentenceIsKnown() throws IOException {
        List<String> commands = new ArrayList<>();
        for (Path page : withLlms()) {
            Matcher inline = MAVEN.matcher(Files.readString(page));
            while (inline.find()) {
                commands.add(inline.group(1));
                knownToMaven(Documents.ROOT.relativize(page).toString(), inline.group(1));
            }
        }
        assertThat(commands).hasSizeGreaterThan(15);
    }

    @Test
    void everyCommandThatStartsAReceiverEndsItIfMemoryIsExhausted() throws IOException {
        List<Path> places = new ArrayList<>(Documents.pages());
        for (String name : List.of("Dockerfile", "openlines.service")) {
            places.addAll(files("/" + name));
        }
        Set<String> found = new TreeSet<>();
        for (Path place : places) {
            String text = Files.readString(place).replaceAll("\\\\\n", " ");
            String name = Documents.ROOT.relativize(place).toString();
            RECEIVER.matcher(text).results().forEach(start -> {
                found.add(name);
                assertThat(start.group()).as(name).contains("-XX:+ExitOnOutOfMemoryError");
            });
        }
        assertThat(found)
                .contains(
                        "docs/getting-started.md",
                        "examples/closed-chats/README.md",
                        "examples/kafka-workers/README.md",
                        "examples/quickstart/README.md",
                        "examples/quickstart/deploy/Dockerfile",
                        "examples/quickstart/deploy/openlines.service",
                        "examples/spring-boot/README.md");
    }

    @Test
    void everyLinkLeadsToAFileAndASection() throws IOException {
        List<String> broken = new ArrayList<>();
        for (Path page : withLlms()) {
            Matcher links = LINK.matcher(Files.readString(page));
            while (links.find()) {
                String file = links.group(1);
                if (!file.contains(":")) {
                    Path target = file.isEmpty()
                            ? page
                            : page.getParent().resolve(file).normalize();
                    if (!Files.exists(target)
                            || links.group(2) != null && !anchors(target).contains(links.group(2))) {
                        broken.add(Documents.ROOT.relativize(page) + ": " + links.group());
                    }
                }
            }
        }
        assertThat(broken).isEmpty();
    }

    private static List<Path> withLlms() throws IOException {
        List<Path> pages = new ArrayList<>(Documents.pages());
        pages.add(Documents.ROOT.resolve("llms.txt"));
        return pages;
    }

    @Test
    void noSectionOfAPageStandsTwice() throws IOException {
        for (Path page : Documents.pages()) {
            // The change log repeats its kinds of changes in each release.
            if (!page.endsWith("CHANGELOG.md")) {
                assertThat(anchors(page)).as(page.toString()).doesNotHaveDuplicates();
            }
        }
    }

    /** Returns the anchors that GitHub gives the headings of a page. */
    private static List<String> anchors(Path page) throws IOException {
        return HEADING.matcher(Documents.withoutBlocks(Files.readString(page)))
                .results()
                .map(found -> "#"
                        + found.group(1)
                                .toLowerCase(Locale.ROOT)
                                .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                                .replace(' ', '-'))
                .toList();
    }

    private void known(String page, String command) throws Exception {
        if (command.startsWith("mvn ")) {
            knownToMaven(page, command);
        } else if (command.matches("java (-XX:\\S+ )?-jar (harness/cli/target/)?openlines.jar .*")) {
            String own = command.substring(command.indexOf("openlines.jar ") + "openlines.jar ".length());
            String subcommand = own.split(" ")[0];
            String text = help(subcommand);
            // Quoted text is for another program.
            Matcher options = OPTION.matcher(own.replaceAll("'[^']*'", "''"));
            while (options.find()) {
                assertThat(text).as("%s: %s", page, command).contains(options.group());
            }
        } else {
            assertThat(command)
                    .as("%s: a command that nothing checks", page)
                    .matches("|rm -rf \\w+|mkdir -p \\w+|export [A-Z_]+=\\S+");
        }
    }

    private static void knownToMaven(String page, String command) throws IOException {
        String poms = Files.readString(Documents.ROOT.resolve("pom.xml"));
        List<String> modules = List.of(".");
        List<String> tests = new ArrayList<>();
        String[] words = command.split("\\s+");
        for (int i = 1; i < words.length; i++) {
            if (words[i].startsWith("-P")) {
                assertThat(poms + modulePoms())
                        .as("%s: %s", page, command)
                        .contains("<id>" + words[i].substring(2) + "</id>");
            } else if (words[i].equals("-pl")) {
                modules = List.of(words[++i].split(","));
                assertThat(modules)
                        .as("%s: %s", page, command)
                        .allSatisfy(module -> assertThat(
                                        Documents.ROOT.resolve(module).resolve("pom.xml"))
                                .exists());
            } else if (words[i].matches("-D(it\\.)?test=.*")) {
                tests.addAll(List.of(words[i].replaceAll(".*=|'|#\\w*", "").split(",")));
            } else {
                assertThat(words[i])
                        .as("%s: %s", page, command)
                        .matches("-[a-zA-Z].*|verify|package|install|deploy|test|spotless:apply|versions:set");
            }
        }
        for (String test : tests) {
            // With -am, Maven says nothing if the modules do not have the test.
            assertThat(modules)
                    .as("%s: %s: the module of %s", page, command, test)
                    .anySatisfy(module -> assertThat(namesBelow(module)).contains(test + ".java"));
            assertThat(isLong(test) ? words : new String[] {"-Plong"})
                    .as("%s: %s: %s runs only if it is asked for", page, command, test)
                    .containsAnyOf("-Plong", "-Psoak");
        }
    }

    private static boolean isLong(String test) throws IOException {
        for (Path file : files(test + ".java")) {
            if (Files.readString(file).contains("\n@Tag(\"long\")\n")) {
                return true;
            }
        }
        return false;
    }

    private static List<String> namesBelow(String module) throws IOException {
        Path below = Documents.ROOT.resolve(module).resolve("src/test");
        return files(".java").stream()
                .filter(file -> module.equals(".") || file.startsWith(below))
                .map(file -> file.getFileName().toString())
                .toList();
    }

    private String help(String subcommand) throws Exception {
        String known = help.get(subcommand);
        if (known != null) {
            return known;
        }
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        "dev.openlines.cli.OpenlinesCommand",
                        subcommand,
                        "--help")
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(text).isZero();
        assertThat(text).contains("openlines " + subcommand);
        help.put(subcommand, text);
        return text;
    }

    private static List<Documents.Block> blocks(String language) throws IOException {
        return Documents.blocks().stream()
                .filter(block -> block.language().equals(language))
                .toList();
    }

    private static String sources() throws IOException {
        StringBuilder sources = new StringBuilder();
        for (Path file : files(".java")) {
            if (file.endsWith("package-info.java")) {
                continue;
            }
            sources.append(squeezed(Files.readString(file))).append('\n');
        }
        return sources.toString();
    }

    private static String modulePoms() throws IOException {
        StringBuilder poms = new StringBuilder();
        for (Path pom : files("pom.xml")) {
            poms.append(Files.readString(pom));
        }
        return poms.toString();
    }

    private static List<Path> files(String ending) throws IOException {
        try (Stream<Path> files = Files.walk(Documents.ROOT)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .filter(file -> !file.toString().contains("/target/"))
                    .filter(file -> !file.toString().contains("/.git/"))
                    .toList();
        }
    }

    private static String squeezed(String code) {
        return code.replaceAll("\\s+", "");
    }
}
