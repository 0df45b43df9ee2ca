// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.contract.CaseResult;
import dev.openlines.contract.ContractReport;
import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.EffectSource;
import dev.openlines.contract.Level;
import dev.openlines.contract.Profile;
import dev.openlines.contract.Verdict;
import dev.openlines.testkit.RequiresTool;
import dev.openlines.testkit.SomeAtATime;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The handlers to copy: each is right, and a copy with one fault fails the case of that fault. */
@RequiresTool({"php", "node", "python3"})
@Tag("long")
class GalleryTest {

    private static final Path GALLERY =
            Path.of("../../examples/handlers").toAbsolutePath().normalize();

    /** Left to {@code -Dselftest=true}: what loads the machine or waits long, and 019, which settings make superfluous. */
    private static final String[] LONG = {
        "OSF-C-019", "OSF-C-122", "OSF-C-304", "OSF-C-314", "OSF-C-411", "OSF-C-413", "OSF-C-424", "OSF-C-509"
    };

    /** For the effects of a handler that fails its case anyway. */
    private static final Duration TOO_SHORT = Duration.ofSeconds(2);

    private static final String FILES = "cmd:find '%s' -name '*.json' -exec cat {} +";

    /** A handler of the gallery: its file, what runs it, and what prints its effects. */
    private record Right(String file, String program, String evidence) {}

    private static final Right PHP =
            new Right("php/hook.php", "exec php -d display_errors=0 -d expose_php=0 -S 127.0.0.1:{PORT} ", FILES);
    private static final Right PYTHON =
            new Right("python/hook.py", "exec python3 ", "cmd:STORE='%s' python3 '" + GALLERY + "/python/evidence.py'");
    private static final Right NODE = new Right("node/hook.js", "exec node ", FILES);
    private static final Right JAVA = new Right(
            "java/Hook.java",
            "exec '" + Path.of(System.getProperty("java.home"), "bin", "java") + "' -XX:TieredStopAtLevel=1 ",
            FILES);

    @TempDir
    private Path folder;

    @RegisterExtension
    private final SomeAtATime some = SomeAtATime.of(2);

    @TestFactory
    Stream<DynamicTest> eachPassesCoreAndDurable() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Right right : List.of(PHP, PYTHON, NODE, JAVA)) {
            Future<ContractReport> report = some.submit(() -> {
                ContractSuite suite = suite(right, GALLERY.resolve(right.file()), "right");
                return suite.exclude(Boolean.getBoolean("selftest") ? new String[] {"OSF-C-019"} : LONG)
                        .run();
            });
            tests.add(DynamicTest.dynamicTest(right.file(), () -> {
                String failed = failed(report.get());
                assertThat(report.get().ids(Level.MUST, Verdict.FAIL))
                        .as(failed)
                        .isEmpty();
                // The JDK's server knows no chunk extensions.
                assertThat(report.get().ids(Level.SHOULD, Verdict.FAIL))
                        .as(failed)
                        .isSubsetOf("OSF-C-425");
                // Cases that need a second portal, calls to the portal, or a hook that slows the handler down.
                assertThat(report.get().ids(Level.MUST, Verdict.NOT_OBSERVED))
                        .isSubsetOf("OSF-C-104", "OSF-C-512", "OSF-C-513", "OSF-C-514", "OSF-C-517", "OSF-C-605");
            }));
        }
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> aCopyWithOneFaultFailsItsCase() throws Exception {
        List<DynamicTest> tests = new ArrayList<>(List.of(
                mutant(
                        PHP,
                        "109",
                        "hash_equals(getenv('APPLICATION_TOKEN'), $token)",
                        "(getenv('APPLICATION_TOKEN') == $token)"),
                mutant(PHP, "105", "hash_equals(getenv('MEMBER_ID'), $member) & ", ""),
                mutant(PHP, "013", "'chat_id' => $found[1]", "'chat_id' => sprintf('%.0f', (float) $found[1])"),
                mutant(PHP, "503", "$_POST['ts'] ?? null, ", ""),
                mutant(PHP, "207", "/^0*([1-9][0-9]{0,18})$/D", "/([1-9][0-9]{0,18})/"),
                mutant(
                        PHP,
                        "603",
                        "answer($lines === '' || store(\"$key.json\", $lines) ? 200 : 503);",
                        "store(\"$key.json\", $lines);"),
                mutant(
                        PYTHON,
                        "126",
                        "right = equal(form.get(\"auth[application_token]\", \"\"), APPLICATION_TOKEN) & equal(form.get(\"auth[member_id]\", \"\"), MEMBER_ID)",
                        SQL),
                mutant(
                        PYTHON,
                        "218",
                        "connection.executemany(\"INSERT INTO closed VALUES (?, ?, ?, ?, ?)\", closes(form))",
                        "[connection.execute(\"INSERT INTO closed VALUES ('%s', '%s', '%s', '%s', NULL)\" % row[:4]) for row in closes(form)]"),
                mutant(
                        PYTHON,
                        "501",
                        "ON CONFLICT DO NOTHING",
                        "ON CONFLICT DO UPDATE SET member_id = excluded.member_id"),
                mutant(PYTHON, "603", "status = 503", "status = 200"),
                mutant(
                        PYTHON,
                        "110",
                        "equal(form.get(\"auth[application_token]\", \"\"), APPLICATION_TOKEN)",
                        "equal(form.get(\"auth[application_token]\", \"\").strip(), APPLICATION_TOKEN)"),
                mutant(
                        PYTHON,
                        "317",
                        "    if body.count(b\"&\") >= 1000:",
                        "    open(DATABASE + \".log\", \"ab\").write(body)\n    if body.count(b\"&\") >= 1000:"),
                mutant(NODE, "013", "chat_id: digits[1]", "chat_id: String(Number(digits[1]))"),
                mutant(NODE, "501", "store(key + '.json'", "store(crypto.randomUUID() + '.json'"),
                mutant(NODE, "603", "if (error.code !== 'EEXIST') throw error;", ""),
                mutant(NODE, "105", " & equal(member, MEMBER_ID)", ""),
                mutant(NODE, "503", "form.get('ts') ?? null, ", ""),
                mutant(
                        JAVA,
                        "502",
                        "Files.createLink(file, part);",
                        "Files.writeString(file, content, StandardOpenOption.CREATE, StandardOpenOption.APPEND);"),
                mutant(
                        JAVA,
                        "013",
                        "json(number.group(1))",
                        "json(Long.toString((long) Double.parseDouble(number.group(1))))"),
                mutant(JAVA, "603", "return 503;", "return 200;"),
                mutant(JAVA, "017", " || Files.exists(store.resolve(\"uninstalled\"))", ""),
                mutant(JAVA, "105", "\n                & equal(form.get(\"auth[member_id]\"), memberId)", "")));
        return tests.stream();
    }

    /** A look-up in a database, put together from the request. */
    private static final String SQL = "right = any(row[0] == form.get(\"auth[application_token]\", \"\") for row in"
            + " sqlite3.connect(\":memory:\").execute(\"SELECT '\" + APPLICATION_TOKEN + \"' WHERE '\" + MEMBER_ID"
            + " + \"' = '\" + form.get(\"auth[member_id]\", \"\") + \"'\"))";

    private DynamicTest mutant(Right right, String number, String part, String instead) throws Exception {
        String name = "mutant-" + right.file().replaceAll("\\W", "-") + "-" + number;
        String text = Files.readString(GALLERY.resolve(right.file()));
        assertThat(text).contains(part);
        Path copy = Files.createDirectory(folder.resolve(name))
                .resolve(Path.of(right.file()).getFileName());
        Files.writeString(copy, text.replace(part, instead));
        Future<ContractReport> report = some.submit(() ->
                suite(right, copy, name + "-run").only(number).settle(TOO_SHORT).run());
        return DynamicTest.dynamicTest(right.file() + " fails " + number, () -> {
            String id = "OSF-C-" + number;
            assertThat(report.get().result(id).orElseThrow().verdict())
                    .as(report.get().result(id).orElseThrow().toString())
                    .isEqualTo(Verdict.FAIL);
        });
    }

    private static String failed(ContractReport report) {
        return report.results().stream()
                .filter(result -> result.verdict() == Verdict.FAIL)
                .map(CaseResult::toString)
                .collect(Collectors.joining("\n"));
    }

    private ContractSuite suite(Right right, Path file, String name) throws Exception {
        int port = VerifyCommand.freePort();
        Path store =
                Files.createDirectories(folder.resolve(name + "-" + right.file().replaceAll("\\W", "-")));
        String command = "MEMBER_ID=" + SelftestCommand.MEMBER_ID + " APPLICATION_TOKEN="
                + SelftestCommand.PROOF.reveal() + " PORT=" + port + " STORE='" + store + "' "
                + right.program().replace("{PORT}", "" + port) + "'" + file + "'";
        return ContractSuite.of(
                        URI.create("http://127.0.0.1:" + port + "/hook"),
                        SelftestCommand.MEMBER_ID,
                        SelftestCommand.PROOF)
                .profile(Profile.DURABLE)
                .installing()
                .captures(SelftestCommand.captures(Files.createDirectories(Path.of(store + "-captures"))))
                .store(store)
                .evidence(EffectSource.of(right.evidence().formatted(store)))
                .brokenStore("mv '" + store + "' '" + store + ".off'", "mv '" + store + ".off' '" + store + "'")
                .ackMax(Duration.ofMinutes(1))
                .settle(Duration.ofSeconds(30))
                .readyWithin(Duration.ofMinutes(2))
                .process(command);
    }
}
