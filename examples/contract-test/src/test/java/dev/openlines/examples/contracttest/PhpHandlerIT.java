// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.contracttest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.RequiresTool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the command of the README in a shell, as a CI server does, against the PHP handler. */
class PhpHandlerIT {

    private static final Path JAR =
            Path.of("../../harness/cli/target/openlines.jar").toAbsolutePath().normalize();

    @TempDir
    private Path folder;

    @Test
    @RequiresTool("php")
    void theCommandOfTheReadmePassesForTheRightHandler() throws Exception {
        String printed = run(Files.readString(Path.of("php/hook.php")), 0);

        assertThat(printed).contains("openlines: PASS").doesNotContain("5f2d8c1e9b7a46d0");
        assertThat(folder.resolve("contract.xml")).isNotEmptyFile();
        assertThat(folder.resolve("contract.html")).isNotEmptyFile();
    }

    @Test
    @RequiresTool("php")
    void itFailsForAHandlerThatTrustsEverySender() throws Exception {
        String careless = Files.readString(Path.of("php/hook.php")).replace("if (!$known ||", "if (");
        assertThat(careless).contains("if ( file_exists");

        assertThat(run(careless, 1)).contains("openlines: FAIL", "OSF-C-101");
    }

    @Test
    void bothServersRunTheCommandThatIsRunHere() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        String command = fence(readme, "sh", "--handler-cmd")
                .replaceAll("\\\\\n", " ")
                .replaceAll("\\s+", " ")
                .strip();

        assertThat(fence(readme, "yaml", "runs-on").replaceAll("\\\\\n", " ").replaceAll("\\s+", " "))
                .contains(command);
        assertThat(fence(readme, "yaml", "artifacts:\n    when")
                        .replaceAll("\\\\\n", " ")
                        .replaceAll("\\s+", " "))
                .contains(command);
    }

    private String run(String handler, int exit) throws Exception {
        Files.writeString(folder.resolve("hook.php"), handler);
        Files.deleteIfExists(folder.resolve("openlines.jar"));
        Files.createSymbolicLink(folder.resolve("openlines.jar"), JAR);
        Path output = folder.resolve("output.txt");
        ProcessBuilder shell = new ProcessBuilder(
                        "sh", "-e", "-c", fence(Files.readString(Path.of("README.md")), "sh", "--handler-cmd"))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        shell.environment().put("MEMBER_ID", "0a1b2c3d4e5f60718293a4b5c6d7e8f9");
        shell.environment().put("APPLICATION_TOKEN", "5f2d8c1e9b7a46d0a3c4e6f81b2d9075");
        Process process = shell.start();
        boolean ended = process.waitFor(3, TimeUnit.MINUTES);
        process.destroyForcibly();
        String printed = Files.readString(output);
        assertThat(ended).as(printed).isTrue();
        assertThat(process.exitValue()).as(printed).isEqualTo(exit);
        return printed;
    }

    private static String fence(String page, String language, String holds) {
        Matcher fences = Pattern.compile("^```" + language + "\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE)
                .matcher(page);
        return fences.results()
                .map(found -> found.group(1))
                .filter(text -> text.contains(holds))
                .findFirst()
                .orElseThrow();
    }
}
