// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.examples.quickstart.PageShell.Ran;
import dev.openlines.examples.quickstart.PageShell.Running;
import dev.openlines.model.OnAppTest;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalLine;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.receiver.Handlers;
import dev.openlines.server.ReceiverServer;
import dev.openlines.server.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands of the pages on {@code openlines.jar} and a real portal. A simulated one stands for that. */
@Tag("long")
@Timeout(1800)
class ToolPagesIT {

    private static final String COMPARE = "docs/compare.md";
    private static final String LISTEN = "docs/listen.md";
    private static final String DOCTOR = "docs/why-no-events.md";

    @TempDir
    private Path folder;

    private PortalServer server;
    private Portal portal;
    private PortalLine line;
    private PageShell shell;

    @BeforeEach
    void start() throws IOException {
        server = PortalServer.start();
        portal = server.portal(PortalSetup.minted().label("shop"));
        line = portal.openLine("Support");
        shell = new PageShell(folder);
        Files.writeString(folder.resolve("token.txt"), portal.accessToken().reveal() + "\n");
        Files.writeString(
                folder.resolve("webhook.txt"),
                portal.restUri() + "1/" + portal.webhookCode().reveal() + "/\n");
    }

    @AfterEach
    void stop() {
        shell.close();
        server.close();
    }

    /** Returns the page's commands with the simulated portal's address. */
    private List<String> commands(String page) throws IOException {
        return PageShell.commands(page).stream()
                .map(command -> command.replace(
                        "https://example.bitrix24.com", portal.restUri().toString()))
                .toList();
    }

    @Test
    void compareFindsNoDifferenceByWebhookAndByToken() throws Exception {
        line.openChat().close();
        List<String> commands = commands(COMPARE);
        assertThat(commands).hasSize(2);

        for (String command : commands) {
            assertThat(shell.done(command)).contains("no difference");
            assertThat(folder.resolve("report.json")).content().startsWith("{");
            Files.delete(folder.resolve("report.json"));
        }
    }

    @Test
    void compareTakesEachOptionOfThePage() throws Exception {
        line.openChat().close();
        portal.limits().leakyBucket(2, 350);
        String command = commands(COMPARE).get(1).strip();
        List<String> options = PageShell.firstColumn(COMPARE, "option");
        assertThat(options).contains("--reversible", "--throttle").allMatch(option -> option.startsWith("--"));

        String report = shell.done(command.replace(" --output report.json", "") + " " + String.join(" ", options));

        assertThat(report).startsWith("{");
        assertThat(folder.resolve("report.json")).content().isEqualTo(report);
        assertThat(portal.subscriptions()).isEmpty();
    }

    @Test
    void listenBringsEventsToAReceiverOnThisMachine() throws Exception {
        Running receiver = receiver();
        Running listen = listen(receiver, "");
        line.openChat().close();
        listen.shows(" <-- [200] ");
        receiver.shows("closed chat=17 line=1 connector=livechat portal=my-portal");
        assertThat(listen.printed()).contains(" --> ONSESSIONFINISH ");

        receiver.stop();
        line.openChat().close();
        listen.shows("  <-- nothing listens at localhost port ");
        assertThat(PageShell.firstColumn(LISTEN, "you see")).contains("<-- nothing listens at localhost port 8080");

        listen.stop();
        assertThat(listen.printed()).endsWith("unbound after 2 events\n");
    }

    @Test
    void listenTakesEachOptionOfThePageAndItsRecordsAreSent() throws Exception {
        Running receiver = receiver();
        List<String> options = PageShell.firstColumn(LISTEN, "option");
        assertThat(options).contains("--event ONSESSIONSTART", "--count 3", "--record folder");
        Running listen = listen(receiver, String.join(" ", options));
        for (int i = 0; i < 3; i++) {
            line.openChat();
        }

        assertThat(listen.ended()).as(listen.printed()).isZero();

        try (Stream<Path> records = Files.list(folder.resolve("folder"))) {
            List<Path> files = records.toList();
            assertThat(files).hasSize(3);
            assertThat(PageShell.text(LISTEN)).contains("A record is a body that `send --body`");
            assertThat(shell.done("java -jar openlines.jar send --to " + address(receiver)
                            + " --member-id my-portal --application-token my-test-token --body " + files.get(0)))
                    .startsWith("sent 1, acknowledged 1, ");
        }
    }

    @Test
    void listenSaysWhatThePageSaysIfItCannotBegin() throws Exception {
        List<String> told = PageShell.firstColumn(LISTEN, "you see");
        String command = commands(LISTEN).get(0);

        Ran expired = shell.run(
                command.replace("=TOKEN", "=" + portal.expiredAccessToken().reveal()));
        assertThat(expired.exit()).isEqualTo(1);
        assertThat(expired.err()).contains(one(told, "EXPIRED_TOKEN"));

        portal.subscribe(OnSessionFinish.CODE, server.uri());
        Ran taken =
                shell.run(command.replace("=TOKEN", "=" + portal.accessToken().reveal()));
        assertThat(taken.exit()).isEqualTo(1);
        assertThat(taken.err().replace("ONSESSIONFINISH", "…")).contains(one(told, "a subscription to"));

        portal.answer("app.info", "{\"ID\":\"7\",\"INSTALLED\":true,\"STATUS\":\"F\"}");
        Ran other =
                shell.run(command.replace("=TOKEN", "=" + portal.accessToken().reveal()));
        assertThat(other.exit()).isEqualTo(1);
        assertThat(other.err()).contains(one(told, "local application"));
    }

    private static String one(List<String> told, String part) {
        return told.stream().filter(text -> text.contains(part)).findFirst().orElseThrow();
    }

    /** Starts the handler that the page's command names, on another port. */
    private Running receiver() throws IOException {
        return shell.start("export OPENLINES_PORT=0 OPENLINES_PATH=/bitrix24 OPENLINES_MEMBER_ID=my-portal"
                + " OPENLINES_APPLICATION_TOKEN=my-test-token\njava -jar quickstart.jar");
    }

    private static String address(Running receiver) throws IOException {
        return receiver.address("receiver ready at ").toString().replace("127.0.0.1", "localhost");
    }

    private Running listen(Running receiver, String options) throws IOException {
        List<String> commands = commands(LISTEN);
        assertThat(commands).hasSize(1);
        assertThat(commands.get(0)).contains("=TOKEN", "http://localhost:8080/bitrix24");
        Running listen = shell.start(commands.get(0)
                        .replace("=TOKEN", "=" + portal.accessToken().reveal())
                        .replace("http://localhost:8080/bitrix24", address(receiver))
                        .strip()
                + " " + options);
        listen.shows("listening to ");
        return listen;
    }

    @Test
    void theDoctorFindsAWholeWayAndATestEventPassesIt() throws Exception {
        Path handled = folder.resolve("handled.log");
        Handlers handlers = Handlers.on(
                        OnAppTest.class,
                        (test, context) -> Files.writeString(
                                handled, test.query() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND))
                .ignoringOthers();
        try (ReceiverServer receiver = ReceiverServer.builder(handlers)
                .settings(Settings.of(Map.of(
                        "OPENLINES_PORT", "0",
                        "OPENLINES_PATH", "/bitrix24",
                        "OPENLINES_INBOX", folder.resolve("openlines.db").toString(),
                        "OPENLINES_MEMBER_ID", portal.memberId(),
                        "OPENLINES_APPLICATION_TOKEN", portal.applicationToken().reveal())))
                .start()) {
            portal.subscribe(OnSessionFinish.CODE, receiver.url());
            portal.subscribe(OnAppTest.CODE, receiver.url());
            List<String> commands = commands(DOCTOR).stream()
                    .map(command -> command.replace(
                                    "https://app.example/bitrix24",
                                    receiver.url().toString())
                            .replace("/var/log/app/handled.log", handled.toString()))
                    .toList();
            assertThat(commands).hasSize(2);

            String examined = shell.done(commands.get(0));
            shell.export("OPENLINES_ACCESS_TOKEN", portal.accessToken().reveal());
            String tried = shell.done(commands.get(1));

            assertThat(checks(examined))
                    .contains("token", "subscription", "answer", "firewall", "sessions", "closing")
                    .isSubsetOf(PageShell.firstColumn(DOCTOR, "check"));
            assertThat(tried).endsWith("a test event came through\n");
        }
    }

    private static List<String> checks(String findings) {
        return findings.lines()
                .filter(finding -> !finding.startsWith(" "))
                .map(finding -> finding.split(" {2,}")[1])
                .toList();
    }
}
