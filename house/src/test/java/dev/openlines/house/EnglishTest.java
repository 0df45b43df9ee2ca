// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The English of comments, messages and pages gets no worse: docs/adr/0057. */
class EnglishTest {

    private static final Path CEILINGS = Documents.ROOT.resolve("house/english.txt");

    /** The files that are read line by line. */
    private static final String PAGES = ".*[.]md|docs/[^/]*[.]yaml|.*/src/main/.*[.](html|js|properties)|llms[.]txt"
            + "|[.]github/.*[.]yml|[.]gitlab-ci[.]yml";

    /** The files of other languages, whose comments and texts are read. */
    private static final String OTHERS = ".*[.](java|sql|php|py|m?js|c|css|groovy|conf|service)|(.*/)?pom[.]xml"
            + "|house/[^/]*[.]xml|[.]ci/[a-z]+|(.*/)?(Dockerfile|Caddyfile)";

    private static final String HEAD = """
            # How often each rule of English is broken, at most. Numbers only fall; what is not listed is 0.
            # EnglishTest writes the lower ones with -Denglish.lower=true: see CONTRIBUTING.md.
            """;

    @Test
    void noModuleAndNoPageBreaksARuleOfEnglishMoreOftenThanBefore() throws IOException {
        Map<String, List<String>> found = new TreeMap<>();
        List<Path> files = files();
        for (Path file : files) {
            String name = Documents.ROOT.relativize(file).toString();
            for (English.Fault fault : faults(file)) {
                found.computeIfAbsent(part(name) + " " + fault.rule(), key -> new ArrayList<>())
                        .add(name + ":" + fault.line() + ": " + fault.excerpt());
            }
        }
        Map<String, Integer> ceilings = ceilings();
        if (Boolean.getBoolean("english.lower")) {
            ceilings.replaceAll((key, most) -> Math.min(most, count(found, key)));
            ceilings.values().removeIf(most -> most == 0);
            Files.writeString(CEILINGS, HEAD + written(ceilings));
        }

        assertThat(files).hasSizeGreaterThan(700);
        assertThat(found.keySet().stream()
                        .filter(key -> count(found, key) > ceilings.getOrDefault(key, 0))
                        .map(key -> key + ": at most " + ceilings.getOrDefault(key, 0) + " allowed, found "
                                + count(found, key) + "\n  " + String.join("\n  ", found.get(key))))
                .as("worse than before: repair a sentence")
                .isEmpty();
        assertThat(ceilings.entrySet().stream()
                        .filter(entry -> count(found, entry.getKey()) < entry.getValue())
                        .map(entry -> entry.getKey() + ": write " + count(found, entry.getKey()) + ", not "
                                + entry.getValue()))
                .as("better than before: lower the numbers in house/english.txt (-Denglish.lower=true does it)")
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    null-where | /** Returns the token, or null where there is none. */
                    null-where | /** Does it. @throws IOException where the disk is full */
                    null-where | // Empty strings stand for null\\n    // where a column has none.
                    where-for-if | // Waits where the store is away.
                    where-for-if | /** Stops, where it was told to. */
                    where-for-if | String text = "refused where the token is wrong";
                    banned-word | // Nobody reads it.
                    banned-word | /** The event is put\\n     * aside. */
                    banned-word | throw new Error("it was believed then");
                    banned-word | // Parked.
                    banned-word | void aFailingChatHoldsUpNobodyElse() {
                    banned-word | void whatIsPutAsideStays()
                    of-which | // Two events, one of which is late.
                    of-which | /** The order in\\n * which they came. */
                    riddle | // What is late waits.
                    riddle | /** Stores an event. Who sent it is unknown. */
                    riddle | // It is stored. Whether it is new is not known.
                    question-summary | /** What a handler sees. */ int seen;
                    question-summary | /** Whether it is open. */ boolean open() {
                    question-summary | /** The same for a list. */ void all() {
                    fragment | /** Of an earlier run. */ int seen;
                    fragment | /**\\n * By portal: how many wait.\\n */ int waiting;
                    fragment | // As a kill leaves it: there is no mark.
                    fragment | int a; // In what they differ.
                    no-verb | /** The open line. */ String line() {
                    no-verb | /** Opens the line. */ int a; /** An open line. */ @Test @A("x(") <T> List<T> line(T a)
                    no-verb | /** Is created. */ Line() {
                    no-verb | /** This opens. */ void open();
                    """)
    void aPlantedFaultIsFoundInJava(String rule, String source) {
        assertThat(English.inJava("class Foo {\n    " + source.replace("\\n", "\n") + "\n}\n"))
                .extracting(English.Fault::rule)
                .containsExactly(rule);
    }

    @ParameterizedTest
    @CsvSource({
        "null-where,It is null where the portal sends none.",
        "where-for-if,The event is refused where its token is wrong.",
        "banned-word,A letter that nobody wants.",
        "banned-word,| 17 | put aside |",
        "of-which,A list of which the first counts.",
        "riddle,- Who waits is answered first.",
        "riddle,What an event is worth."
    })
    void aPlantedFaultIsFoundInAPage(String rule, String line) {
        assertThat(English.inPage("# Title\n\n" + line + "\n"))
                .extracting(English.Fault::rule, English.Fault::line)
                .containsExactly(tuple(rule, 3));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/** Returns the token, or null if there is none. */ String token() {",
                "/** Returns where the receiver listens. */ URI address() {",
                "/** Creates a receiver. */ Foo() {",
                "/** Has an open line. */ boolean open();",
                "/** {@inheritDoc} */ void close() {",
                "/** An open line. */ record Line(int id) {}",
                "// As the log is gone, the file is read.",
                "// By default it is closed.",
                "/** Names by their codes. */ private static final Map<String, String> NAMES = Map.of();",
                "/** A close. */ CLOSED(\"closed\"),",
                "// It goes on from where it stopped.",
                "/** Decodes {@code null where there is none}. */ void decode() {",
                "// Says \"nobody\".",
                "String sql = \"select 1 from inbox where id = ?\";",
                "String sql = \" where state = 'dead'\";",
                "void unpark() {",
                "char c = '\"'; // Fine. '\"'"
            })
    void plainEnglishIsNoFault(String source) {
        assertThat(English.inJava("class Foo {\n    " + source + "\n}\n")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"| option | where | what |", "Run `verify --mend-store 'mv a b'`.", "What does it cost? Little."
            })
    void plainEnglishIsNoFaultInAPage(String line) {
        assertThat(English.inPage(line)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    pom.xml     | banned-word  | <a/> <!-- JMH is run here:\\n  nobody is given it. -->
                    pom.xml     | fragment     | <!-- Of an earlier run. -->
                    s-2.sql     | where-for-if | -- Its end is in the past,\\n-- also where it is told again.\\ncreate table t (a text);
                    .ci/run     | banned-word  | say 'two builds'\\n  # Nobody publishes it.
                    .ci/run     | where-for-if | echo "the test is skipped where a tool is missing"
                    Dockerfile  | riddle       | FROM a\\n# What is copied stays.
                    a.py        | where-for-if | def a():\\n  \"\"\"Waits where the store is away.\"\"\"
                    a.py        | null-where   | a = 1  # None where there is no token
                    hook.php    | of-which     | <?php\\n/* Two events, one of which\\n is late. */
                    hook.js     | banned-word  | // It's put\\n// aside.
                    hook.mjs    | where-for-if | throw new Error('refused where the token is wrong')
                    faults.c    | riddle       | int a; // It fails. Whether it is the disk is not known.
                    """)
    void aPlantedFaultIsFoundInAnotherLanguage(String file, String rule, String source) {
        assertThat(English.inSource(file, source.replace("\\n", "\n")))
                .extracting(English.Fault::rule)
                .containsExactly(rule);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    pom.xml     | <nobody>somebody</nobody> <!-- As Maven asks, it is here. -->
                    s-2.sql     | select 1 from inbox where id = 2; -- One row.
                    .ci/run     | echo "${#nobody[@]}" # Counts them.
                    hook.php    | $sql = 'select a from t where b = ?';
                    """)
    void plainEnglishIsNoFaultInAnotherLanguage(String file, String source) {
        assertThat(English.inSource(file, source)).isEmpty();
    }

    @Test
    void aFaultHasItsLineAndItsText() {
        assertThat(English.inJava("class Foo {\n    /**\n     * Opens it.\n     * Null where closed.\n     */\n}\n"))
                .containsExactly(new English.Fault("null-where", 4, "Opens it. Null where closed."));
    }

    private static List<English.Fault> faults(Path file) throws IOException {
        String text = Files.readString(file);
        String name = Documents.ROOT.relativize(file).toString();
        return name.endsWith(".java")
                ? English.inJava(text)
                : name.matches(PAGES) ? English.inPage(text) : English.inSource(name, text);
    }

    private static int count(Map<String, List<String>> found, String key) {
        return found.getOrDefault(key, List.of()).size();
    }

    private static Map<String, Integer> ceilings() throws IOException {
        Map<String, Integer> ceilings = new TreeMap<>();
        for (String line : Files.readAllLines(CEILINGS)) {
            if (!line.startsWith("#")) {
                int space = line.lastIndexOf(' ');
                ceilings.put(line.substring(0, space), Integer.parseInt(line.substring(space + 1)));
            }
        }
        return ceilings;
    }

    private static String written(Map<String, Integer> ceilings) {
        return ceilings.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue() + "\n")
                .collect(Collectors.joining());
    }

    /** Returns the module that a file belongs to, or the file itself if it is a page of its own. */
    private static String part(String file) {
        List<String> names = List.of(file.split("/"));
        if (names.size() == 1 || names.get(0).equals("docs")) {
            return names.size() == 3 ? "docs/" + names.get(1) : file;
        }
        boolean grouped = names.get(0).equals("harness") || names.get(0).equals("examples");
        return grouped && names.size() > 2 ? names.get(0) + "/" + names.get(1) : names.get(0);
    }

    private static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(Documents.ROOT)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> isRead(Documents.ROOT.relativize(file).toString()))
                    .sorted()
                    .toList();
        }
    }

    private static boolean isRead(String file) {
        // This class has faults of every kind.
        return !("/" + file).matches(".*/(target|node_modules|[.]git)/.*|.*/house/EnglishTest[.]java")
                && file.matches("(.*/)?src/.*[.]java|" + PAGES + '|' + OTHERS);
    }
}
