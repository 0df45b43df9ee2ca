// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.Fault;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.receiver.Inbox;
import dev.openlines.testkit.AcceptQueue;
import dev.openlines.testkit.Await;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The packaged application as a process. */
@Tag("long")
@Timeout(600)
class ClosedChatsIT {

    @TempDir
    Path folder;

    private final List<Process> processes = new ArrayList<>();
    private PortalServer server;
    private Portal portal;

    @BeforeEach
    void startPortal() {
        server = PortalServer.start();
        portal = server.portal(PortalSetup.minted().label("shop").notInstalled());
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
        server.close();
    }

    @Test
    void acknowledgedEventsAreArchivedOnceAfterAKillInTheMiddle() throws Exception {
        Map<String, String> settings = Running.settings(folder, server, portal);
        Process first = start(settings);
        BufferedReader output = first.inputReader(StandardCharsets.UTF_8);
        portal.subscribe("ONAPPINSTALL", URI.create(line(output, "receiver ready at ")));
        // A slow machine may not verify the first one in time, and a portal does not send it again by itself.
        Await.until("the installation", () -> portal.install().stream().allMatch(delivery -> delivery.acknowledged()));
        line(output, "subscribed ");
        portal.faults().add(Fault.slow(Duration.ofMillis(200)).on("imopenlines.session.history.get"));
        for (int i = 0; i < 10; i++) {
            PortalChat chat = portal.openLine("Line " + i).openChat();
            chat.customerWrites("message " + i);
            assertThat(chat.close()).isNotEmpty().allMatch(delivery -> delivery.acknowledged());
        }
        line(output, "archived chat=");
        first.destroyForcibly().waitFor();

        Process second = start(settings);
        line(second.inputReader(StandardCharsets.UTF_8), "page ready at ");
        try (Archive archive = Archive.open(settings.get("OPENLINES_INBOX"))) {
            Await.until("ten chats", () -> archive.page(Filter.ALL, null, 50).size() >= 10);
            assertThat(archive.page(Filter.ALL, null, 50))
                    .hasSize(10)
                    .extracting(Chat::chatId)
                    .doesNotHaveDuplicates();
        }
        second.destroy();
        assertThat(second.waitFor(2, TimeUnit.MINUTES)).isTrue();
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.filter(file -> !file.endsWith("token.key")))
                    .allSatisfy(file -> assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                            .doesNotContain(portal.accessToken().reveal())
                            .doesNotContain(portal.applicationToken().reveal())
                            .doesNotContain(portal.clientSecret().reveal()));
        }
    }

    @Test
    void aWrongSettingEndsItWithOneLineThatNamesIt() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            String port = Integer.toString(taken.getLocalPort());
            refused(
                    "OPENLINES_CLIENT_ID",
                    "",
                    "OPENLINES_CLIENT_ID: expected the application's client_id but found none");
            refused(
                    "OPENLINES_TOKEN_KEY",
                    folder.resolve("no.key").toString(),
                    "OPENLINES_TOKEN_KEY: expected a key made by new-key in " + folder.resolve("no.key"));
            refused(
                    "OPENLINES_PUBLIC_URL",
                    "chats.example.com",
                    "OPENLINES_PUBLIC_URL: expected an address such as https://chats.example.com/, found"
                            + " \"chats.example.com\"");
            refused("OPENLINES_CRM_NOTES", "yes", "OPENLINES_CRM_NOTES: expected on or off, found \"yes\"");
            refused(
                    "OPENLINES_PAGE_PORT",
                    "80\u001b[31m81",
                    "OPENLINES_PAGE_PORT: expected a number from 0 to 65535, found \"80 [31m81\"");
            refused(
                    "OPENLINES_INBOX",
                    "jdbc:mysql://me:canary@127.0.0.1/chats",
                    "OPENLINES_INBOX: expected a file or a jdbc:postgresql: URL, since the archive is in the inbox's"
                            + " database, found \"jdbc:mysql:\"");
            refused(
                    "OPENLINES_PAGE_PASSWORD",
                    "hunter2",
                    "OPENLINES_PAGE_PASSWORD: expected a hash made by hash-password but found other text");
            refused(
                    "OPENLINES_PAGE_PASSWORD",
                    "",
                    "OPENLINES_PAGE_PASSWORD: expected a hash made by hash-password, or else the name of a proxy's header"
                            + " in OPENLINES_PAGE_USER_HEADER, but found neither");
            refused(
                    "OPENLINES_INBOX",
                    "jdbc:postgresql://127.0.0.1:1/chats?user=me&password=canary",
                    "OPENLINES_INBOX: cannot use the database jdbc:postgresql://127.0.0.1:1/chats: Connection to"
                            + " 127.0.0.1:1 refused. Check that the hostname and port are correct and that the"
                            + " postmaster is accepting TCP/IP connections.");
            refused(
                    "OPENLINES_PAGE_PORT",
                    port,
                    "OPENLINES_PAGE_PORT: cannot listen on port " + port
                            + " of 127.0.0.1: end the program that listens there, or set another port");
            refused(
                    "OPENLINES_PORT",
                    port,
                    "OPENLINES_PORT: cannot listen on port " + port
                            + ": end the program that listens there, or set another port");
        }
    }

    /** Stops the application: the kernel holds the connections to the address for events and to that of the page. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void asManyConnectionsWaitAsAPortalSendsAtOnce() throws Exception {
        Process application = start(Running.settings(folder, server, portal));
        BufferedReader output = application.inputReader(StandardCharsets.UTF_8);
        URI receiver = URI.create(line(output, "receiver ready at "));
        URI page = URI.create(line(output, "page ready at "));
        int asked = AcceptQueue.possible(1024);

        assertThat(AcceptQueue.connections(application, receiver, asked)).isEqualTo(asked);
        assertThat(AcceptQueue.connections(application, page, asked)).isEqualTo(asked);
    }

    @Test
    void theOperatorsCommandsAreOfTheSameJar() throws Exception {
        Map<String, String> settings = Running.settings(folder, server, portal);
        Process hash = start(Map.of(), "hash-password");
        try (var in = hash.outputWriter(StandardCharsets.UTF_8)) {
            in.write("correct horse battery\n");
        }
        assertThat(hash.inputReader().readLine()).startsWith("pbkdf2-sha256:600000:");
        Process weak = start(Map.of(), "hash-password");
        try (var in = weak.outputWriter(StandardCharsets.UTF_8)) {
            in.write("short\n");
        }
        assertThat(weak.errorReader().readLine()).isEqualTo("expected a password of at least 12 characters");
        assertThat(weak.waitFor()).isEqualTo(3);
        Inbox.sqlite(Path.of(settings.get("OPENLINES_INBOX"))).close();
        Process backlog = start(settings, "inbox", "backlog");
        assertThat(backlog.inputReader().readLine()).contains("waiting");
        assertThat(backlog.waitFor()).isZero();
    }

    private void refused(String name, String value, String line) throws Exception {
        Map<String, String> settings = new HashMap<>(Running.settings(folder, server, portal));
        settings.put(name, value);
        Process process = start(settings);
        assertThat(process.errorReader(StandardCharsets.UTF_8)
                        .lines()
                        .filter(said -> !said.matches(".* (INFO|WARN) .*")))
                .containsExactly(line);
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(3);
        assertThat(process.inputReader(StandardCharsets.UTF_8).lines()).isEmpty();
    }

    private Process start(Map<String, String> settings, String... arguments) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-jar",
                System.getProperty("closed-chats.jar"));
        builder.command().addAll(List.of(arguments));
        builder.directory(folder.toFile());
        builder.environment().putAll(settings);
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private static String line(BufferedReader output, String start) throws IOException {
        String line = output.readLine();
        while (!line.startsWith(start)) {
            line = output.readLine();
        }
        return line.substring(start.length());
    }
}
