// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.examples.quickstart.PageShell.Ran;
import dev.openlines.examples.quickstart.PageShell.Running;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalLine;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.testkit.Await;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands of the pages for operators beside the packaged receiver, which a simulated portal sends events to. */
@Tag("long")
@Timeout(1800)
class OperatorPagesIT {

    private static final String OPERATIONS = "docs/operations.md";
    private static final String RECONCILIATION = "docs/reconciliation.md";
    private static final String RECEIVER = "java -jar quickstart.jar";

    @TempDir
    private Path folder;

    private PortalServer server;
    private Portal portal;
    private PortalLine line;
    private PageShell shell;
    private String webhook = "";

    @BeforeEach
    void start() throws IOException {
        server = PortalServer.start();
        portal = server.portal(PortalSetup.minted().label("shop"));
        line = portal.openLine("Support");
        webhook = portal.restUri() + "1/" + portal.webhookCode().reveal() + "/";
        shell = new PageShell(folder);
        shell.export("OPENLINES_PORT", "0");
        shell.export("OPENLINES_MEMBER_ID", portal.memberId());
        shell.export("OPENLINES_APPLICATION_TOKEN", portal.applicationToken().reveal());
    }

    @AfterEach
    void stop() {
        shell.close();
        server.close();
    }

    private static URI url(Running receiver) throws IOException {
        return receiver.address("receiver ready at ");
    }

    /** Closes a chat, later than the receiver has seen the portal. */
    private PortalChat closed() {
        portal.clock().advance(Duration.ofMinutes(1));
        PortalChat chat = line.openChat();
        chat.close();
        return chat;
    }

    @Test
    void theCommandsOnDeadLettersRunBesideTheReceiver() throws Exception {
        Running receiver = shell.start(RECEIVER);
        assertThat(post(
                        url(receiver),
                        "event=ONSESSIONFINISH&data[DATA][connector][chat_id]=x&ts=1760000000&auth[member_id]="
                                + portal.memberId() + "&auth[application_token]="
                                + portal.applicationToken().reveal()))
                .isEqualTo(200);
        assertThat(PageShell.firstColumn(OPERATIONS, "instead of `backlog`"))
                .containsExactly(
                        "list",
                        "show 17",
                        "requeue 17, requeue all",
                        "discard 17",
                        "purge 90",
                        "purge-dead 365",
                        "trust",
                        "new-key FILE",
                        "copy-trust, move");

        awaitDead();
        assertThat(inbox("list")).startsWith("id=1 event=ONSESSIONFINISH portal=" + portal.memberId());
        assertThat(inbox("show 1"))
                .startsWith("id=1 ")
                .contains("{")
                .doesNotContain(portal.applicationToken().reveal());
        assertThat(inbox("requeue 1")).isEqualTo("requeued=1\n");
        awaitDead();
        assertThat(inbox("requeue all")).isEqualTo("requeued=1\n");
        awaitDead();
        assertThat(inbox("discard 1")).isEqualTo("discarded=1\n");
        assertThat(inbox("purge 90")).isEqualTo("purged=0\n");
        assertThat(inbox("purge-dead 365")).isEqualTo("purged=0\n");
        assertThat(inbox("trust")).isEqualTo("trusted=1 portal=" + portal.memberId() + "\n");
        assertThat(inbox("new-key token.key")).isEqualTo("key=token.key\n");
        assertThat(folder.resolve("token.key")).isNotEmptyFile();
        shell.export("OPENLINES_NEW_INBOX", "new.db");
        assertThat(inbox("copy-trust")).isEqualTo("portals=1\n");
        assertThat(inbox("move")).isEqualTo("moved=0\n");
        assertThat(folder.resolve("new.db")).isNotEmptyFile();
    }

    /** Runs the page's first command with other words than {@code backlog}, and returns what it printed. */
    private String inbox(String words) throws Exception {
        String command = PageShell.commands(OPERATIONS).get(0);
        assertThat(command).endsWith(" inbox backlog\n");
        return shell.done(command.replace("backlog", words));
    }

    private void awaitDead() {
        Await.until("a dead letter", () -> inbox("backlog").equals("waiting=0 dead=1 oldest=none\n"));
    }

    private static int post(URI url, String form) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(url)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    @Test
    void whatWasHandledAfterABackupIsFoundAfterItsRestoreAndAccepted() throws Exception {
        shell.export("OPENLINES_WEBHOOK", webhook);
        Running receiver = shell.start(RECEIVER);
        portal.subscribe(OnSessionFinish.CODE, url(receiver));
        receiver.shows("closed chat=" + closed().id() + " ");
        List<String> commands = PageShell.firstColumn(OPERATIONS, "command").stream()
                .map(command -> command.replace("…", RECEIVER).replace("FILE", "backup.db"))
                .toList();
        assertThat(commands).hasSize(3);

        assertThat(shell.done(commands.get(0))).startsWith("backup=" + folder.resolve("backup.db") + " ");
        assertThat(shell.done(commands.get(1))).startsWith("check=ok ");
        long after = closed().id();
        receiver.shows("closed chat=" + after + " ");

        Ran early = shell.run(commands.get(2));
        assertThat(early.exit()).isEqualTo(1);
        assertThat(early.err()).contains("stop it before a restore; nothing was changed");
        receiver.stop();
        assertThat(shell.done(commands.get(2))).startsWith("restored=" + folder.resolve("openlines.db") + " ");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .anyMatch(file -> file.startsWith("openlines.db.before-"));
        }

        portal.clock().advance(Duration.ofMinutes(10));
        List<String> reconcile = PageShell.commands(OPERATIONS).get(1).lines().toList();
        assertThat(reconcile).hasSize(2);
        Ran dry = shell.run(reconcile.get(0));
        assertThat(dry.exit()).as(dry.err() + dry.out()).isEqualTo(2);
        assertThat(dry.out()).contains(" missing=1 stored=0 ", " chat=" + after + " ");
        assertThat(shell.done(reconcile.get(1).replace("2026-01-31T10:00:00Z", until(dry))))
                .contains(" missing=1 stored=1 ");
        shell.start(RECEIVER).shows("closed chat=" + after + " ");
    }

    /** Returns the time that a dry run has printed. */
    private static String until(Ran dry) {
        return dry.out().replaceFirst("(?s).* until=(\\S+).*", "$1");
    }

    @Test
    void aCloseWithoutAnEventIsListedFoundAndHandled() throws Exception {
        List<String> commands = PageShell.commands(RECONCILIATION);
        assertThat(commands).hasSize(3);
        String setting = commands.get(0).replace("https://example.bitrix24.com/rest/17/CODE/", webhook);
        assertThat(setting).isEqualTo("export OPENLINES_WEBHOOK=" + webhook + "\n");
        // The receiver would otherwise find the close by itself before the command does.
        Running receiver = shell.start(setting + "export OPENLINES_RECONCILE=off\n" + RECEIVER);
        URI url = url(receiver);
        long lost = closed().id();
        portal.subscribe(OnSessionFinish.CODE, url);
        long sent = closed().id();
        receiver.shows("closed chat=" + sent + " ");
        portal.clock().advance(Duration.ofMinutes(10));

        Files.writeString(folder.resolve("webhook.txt"), webhook + "\n");
        Files.writeString(folder.resolve("token.txt"), portal.accessToken().reveal() + "\n");
        String listed = shell.done(commands.get(1)
                .replace("https://example.bitrix24.com", portal.restUri().toString()));
        assertThat(listed.lines()).hasSize(4);
        assertThat(listed).contains("\"chat\":" + lost + ",", " chat " + lost + " ");

        String compare = setting + commands.get(2);
        Ran dry = shell.run(compare);
        assertThat(dry.exit()).as(dry.err() + dry.out()).isEqualTo(2);
        assertThat(dry.out()).contains(" closed=2 handled=1 missing=1 ", " chat=" + lost + " ");
        assertThat(PageShell.text(RECONCILIATION)
                        .lines()
                        .filter(line -> line.matches("    (reconciled|missing) portal=.*"))
                        .map(line -> shape(line.strip()))
                        .toList())
                .isEqualTo(dry.out().lines().map(OperatorPagesIT::shape).toList());

        assertThat(PageShell.firstColumn(RECONCILIATION, "option"))
                .containsExactly(
                        "--portal MEMBER_ID", "--since TIME", "--dry-run", "--accept TIME", "--json", "--hold");
        String since = Instant.now().minus(Duration.ofHours(1)).toString();
        Ran json = shell.run(compare.strip() + " --portal " + portal.memberId() + " --since " + since + " --json");
        assertThat(json.exit()).as(json.err()).isEqualTo(2);
        assertThat(json.out()).contains("\"missing\":1,", "\"chat\":" + lost + ",");
        assertThat(shell.done(compare.replace("--dry-run", "--accept " + until(dry))))
                .contains(" missing=1 stored=1 ");
        receiver.shows("closed chat=" + lost + " ");
        assertThat(shell.done(compare.replace("--dry-run", "--hold"))).isEmpty();
    }

    /** Returns a line of an answer without its values. */
    private static String shape(String line) {
        return line.replaceAll("=\\d{4}-\\d\\d-\\d\\dT\\S+Z", "=TIME")
                .replaceAll("portal=[0-9a-f]{32}", "portal=ID")
                .replaceAll("=\\d+", "=NUMBER");
    }
}
