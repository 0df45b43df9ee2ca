// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.server.ReceiverCommand;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Rows;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** Takes the files of docs/recipes.md as they stand there, compiles them and runs them. */
@Timeout(600)
@Tag("long")
class RecipesTest {

    private static final Path PAGE = Path.of("..", "..", "docs", "recipes.md");
    private static final Pattern FILE = Pattern.compile("`(\\w+\\.java)`:\\n\\n```java\\n(.*?)```", Pattern.DOTALL);
    private static final String READY = "receiver ready at ";

    @TempDir
    Path folder;

    private Path classes;
    private PortalServer server;
    private Process process;

    @BeforeEach
    void compile() throws IOException {
        classes = Files.createDirectory(folder.resolve("classes"));
        List<String> arguments = new ArrayList<>(List.of(
                "-Xlint:all",
                "-Werror",
                "-proc:none",
                "-d",
                classes.toString(),
                "-cp",
                System.getProperty("java.class.path")));
        for (Map.Entry<String, String> file : files().entrySet()) {
            Path source = folder.resolve(file.getKey());
            Files.writeString(source, file.getValue());
            arguments.add(source.toString());
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        assertThat(compiler.run(null, null, null, arguments.toArray(String[]::new)))
                .isZero();
        server = PortalServer.start();
    }

    @AfterEach
    void stop() {
        if (process != null) {
            process.destroyForcibly();
        }
        server.close();
    }

    @Test
    void aClosedChatIsReceivedAndRecordedOnce() throws Exception {
        Portal portal = server.portal(PortalSetup.minted().label("shop"));
        URI receiver = start(
                "Receive",
                Map.of(
                        "OPENLINES_MEMBER_ID", portal.memberId(),
                        "OPENLINES_APPLICATION_TOKEN", portal.applicationToken().reveal()));
        portal.subscribe("ONSESSIONFINISH", receiver);

        PortalChat chat = portal.openLine("Support").openChat();
        chat.close();

        says("recorded chat " + chat.id());
        assertThat(Rows.of(folder.resolve("inbox.db"), "select portal, chat, line from closed_chat"))
                .containsExactly(portal.memberId() + " " + chat.id() + " Support");
    }

    @Test
    void anInstallationIsVerifiedSubscribedAndReadAndALostCloseIsFound() throws Exception {
        Portal portal = server.portal(PortalSetup.minted().label("shop").notInstalled());
        portal.clock().freeze();
        Front front = new Front();
        try {
            Map<String, String> settings = Map.of(
                    "OPENLINES_CLIENT_ID", portal.clientId(),
                    "OPENLINES_CLIENT_SECRET", portal.clientSecret().reveal(),
                    "OPENLINES_TOKEN_KEY", key(),
                    "OPENLINES_TOKENS", folder.resolve("tokens.db").toString(),
                    "OPENLINES_OAUTH_HOSTS", server.uri().getAuthority(),
                    "OPENLINES_RECONCILE_SINCE",
                            portal.clock().instant().minus(Duration.ofHours(1)).toString(),
                    "OPENLINES_PUBLIC_URL", front.url().toString());
            front.to(List.of(start("Transcripts", settings)));
            portal.subscribe("ONAPPINSTALL", front.url());
            assertThat(portal.install()).hasSize(1).allMatch(Delivery::acknowledged);
            says("subscribed to portal " + portal.memberId());

            PortalChat chat = portal.openLine("Support").openChat();
            chat.customerWrites("Where is my parcel?");
            chat.close();
            says("chat " + chat.id() + " has 1 messages, EVENT");

            process.destroy();
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
            front.to(List.of());
            PortalChat lost = portal.lines().get(0).openChat();
            lost.customerWrites("And mine?");
            lost.close();
            portal.clock().advance(Duration.ofMinutes(10));
            front.to(List.of(start("Transcripts", settings)));
            says("chat " + lost.id() + " has 1 messages, RECONCILED");
        } finally {
            front.close();
        }
    }

    @Test
    void theTestOfTheRecipePasses() throws Exception {
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {classes.toUri().toURL()}, before)) {
            Thread.currentThread().setContextClassLoader(loader);
            LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                    .selectors(selectClass(loader.loadClass("ReceiveTest")))
                    .build();
            LauncherFactory.create().execute(request, summary);
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }

        assertThat(summary.getSummary().getFailures())
                .as("%s", summary.getSummary().getFailures())
                .isEmpty();
        assertThat(summary.getSummary().getTestsSucceededCount()).isOne();
    }

    @Test
    void aSettingThatIsMissingIsNamed() throws Exception {
        Process receive = run("Receive", Map.of());
        assertThat(receive.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(receive.exitValue()).isEqualTo(3);
        assertThat(log()).contains("OPENLINES_MEMBER_ID: expected a value but found none");

        Process transcripts = run("Transcripts", Map.of());
        assertThat(transcripts.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(transcripts.exitValue()).isEqualTo(3);
        assertThat(log()).contains("OPENLINES_CLIENT_ID is not set");
    }

    /** Secrets come from outside, and no check is turned off. */
    @Test
    void noRecipeHoldsASecretOrTurnsACheckOff() throws IOException {
        for (String file : files().values()) {
            assertThat(file)
                    .doesNotContain(
                            "Secret.of(", "allowLoopback", "reconcile(null)", "trustAll", "insecure", "verify(");
            assertThat(file).doesNotContainPattern("\"[0-9a-f]{16,}\"");
        }
    }

    private static Map<String, String> files() throws IOException {
        Map<String, String> files = new HashMap<>();
        Matcher found = FILE.matcher(Files.readString(PAGE));
        while (found.find()) {
            files.put(found.group(1), found.group(2));
        }
        assertThat(Files.readString(PAGE).split("```java\n", -1))
                .as("blocks of Java, and what stands before the first")
                .hasSize(files.size() + 1);
        assertThat(files).containsOnlyKeys("Receive.java", "Transcripts.java", "ReceiveTest.java");
        return files;
    }

    private String key() {
        Path key = folder.resolve("token.key");
        assertThat(ReceiverCommand.run(List.of("inbox", "new-key", key.toString()), Map.of(), told -> {}, told -> {}))
                .isZero();
        return key.toString();
    }

    private URI start(String main, Map<String, String> settings) throws Exception {
        Files.deleteIfExists(folder.resolve("out.log"));
        process = run(main, settings);
        Await.until(() -> "the receiver: " + log(), () -> log().lines().anyMatch(line -> line.startsWith(READY)));
        return URI.create(log().lines()
                .filter(line -> line.startsWith(READY))
                .findFirst()
                .orElseThrow()
                .substring(READY.length()));
    }

    private Process run(String main, Map<String, String> settings) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classes + ":" + System.getProperty("java.class.path"),
                main);
        builder.environment().keySet().removeIf(name -> name.startsWith("OPENLINES_"));
        builder.environment().put("OPENLINES_PORT", "0");
        builder.environment().put("OPENLINES_INBOX", folder.resolve("inbox.db").toString());
        builder.environment().putAll(settings);
        return builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("out.log").toFile()))
                .start();
    }

    private void says(String line) {
        Await.until(() -> line + " in " + log(), () -> log().lines().anyMatch(line::equals));
    }

    private String log() {
        try {
            Path log = folder.resolve("out.log");
            return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
