// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.RequiresTool;
import dev.openlines.testkit.SomeAtATime;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Every command of the page for teams is run as the shell that a team would run it in, on some of the cases. */
@RequiresTool({"php", "node", "python3"})
@Tag("long")
class SnippetsTest {

    @RegisterExtension
    private final SomeAtATime some = SomeAtATime.of(4);

    private static final Path PAGE = Path.of("../..").resolve("docs/contract-testing.md");
    private static final Pattern FENCED = Pattern.compile("(?ms)^```(sh|yaml)\n(.*?)^```");

    @TempDir
    private Path folder;

    static Stream<String> snippets() throws IOException {
        List<String> snippets = new ArrayList<>();
        Matcher fenced = FENCED.matcher(Files.readString(PAGE));
        while (fenced.find()) {
            snippets.add(fenced.group(1).equals("sh") ? fenced.group(2) : commands(fenced.group(2)));
        }
        return snippets.stream();
    }

    /** Returns the commands that a runner would take from the steps of a workflow or the script of a job. */
    private static String commands(String yaml) {
        List<String> lines = yaml.lines().toList();
        StringBuilder commands = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.matches("(?:- run:|run:|-) [|]")) {
                int indent = indent(lines.get(i));
                for (i++; i < lines.size() && indent(lines.get(i)) > indent; i++) {
                    commands.append(lines.get(i).strip()).append('\n');
                }
                i--;
            } else if (line.matches("(?:- )?run: .+")) {
                commands.append(line.replaceFirst("^(?:- )?run: ", "")).append('\n');
            }
        }
        return commands.toString();
    }

    private static int indent(String line) {
        return line.length() - line.stripLeading().length();
    }

    @Test
    void thereIsOneForEachLanguageInTheShellAtGithubAndAtGitlab() throws Exception {
        List<String> verifying =
                snippets().filter(text -> text.contains("openlines.jar verify")).toList();

        for (String program : List.of("php ", "node ", "python3 ")) {
            assertThat(verifying.stream().filter(text -> text.contains("exec " + program)))
                    .hasSize(3);
        }
        assertThat(verifying).anyMatch(text -> text.contains("GITHUB_STEP_SUMMARY"));
    }

    /** Runs some at a time: each mostly waits, for programs that start and for effects that must not come. */
    @TestFactory
    Stream<DynamicTest> aSnippetOfTheDocumentationRuns() throws Exception {
        List<DynamicTest> tests = new ArrayList<>();
        for (String snippet : snippets().toList()) {
            Path own = Files.createDirectory(folder.resolve(Integer.toString(tests.size())));
            Future<Integer> code = some.submit(() -> exitCode(snippet, own));
            tests.add(DynamicTest.dynamicTest(
                    snippet.lines().findFirst().orElse("") + " " + tests.size(),
                    () -> assertRan(snippet, own, code.get())));
        }
        return tests.stream();
    }

    @Test
    void theCommandOfTheHandlersToCopyRuns() throws Exception {
        Path handlers = Path.of("../..").resolve("examples/handlers");
        Matcher command = FENCED.matcher(Files.readString(handlers.resolve("README.md")));
        assertThat(command.find()).isTrue();
        Path own = Files.createDirectory(folder.resolve("handlers"));
        Files.createDirectory(own.resolve("php"));
        Files.copy(handlers.resolve("php/hook.php"), own.resolve("php/hook.php"));

        assertRan(command.group(2), own, exitCode(command.group(2), own));

        assertThat(command.find()).as("a second block").isFalse();
    }

    private static int exitCode(String snippet, Path own) throws Exception {
        String classes = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(part -> Path.of(part).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
        // Stands for java -jar openlines.jar; what names no cases gets a few.
        Path java = Files.writeString(
                own.resolve("java"),
                "#!/bin/sh\nshift 2\ncase \"$*\" in verify*--only*|practice*) ;; *) set -- \"$@\" --only"
                        + " 001,101,501 ;; esac\nexec '" + System.getProperty("java.home")
                        + "/bin/java' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '" + classes
                        + "' dev.openlines.cli.OpenlinesCommand \"$@\"\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        for (String name : List.of("php", "js", "py")) {
            Path handler =
                    Path.of(SnippetsTest.class.getResource("correct." + name).toURI());
            Files.copy(handler, own.resolve("hook." + name));
        }
        ProcessBuilder builder = new ProcessBuilder("sh", "-e", "-c", snippet)
                .directory(own.toFile())
                .redirectErrorStream(true)
                .redirectOutput(own.resolve("out").toFile());
        builder.environment().merge("PATH", own.toString(), (path, first) -> first + File.pathSeparator + path);
        builder.environment().put("MEMBER_ID", SelftestCommand.MEMBER_ID);
        builder.environment().put("APPLICATION_TOKEN", SelftestCommand.PROOF.reveal());
        builder.environment().put("GITHUB_STEP_SUMMARY", own.resolve("summary").toString());
        Process process = builder.start();
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    private static void assertRan(String snippet, Path own, int exitCode) throws IOException {
        String output = Files.readString(own.resolve("out"));
        assertThat(exitCode).as(output).isZero();
        assertThat(output).contains("openlines: PASS must-failed 0/");
        if (snippet.contains("junit:")) {
            assertThat(own.resolve("contract.xml")).isNotEmptyFile();
            assertThat(own.resolve("contract.html")).isNotEmptyFile();
        }
        if (snippet.contains("GITHUB_STEP_SUMMARY")) {
            assertThat(own.resolve("summary")).content().startsWith("# Contract of the handler");
        }
    }
}
