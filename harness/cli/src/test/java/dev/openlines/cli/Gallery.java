// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.contract.CaseResult;
import dev.openlines.contract.ContractReport;
import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.EffectSource;
import dev.openlines.contract.Level;
import dev.openlines.contract.Profile;
import dev.openlines.contract.Verdict;
import dev.openlines.testkit.Fronts;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The handlers to copy, their mutants, and the kinds of handler that they can be run as. */
final class Gallery {

    private static final Path FOLDER =
            Path.of("../../examples/handlers").toAbsolutePath().normalize();

    private static final String FILES = "cmd:find '%s' -name '*.json' -exec cat {} +";

    /** A handler of the gallery: its file, what runs it, and what prints its effects. */
    record Right(String file, String program, String evidence) {

        Path path() {
            return FOLDER.resolve(file);
        }

        String label() {
            return file.replaceAll("\\W", "-");
        }
    }

    /** A copy of a handler with one part of its text replaced, and the must-cases that it then fails. */
    record Mutant(Right right, String ids, String part, String instead) {

        /** Returns the number of the case that this mutant was made for. */
        String number() {
            return ids.split(" ")[0];
        }

        List<String> failures() {
            return List.of(ids.split(" ")).stream()
                    .map(number -> "OSF-C-" + number)
                    .sorted()
                    .toList();
        }

        /** Returns what it failed: every must-case, and the case that it was made for, of any level. */
        List<String> failures(ContractReport report) {
            return report.results().stream()
                    .filter(result -> result.verdict() == Verdict.FAIL)
                    .filter(result -> result.contractCase().level() == Level.MUST
                            || result.id().equals("OSF-C-" + number()))
                    .map(CaseResult::id)
                    .sorted()
                    .toList();
        }

        /** Writes the copy into a folder of its own. */
        Path write(Path folder) throws IOException {
            String text = Files.readString(right.path());
            if (!text.contains(part)) {
                throw new IllegalStateException(right.file + " does not contain " + part);
            }
            Path copy = Files.createDirectories(folder).resolve(right.path().getFileName());
            return Files.writeString(copy, text.replace(part, instead));
        }
    }

    /** A way to run a handler, which changes what may be required of it. */
    enum Kind {
        SETTINGS_ONLY,
        INSTALLING,
        PROXIED,
        QUEUED
    }

    static final Right PHP =
            new Right("php/hook.php", "exec php -d display_errors=0 -d expose_php=0 -S 127.0.0.1:{PORT} ", FILES);
    static final Right PYTHON =
            new Right("python/hook.py", "exec python3 ", "cmd:STORE='%s' python3 '" + FOLDER + "/python/evidence.py'");
    static final Right NODE = new Right("node/hook.js", "exec node ", FILES);
    static final Right JAVA = new Right(
            "java/Hook.java",
            "exec '" + Path.of(System.getProperty("java.home"), "bin", "java") + "' -XX:TieredStopAtLevel=1 ",
            FILES);

    static final List<Right> RIGHT = List.of(PHP, PYTHON, NODE, JAVA);

    /** A look-up in a database, put together from the request. */
    private static final String SQL = "right = any(row[0] == form.get(\"auth[application_token]\", \"\") for row in"
            + " sqlite3.connect(\":memory:\").execute(\"SELECT '\" + APPLICATION_TOKEN + \"' WHERE '\" + MEMBER_ID"
            + " + \"' = '\" + form.get(\"auth[member_id]\", \"\") + \"'\"))";

    static final List<Mutant> MUTANTS = List.of(
            new Mutant(
                    PHP,
                    "109 103 110",
                    "hash_equals(getenv('APPLICATION_TOKEN'), $token)",
                    "(getenv('APPLICATION_TOKEN') == $token)"),
            new Mutant(PHP, "105 104 121 126", "hash_equals(getenv('MEMBER_ID'), $member) & ", ""),
            new Mutant(PHP, "013", "'chat_id' => $found[1]", "'chat_id' => sprintf('%.0f', (float) $found[1])"),
            new Mutant(PHP, "503", "$_POST['ts'] ?? null, ", ""),
            new Mutant(PHP, "207 218 522", "/^0*([1-9][0-9]{0,18})$/D", "/([1-9][0-9]{0,18})/"),
            new Mutant(
                    PHP,
                    "603",
                    "answer($lines === '' || store(\"$key.json\", $lines) ? 200 : 503);",
                    "store(\"$key.json\", $lines);"),
            new Mutant(
                    PYTHON,
                    "126",
                    "right = equal(form.get(\"auth[application_token]\", \"\"), APPLICATION_TOKEN) & equal(form.get(\"auth[member_id]\", \"\"), MEMBER_ID)",
                    SQL),
            new Mutant(
                    PYTHON,
                    "218",
                    "connection.executemany(\"INSERT INTO closed VALUES (?, ?, ?, ?, ?)\", closes(form))",
                    "[connection.execute(\"INSERT INTO closed VALUES ('%s', '%s', '%s', '%s', NULL)\" % row[:4]) for row in closes(form)]"),
            new Mutant(
                    PYTHON,
                    "501 116 502",
                    "ON CONFLICT DO NOTHING",
                    "ON CONFLICT DO UPDATE SET member_id = excluded.member_id"),
            new Mutant(PYTHON, "603", "status = 503", "status = 200"),
            new Mutant(
                    PYTHON,
                    "110",
                    "equal(form.get(\"auth[application_token]\", \"\"), APPLICATION_TOKEN)",
                    "equal(form.get(\"auth[application_token]\", \"\").strip(), APPLICATION_TOKEN)"),
            new Mutant(
                    PYTHON,
                    "317",
                    "    if body.count(b\"&\") >= 1000:",
                    "    open(DATABASE + \".log\", \"ab\").write(body)\n    if body.count(b\"&\") >= 1000:"),
            new Mutant(NODE, "013", "chat_id: digits[1]", "chat_id: String(Number(digits[1]))"),
            new Mutant(NODE, "501 116 502", "store(key + '.json'", "store(crypto.randomUUID() + '.json'"),
            new Mutant(NODE, "603", "if (error.code !== 'EEXIST') throw error;", ""),
            new Mutant(NODE, "105 104 121 126", " & equal(member, MEMBER_ID)", ""),
            new Mutant(NODE, "503", "form.get('ts') ?? null, ", ""),
            new Mutant(
                    JAVA,
                    "502",
                    "Files.createLink(file, part);",
                    "Files.writeString(file, content, StandardOpenOption.CREATE, StandardOpenOption.APPEND);"),
            new Mutant(
                    JAVA,
                    "013",
                    "json(number.group(1))",
                    "json(Long.toString((long) Double.parseDouble(number.group(1))))"),
            new Mutant(JAVA, "603", "return 503;", "return 200;"),
            new Mutant(JAVA, "017", " || Files.exists(store.resolve(\"uninstalled\"))", ""),
            new Mutant(
                    JAVA, "105 104 121 126", "\n                & equal(form.get(\"auth[member_id]\"), memberId)", ""));

    private Gallery() {}

    /** Returns the suite of the profile durable for a handler that is run in a folder of its own. */
    static ContractSuite suite(Right right, Path file, Path folder, Kind kind) throws IOException {
        int port = VerifyCommand.freePort();
        int inner = kind == Kind.PROXIED || kind == Kind.QUEUED ? VerifyCommand.freePort() : port;
        Path store = Files.createDirectories(folder.resolve("store"));
        String handler = "MEMBER_ID=" + SelftestCommand.MEMBER_ID + " APPLICATION_TOKEN="
                + SelftestCommand.PROOF.reveal() + " PORT=" + inner + " STORE='" + store + "' "
                + right.program().replace("{PORT}", "" + inner) + "'" + file + "'";
        String command = switch (kind) {
            case PROXIED -> Fronts.proxied(handler, port, inner, folder.resolve("front"));
            case QUEUED -> Fronts.queued(handler, port, inner, folder.resolve("front"));
            default -> handler;
        };
        ContractSuite suite = ContractSuite.of(
                        URI.create("http://127.0.0.1:" + port + "/hook"),
                        SelftestCommand.MEMBER_ID,
                        SelftestCommand.PROOF)
                .profile(Profile.DURABLE)
                .captures(SelftestCommand.captures(Files.createDirectories(folder.resolve("captures"))))
                .store(store)
                .evidence(EffectSource.of(right.evidence().formatted(store)))
                .brokenStore("mv '" + store + "' '" + store + ".off'", "mv '" + store + ".off' '" + store + "'")
                .readyWithin(Duration.ofMinutes(2))
                .process(command);
        return switch (kind) {
            case SETTINGS_ONLY -> suite.settingsOnly();
            case INSTALLING -> suite.installing();
            case PROXIED -> suite.installing().proxied();
            case QUEUED -> suite.installing().queued();
        };
    }
}
