// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged jar, as a process of its own. */
@Timeout(300)
class QuickstartIT {

    private static final String MEMBER = "a223c6b3710f85df22e9377d6c4f7553";
    private static final String TOKEN = "51856fefc120afa4b628cc82d3935cce";

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void killWhatIsLeft() {
        processes.forEach(Process::destroyForcibly);
    }

    @Test
    void acknowledgedEventsAreHandledAfterAKill() throws Exception {
        Process first = start(MEMBER);
        URI url = ready(first);
        for (int chat = 1; chat <= 50; chat++) {
            assertThat(close(url, chat)).isEqualTo(200);
        }
        first.destroyForcibly();
        assertThat(first.waitFor(2, TimeUnit.MINUTES)).isTrue();

        Process second = start(MEMBER);
        BufferedReader output = second.inputReader(StandardCharsets.UTF_8);
        URI again = ready(output);
        assertThat(close(again, 51)).isEqualTo(200);
        String line = output.readLine();
        while (!line.equals("closed chat=51 line=7 connector=livechat portal=" + MEMBER)) {
            line = output.readLine();
        }
        // The kill may have left one leased, which waits until its lease ends, or one that was handled and is again.
        Path evidence = directory.resolve("evidence.jsonl");
        Await.until("51 effects", () -> Set.copyOf(Files.readAllLines(evidence)).size() == 51);
        second.destroy();

        assertThat(second.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(Set.copyOf(Files.readAllLines(evidence)))
                .hasSize(51)
                .allSatisfy(
                        effect -> assertThat(effect)
                                .matches(
                                        "\\{\"member_id\":\"" + MEMBER
                                                + "\",\"chat_id\":\\d+,\"line_id\":7,\"connector_id\":\"livechat\",\"at\":1760000000,\"idempotency_key\":\"[0-9a-f]{64}\"}"));
    }

    @Test
    void aConnectorsCodeSteersNoTerminal() throws Exception {
        BufferedReader output = start(MEMBER).inputReader(StandardCharsets.UTF_8);
        URI url = ready(output);
        String evil = "evil%1B%5B2J%0D%0Aclosed+chat%3D99%C2%9B%E2%80%AE";

        assertThat(post(url, form(1).replace("=livechat", "=" + evil))).isEqualTo(200);

        assertThat(output.readLine())
                .isEqualTo("closed chat=1 line=7 connector=evil [2J  closed chat=99   portal=" + MEMBER);
    }

    @Test
    @Tag("long")
    void theToolShowsAndEndsADeadLetterBesideTheRunningReceiver() throws Exception {
        URI url = ready(start(MEMBER));
        assertThat(post(url, form(17).replace("chat_id%5D=17", "chat_id%5D=x"))).isEqualTo(200);

        List<String> dead = tool(0, "list");
        for (int looks = 0; dead.isEmpty() && looks < 50; looks++) {
            dead = tool(0, "list");
        }

        assertThat(dead).singleElement().asString().startsWith("id=1 event=ONSESSIONFINISH portal=" + MEMBER);
        assertThat(tool(0, "backlog")).containsExactly("waiting=0 dead=1 oldest=none");
        assertThat(tool(0, "show", "1")).hasSizeGreaterThan(2).noneMatch(line -> line.contains(TOKEN));
        assertThat(tool(0, "discard", "1")).containsExactly("discarded=1");
        assertThat(tool(1, "discard", "1"))
                .containsExactly("no dead letter with id 1 in " + directory.resolve("inbox.db"));
        assertThat(tool(3, "destroy")).singleElement().asString().startsWith("expected backlog, list");
        assertThat(close(url, 18)).isEqualTo(200);
    }

    @Test
    void theJarComparesPortalsAndSaysHow() throws Exception {
        Process help = jar("reconcile", "--help");
        assertThat(help.inputReader(StandardCharsets.UTF_8).lines())
                .anyMatch(line -> line.startsWith("  --portal MEMBER_ID "))
                .anyMatch(line -> line.startsWith("  --since TIME "))
                .anyMatch(line -> line.startsWith("  --dry-run "))
                .anyMatch(line -> line.startsWith("  --json "));
        assertThat(help.waitFor()).isZero();

        Process none = jar("reconcile", "--dry-run");
        assertThat(none.errorReader(StandardCharsets.UTF_8).lines().filter(line -> !line.startsWith("SLF4J")))
                .containsExactly("no portal can be asked: set OPENLINES_WEBHOOK, or an application that a portal has"
                        + " installed");
        assertThat(none.waitFor()).isEqualTo(3);
    }

    /** Starts the jar as an operator does. */
    private Process jar(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                System.getProperty("quickstart.jar")));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment()
                .put("OPENLINES_INBOX", directory.resolve("inbox.db").toString());
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    /** Runs one command in a process of its own and returns what it said. */
    private List<String> tool(int exit, String... command) throws Exception {
        Process tool = run(
                Main.class.getName(),
                Map.of("OPENLINES_INBOX", directory.resolve("inbox.db").toString()),
                Stream.concat(Stream.of("inbox"), Stream.of(command)).toArray(String[]::new));
        List<String> said = tool.inputReader(StandardCharsets.UTF_8).lines().toList();
        List<String> wrong = tool.errorReader(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.startsWith("SLF4J"))
                .toList();
        assertThat(tool.waitFor())
                .as("exit code of %s: %s", String.join(" ", command), wrong)
                .isEqualTo(exit);
        return exit == 0 ? said : wrong;
    }

    @Test
    void aWrongSettingEndsItWithOneLineThatNamesIt() throws Exception {
        Process process = start("");

        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(3);
        assertThat(process.errorReader(StandardCharsets.UTF_8).lines())
                .containsExactly("OPENLINES_MEMBER_ID: expected a value but found none");
        assertThat(process.inputReader(StandardCharsets.UTF_8).lines()).isEmpty();
    }

    @Test
    void aDamagedFileOfTokensEndsItWithOneLineThatSaysWhatToDo() throws Exception {
        Path key = directory.resolve("token.key");
        Process tool = run(Main.class.getName(), Map.of(), "inbox", "new-key", key.toString());
        assertThat(tool.waitFor(1, TimeUnit.MINUTES)).isTrue();
        Path tokens = Files.writeString(directory.resolve("tokens.db"), "no database ".repeat(1000));

        Process process = start(
                "",
                Map.of(
                        "OPENLINES_CLIENT_ID",
                        "app.1",
                        "OPENLINES_CLIENT_SECRET",
                        "canary-client-secret",
                        "OPENLINES_TOKEN_KEY",
                        key.toString(),
                        "OPENLINES_TOKENS",
                        tokens.toString()));

        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).isEqualTo(3);
        assertThat(process.errorReader(StandardCharsets.UTF_8).lines().filter(line -> !line.startsWith("SLF4J")))
                .singleElement()
                .asString()
                .startsWith("OPENLINES_TOKENS: the token store " + tokens + " is damaged (")
                .endsWith("have each portal install the application again");
    }

    @Test
    @Tag("long")
    void aPortalThatInstallsIsTrustedOnceVerifiedAndAForgedOneLeavesNoTrace() throws Exception {
        Path key = directory.resolve("token.key");
        Process tool = run(Main.class.getName(), Map.of(), "inbox", "new-key", key.toString());
        assertThat(tool.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
                .isEqualTo("rw-------");
        try (OAuthHost host = new OAuthHost(MEMBER);
                OAuthHost evil = new OAuthHost(MEMBER)) {
            Map<String, String> application = Map.of(
                    "OPENLINES_CLIENT_ID", "app.1",
                    "OPENLINES_CLIENT_SECRET", "canary-client-secret",
                    "OPENLINES_TOKEN_KEY", key.toString(),
                    "OPENLINES_TOKENS", directory.resolve("tokens.db").toString(),
                    "OPENLINES_OAUTH_HOSTS", host.name());
            Process first = start("", application);
            URI url = ready(first);

            assertThat(post(url, install(evil, "attacker", "good"))).isEqualTo(403);
            assertThat(post(url, install(host, "attacker", "stolen"))).isEqualTo(403);
            assertThat(close(url, 1)).isEqualTo(403);
            assertThat(post(url, install(host, TOKEN, "good"))).isEqualTo(200);
            assertThat(close(url, 2)).isEqualTo(200);
            first.destroyForcibly();
            assertThat(first.waitFor(2, TimeUnit.MINUTES)).isTrue();

            Process second = start("", application);
            URI again = ready(second);
            assertThat(close(again, 3)).isEqualTo(200);
            String uninstall = install(host, TOKEN, "good").replace("ONAPPINSTALL", "ONAPPUNINSTALL");
            assertThat(post(again, uninstall)).as("kept: its grant works").isEqualTo(200);
            assertThat(close(again, 30)).isEqualTo(200);
            host.revoked = true;
            // 403 if the kept one was checked once more meanwhile.
            assertThat(post(again, uninstall)).isIn(200, 403);
            assertThat(close(again, 4)).isEqualTo(403);
            second.destroyForcibly();
            assertThat(second.waitFor(2, TimeUnit.MINUTES)).isTrue();

            Process third = start("", application);
            assertThat(close(ready(third), 5)).isEqualTo(403);
            assertThat(host.asked()).contains("stolen", "good", "/rest/profile");
            assertThat(evil.asked()).isEmpty();
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files)
                    .anyMatch(file -> file.endsWith("tokens.db"))
                    .allSatisfy(file -> assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                            .doesNotContain(TOKEN, "canary-access", "canary-refresh", "canary-client-secret"));
        }
    }

    @Test
    void withoutAKeyNoInstallationsAreTakenUnlessToldToKeepNoTokens() throws Exception {
        Map<String, String> application =
                Map.of("OPENLINES_CLIENT_ID", "app.1", "OPENLINES_CLIENT_SECRET", "canary-client-secret");
        Process refused = start("", application);
        assertThat(refused.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(refused.exitValue()).isEqualTo(3);
        assertThat(refused.errorReader(StandardCharsets.UTF_8).lines())
                .containsExactly("OPENLINES_TOKEN_KEY: expected the file of a key, or the word none to store no tokens,"
                        + " but found none");

        try (OAuthHost host = new OAuthHost(MEMBER)) {
            Map<String, String> none = new HashMap<>(application);
            none.put("OPENLINES_TOKEN_KEY", "none");
            none.put("OPENLINES_OAUTH_HOSTS", host.name());
            URI url = ready(start("", none));
            assertThat(post(url, install(host, TOKEN, "good"))).isEqualTo(200);
            assertThat(close(url, 1)).isEqualTo(200);
        }
        assertThat(directory.resolve("openlines-tokens.db")).doesNotExist();
    }

    private static String install(OAuthHost host, String applicationToken, String refreshToken) {
        return "event=ONAPPINSTALL&data%5BVERSION%5D=1&ts=1760000000&auth%5Bmember_id%5D=" + MEMBER
                + "&auth%5Baccess_token%5D=canary-access-0&auth%5Brefresh_token%5D=" + refreshToken
                + "&auth%5Bserver_endpoint%5D=" + URLEncoder.encode(host.endpoint(), StandardCharsets.UTF_8)
                + "&auth%5Bclient_endpoint%5D=" + URLEncoder.encode(host.endpoint(), StandardCharsets.UTF_8)
                + "&auth%5Bapplication_token%5D=" + applicationToken;
    }

    private Process start(String member) throws IOException {
        return start(member, Map.of("OPENLINES_APPLICATION_TOKEN", TOKEN));
    }

    private Process start(String member, Map<String, String> more) throws IOException {
        Map<String, String> environment = new HashMap<>(more);
        environment.put("OPENLINES_PORT", "0");
        environment.put("OPENLINES_PATH", "/bitrix24");
        environment.put("OPENLINES_INBOX", directory.resolve("inbox.db").toString());
        environment.put("OPENLINES_MEMBER_ID", member);
        environment.put(
                "OPENLINES_EVIDENCE", directory.resolve("evidence.jsonl").toString());
        return run(Main.class.getName(), environment);
    }

    private Process run(String main, Map<String, String> environment, String... arguments) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("quickstart.jar"),
                main);
        builder.command().addAll(List.of(arguments));
        builder.directory(directory.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private static URI ready(Process process) throws IOException {
        return ready(process.inputReader(StandardCharsets.UTF_8));
    }

    private static URI ready(BufferedReader output) throws IOException {
        String line = output.readLine();
        while (!line.startsWith("receiver ready at ")) {
            line = output.readLine();
        }
        assertThat(line).matches("receiver ready at http://127\\.0\\.0\\.1:\\d+/bitrix24");
        return URI.create(line.substring("receiver ready at ".length()));
    }

    private int close(URI url, int chat) throws Exception {
        return post(url, form(chat));
    }

    private static String form(int chat) {
        return "event=ONSESSIONFINISH&event_handler_id=12"
                + "&data%5BDATA%5D%5Bconnector%5D%5Bconnector_id%5D=livechat"
                + "&data%5BDATA%5D%5Bconnector%5D%5Bline_id%5D=7"
                + "&data%5BDATA%5D%5Bconnector%5D%5Bchat_id%5D=" + chat
                + "&data%5BDATA%5D%5Bchat%5D%5Bchat_id%5D=" + chat
                + "&ts=1760000000&auth%5Bmember_id%5D=" + MEMBER
                + "&auth%5Bapplication_token%5D=" + TOKEN;
    }

    private int post(URI url, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(url)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }
}
