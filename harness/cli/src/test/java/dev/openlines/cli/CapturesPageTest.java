// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.portal.Portal;
import dev.openlines.portal.SimulatedPortal;
import dev.openlines.receiver.Handlers;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.RequiresTool;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Does what {@code docs/captures.md} says, in its order: a receiver with the page's settings keeps a capture, and a shell
 * runs the page's commands with it. The contract is the page's case alone.
 */
@RequiresTool("node")
@Tag("long")
@Timeout(600)
@SimulatedPortal
class CapturesPageTest {

    private static final Path PAGE = Path.of("../..").resolve("docs/captures.md");
    private static final Pattern FENCED = Pattern.compile("(?ms)^```sh\n(.*?)^```");

    @TempDir
    private Path folder;

    @Test
    void theCommandsOfThePageRunInItsOrder(Portal portal) throws Exception {
        List<String> commands = FENCED.matcher(Files.readString(PAGE))
                .results()
                .map(found -> found.group(1))
                .toList();
        assertThat(commands).hasSize(4);
        prepare();

        capture(portal, commands.get(0));

        assertThat(ran(commands.get(1)))
                .contains("ONSESSIONFINISH, form, headers: ", "data[DATA][connector][chat_id]=")
                .endsWith("captures exported: 1\ncaptures exported: 1\n");
        assertThat(folder.resolve("finish.json")).hasSameTextualContentAs(folder.resolve("captures.json"));

        Process simulated = shell("exec " + commands.get(2)).start();
        try (BufferedReader lines = simulated.inputReader(UTF_8)) {
            assertThat(lines.readLine()).startsWith("portal ready at http://127.0.0.1:");
        } finally {
            simulated.destroyForcibly();
        }

        assertThat(ran(commands.get(3))).contains("openlines: PASS must-failed 0/1 ", " not-observed 0 ");
    }

    /** Has a receiver with the page's settings receive one event. */
    private void capture(Portal portal, String exports) throws Exception {
        Map<String, String> settings = new HashMap<>(Map.of(
                "OPENLINES_PORT", "0",
                "OPENLINES_PATH", "/bitrix",
                "OPENLINES_INBOX", folder.resolve("inbox.db").toString(),
                "OPENLINES_MEMBER_ID", portal.memberId(),
                "OPENLINES_APPLICATION_TOKEN", portal.applicationToken().reveal()));
        Matcher export = Pattern.compile("export (\\w+)=(.*)").matcher(exports);
        while (export.find()) {
            settings.put(export.group(1), export.group(2));
        }
        assertThat(settings).containsKeys("OPENLINES_CAPTURES", "OPENLINES_CAPTURES_EACH");
        // The shell's folder, which is not that of this process.
        Path captures = folder.resolve(String.valueOf(settings.get("OPENLINES_CAPTURES")));
        settings.put("OPENLINES_CAPTURES", captures.toString());
        try (ReceiverServer receiver = ReceiverServer.builder(Handlers.all((event, context) -> {}))
                .settings(Settings.of(settings))
                .start()) {
            portal.subscribe(OnSessionFinish.CODE, receiver.url());
            portal.openLine("Support").openChat().close();
            Await.until("a capture", () -> Files.exists(captures.resolve("ONSESSIONFINISH-1.json")));
        }
    }

    /** Makes the handler that the page names, and a {@code java} that stands for that with the jar. */
    private void prepare() throws Exception {
        Files.copy(Path.of(SnippetsTest.class.getResource("correct.js").toURI()), folder.resolve("hook.js"));
        String classes = Arrays.stream(
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                                .split(File.pathSeparator))
                .map(part -> Path.of(part).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
        Path java = Files.writeString(
                folder.resolve("java"),
                "#!/bin/sh\nshift 2\ncase \"$1\" in verify) set -- \"$@\" --only 026 ;; esac\nexec '"
                        + System.getProperty("java.home") + "/bin/java' -XX:TieredStopAtLevel=1 -cp '" + classes
                        + "' dev.openlines.cli.OpenlinesCommand \"$@\"\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
    }

    private ProcessBuilder shell(String commands) {
        ProcessBuilder shell = new ProcessBuilder("sh", "-e", "-c", commands)
                .directory(folder.toFile())
                .redirectErrorStream(true);
        shell.environment().merge("PATH", folder.toString(), (path, first) -> first + File.pathSeparator + path);
        shell.environment().put("MEMBER_ID", SelftestCommand.MEMBER_ID);
        shell.environment().put("APPLICATION_TOKEN", SelftestCommand.PROOF.reveal());
        return shell;
    }

    private String ran(String commands) throws IOException, InterruptedException {
        Path out = folder.resolve("out");
        Process process = shell(commands).redirectOutput(out.toFile()).start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        String printed = Files.readString(out);
        assertThat(process.exitValue()).as(printed).isZero();
        return printed;
    }
}
