// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.PortalClient;
import dev.openlines.client.RestClient;
import dev.openlines.client.Subscription;
import dev.openlines.client.Subscriptions;
import dev.openlines.model.OnOpenLineMessageAdd;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OnSessionStart;
import dev.openlines.model.OpenLineMessage;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.EventDecoder;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalCall;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.SimulatedPortal;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.RecordingHandler;
import jakarta.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code openlines listen}: the simulated portal in the place of the real one. */
@SimulatedPortal
class ListenCommandTest {

    @TempDir
    private Path folder;

    private static PortalClient client(Portal portal) {
        return RestClient.builder().allowLoopback().build().portal(portal.restUri(), portal.accessToken());
    }

    private static Subscriptions subscriptions(Portal portal) {
        return client(portal).subscriptions();
    }

    private CompletableFuture<Ran> listening(Portal portal, String to, String... more) {
        CompletableFuture<Ran> run = CompletableFuture.supplyAsync(() -> listen(portal, to, more));
        Await.until(
                "a subscription",
                () -> run.isDone() || !subscriptions(portal).get().isEmpty());
        return run;
    }

    private Ran listen(Portal portal, String to, String... more) {
        Path token = folder.resolve("token");
        try {
            Files.writeString(token, portal.accessToken().reveal() + "\n");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        List<String> arguments = new ArrayList<>(List.of(
                "listen",
                "--portal",
                portal.restUri().toString(),
                "--forward-to",
                to,
                "--access-token-file",
                token.toString(),
                "--member-id",
                "mine",
                "--application-token",
                "my-test-token",
                "--every",
                "PT0.02S"));
        arguments.addAll(List.of(more));
        return Ran.of(arguments);
    }

    private static Process process(Portal portal, String... more) throws IOException {
        ProcessBuilder command = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        OpenlinesCommand.class.getName(),
                        "listen",
                        "--portal",
                        portal.restUri().toString(),
                        "--forward-to",
                        "http://127.0.0.1:9/",
                        "--member-id",
                        "mine",
                        "--application-token",
                        "my-test-token")
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        command.command().addAll(List.of(more));
        command.environment()
                .put(PortalOptions.TOKEN_VARIABLE, portal.accessToken().reveal());
        return command.start();
    }

    /** Returns what waits in the queue of a key, and leaves it there. */
    private static List<JsonObject> waiting(Portal portal, String key) {
        return client(portal)
                .call("event.offline.list", Map.of("auth_connector", key))
                .result()
                .asJsonArray()
                .getValuesAs(JsonObject.class);
    }

    @Test
    void aClosedChatArrivesInTheShapeOfADirectDelivery(Portal portal) throws Exception {
        Path records = folder.resolve("records");
        PortalChat chat = portal.openLine("Support").openChat();
        try (RecordingHandler handler = RecordingHandler.start()) {
            CompletableFuture<Ran> run =
                    listening(portal, handler.uri().toString(), "--count", "1", "--record", records.toString());
            chat.close();
            Ran ran = run.get(5, TimeUnit.MINUTES);

            assertThat(ran.err()).isEmpty();
            assertThat(ran.exit()).isZero();
            assertThat(ran.out().lines())
                    .satisfiesExactly(
                            line -> assertThat(line)
                                    .isEqualTo("listening to ONSESSIONFINISH of 127.0.0.1, forwarding to "
                                            + handler.uri() + ", until Ctrl-C"),
                            line -> assertThat(line).matches("\\S+Z  --> ONSESSIONFINISH [0-9a-f]{32}"),
                            line -> assertThat(line).matches("\\S+Z  <-- \\[200] \\d+ ms"),
                            line -> assertThat(line).isEqualTo("unbound after 1 events"));
            byte[] body = handler.body(0).getBytes(UTF_8);
            OnSessionFinish finish = (OnSessionFinish)
                    EventDecoder.strict().decode(body, BodyFormat.FORM).event();
            assertThat(finish.chats().get(0).chatId()).isEqualTo(chat.id());
            assertThat(finish.header().auth().memberId()).isEqualTo("mine");
            assertThat(handler.body(0))
                    .contains("auth%5Bapplication_token%5D=my-test-token", "auth%5Bclient_endpoint%5D=http");
            assertThat(subscriptions(portal).get()).isEmpty();

            try (Stream<Path> files = Files.list(records)) {
                Path record = files.toList().get(0);
                String kept = Files.readString(record);
                assertThat(kept)
                        .contains("\"chat_id\"", "\"access_token\":\"***\"", "portal.bitrix24.test")
                        .doesNotContain(
                                "my-test-token",
                                "127.0.0.1",
                                portal.accessToken().reveal());
                portal.subscribe(OnSessionFinish.CODE, handler.uri());
                assertThat(portal.sending().replay(Files.readAllBytes(record)))
                        .singleElement()
                        .satisfies(sent -> assertThat(sent.acknowledged()).isTrue());
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "see https://xn--bcher-kva.example/f/1?t=a, please | see https://portal.bitrix24.test/*** please",
                "see HTTPS://user:word@XN--bcher-kva.example:8443/f | see https://portal.bitrix24.test/***",
                "see bücher.example/f or BÜCHER.example. | see https://portal.bitrix24.test/*** or https://portal.bitrix24.test/***",
                "https://xn--bcher-kva.example/price list.pdf?sig=a | https://portal.bitrix24.test/***",
                "{\"link\":\"https:\\/\\/xn--bcher-kva.example\\/f\\/1?t=a\"} | {\"link\":\"https://portal.bitrix24.test/***\"}",
                "[URL=https://xn--bcher-kva.example/f]offer[/URL] | [URL=https://portal.bitrix24.test/***]offer[/URL]",
                "at https://xn--bcher-kva.example.org/ and myxn--bcher-kva.example | at https://xn--bcher-kva.example.org/ and myxn--bcher-kva.example"
            })
    void addressesOfThePortalAreReplacedInATextAndNoOthers(String text, String kept) {
        assertThat(ListenCommand.withoutAddresses(text, "xn--bcher-kva.example"))
                .isEqualTo(kept);
    }

    @Test
    void aRecordHasNoAddressOfThePortalSuchAsALinkThatOpensAFile(Portal portal) throws Exception {
        Path records = folder.resolve("records");
        PortalChat chat = portal.openLine("Support").openChat();
        try (RecordingHandler handler = RecordingHandler.start()) {
            CompletableFuture<Ran> run = listening(
                    portal,
                    handler.uri().toString(),
                    "--event",
                    OnOpenLineMessageAdd.CODE,
                    "--count",
                    "1",
                    "--record",
                    records.toString());
            chat.send(
                    chat.addBot("Robo"),
                    "see " + portal.restUri() + "page-of-the-portal or https://shop.example/page",
                    Map.of("price.pdf", new byte[] {1}));
            Ran ran = run.get(5, TimeUnit.MINUTES);

            assertThat(ran.exit()).as(ran.err()).isZero();
            String link = String.valueOf(
                    file(handler.body(0).getBytes(UTF_8), BodyFormat.FORM).link());
            assertThat(link).startsWith(portal.restUri().resolve("/").toString());
            try (Stream<Path> files = Files.list(records)) {
                String kept = Files.readString(files.toList().get(0));
                assertThat(kept)
                        .contains("price.pdf", "or https://shop.example/page")
                        .doesNotContain(portal.restUri().getHost(), link.replaceFirst(".*/", ""), "page-of-the-portal");
                assertThat(file(kept.getBytes(UTF_8), BodyFormat.JSON).link())
                        .isEqualTo("https://portal.bitrix24.test/***");
            }
        }
    }

    private static OpenLineMessage.File file(byte[] body, BodyFormat format) {
        OnOpenLineMessageAdd add = (OnOpenLineMessageAdd)
                EventDecoder.lenient().decode(body, format).event();
        return add.messages().get(0).content().files().get(0);
    }

    @Test
    void eventsAndSubscriptionsOfACrashedRunAreDeliveredAndUnbound(Portal portal) throws Exception {
        PortalChat chat = portal.openLine("Support").openChat();
        try (RecordingHandler handler = RecordingHandler.start()) {
            CompletableFuture<Ran> first = listening(portal, handler.uri().toString(), "--count", "1");
            Subscription bound = subscriptions(portal).get().get(0);
            chat.close();
            first.get(5, TimeUnit.MINUTES);
            // A run that is killed leaves the portal like this.
            subscriptions(portal).bind(bound);
            PortalChat another = portal.openLine("Sales").openChat();
            another.close();

            Ran second = listen(portal, handler.uri().toString(), "--count", "1", "--event", OnSessionStart.CODE);

            assertThat(second.exit()).as(second.err()).isZero();
            assertThat(handler.body(1)).contains("chat_id%5D=" + another.id());
            assertThat(subscriptions(portal).get()).isEmpty();
        }
    }

    @Test
    void aSignalUnbindsToo(Portal portal) throws Exception {
        Process listening = process(portal);
        try (BufferedReader lines = listening.inputReader(UTF_8)) {
            assertThat(lines.readLine()).startsWith("listening to ONSESSIONFINISH");
            assertThat(subscriptions(portal).get()).hasSize(1);

            listening.toHandle().destroy();

            assertThat(lines.readLine()).isEqualTo("unbound after 0 events");
            assertThat(listening.waitFor(2, TimeUnit.MINUTES)).isTrue();
            assertThat(subscriptions(portal).get()).isEmpty();
        } finally {
            listening.destroyForcibly();
        }
    }

    /** Returns subscriptions of an application in production: to posted events, and to queues with each kind of key. */
    static Stream<Subscription> production() {
        return Stream.of(
                Subscription.online(OnSessionFinish.CODE, URI.create("http://127.0.0.1:9/production")),
                Subscription.online(OnSessionStart.CODE, URI.create("http://127.0.0.1:9/production")),
                Subscription.offline(OnSessionFinish.CODE),
                Subscription.offline(OnSessionFinish.CODE).withConnector("production"));
    }

    @ParameterizedTest
    @MethodSource("production")
    void anApplicationWithWorkOfItsOwnIsNotTouched(Subscription subscription, Portal portal) {
        String key = subscription.connector() == null ? "" : subscription.connector();
        subscriptions(portal).bind(subscription);
        portal.openLine("Support").openChat().close();
        List<Subscription> bound = subscriptions(portal).get();
        List<JsonObject> queued = waiting(portal, key);
        assertThat(queued).hasSize(subscription.offline() ? 1 : 0);
        int before = portal.calls().size();

        Ran ran = listen(portal, "http://127.0.0.1:9/", "--count", "1");

        assertThat(ran)
                .isEqualTo(new Ran(
                        1,
                        "",
                        "openlines: the application has a subscription to " + subscription.event()
                                + " that listen did not make; make a local application for listen alone\n"));
        assertThat(callsSince(before, portal)).containsExactly("app.info", "event.get");
        assertThat(subscriptions(portal).get()).isEqualTo(bound);
        assertThat(waiting(portal, key)).isEqualTo(queued);
    }

    private static List<String> callsSince(int before, Portal portal) {
        List<PortalCall> calls = portal.calls();
        return calls.subList(before, calls.size()).stream()
                .map(PortalCall::method)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"F\"", "\"D\"", "\"T\"", "\"P\"", "\"S\"", "\"l\"", "\"\"", "null", "1"})
    void anApplicationThatIsNotLocalIsRefused(String status, Portal portal) {
        portal.answer(
                "app.info", "{\"ID\":\"7\",\"INSTALLED\":true,\"PAYMENT_EXPIRED\":\"N\",\"STATUS\":" + status + "}");

        Ran ran = listen(portal, "http://127.0.0.1:9/", "--count", "1");

        assertThat(ran)
                .isEqualTo(new Ran(
                        1, "", "openlines: the token is not of a local application; make one for listen alone\n"));
        assertThat(callsSince(0, portal)).containsExactly("app.info");
    }

    @Test
    void anApplicationWithoutAStatusIsRefused(Portal portal) {
        portal.answer("app.info", "{\"INSTALLED\":true,\"PAYMENT_EXPIRED\":\"N\"}");

        assertThat(listen(portal, "http://127.0.0.1:9/", "--count", "1").err())
                .isEqualTo("openlines: the token is not of a local application; make one for listen alone\n");
        assertThat(callsSince(0, portal)).containsExactly("app.info");
    }

    @Test
    void whatWasBoundMeanwhileStaysWithItsQueueAtTheEnd(Portal portal) throws Exception {
        try (RecordingHandler handler = RecordingHandler.start();
                RecordingHandler production = RecordingHandler.start()) {
            CompletableFuture<Ran> run = listening(portal, handler.uri().toString(), "--count", "1");
            // Another user's listen has a key of the same kind.
            List<Subscription> others = List.of(
                    Subscription.online(OnSessionFinish.CODE, production.uri()),
                    Subscription.offline(OnSessionFinish.CODE).withConnector("production"),
                    Subscription.offline(OnSessionFinish.CODE).withConnector("openlines-listen-of-another"));
            others.forEach(subscriptions(portal)::bind);
            portal.openLine("Support").openChat().close();
            Ran ran = run.get(5, TimeUnit.MINUTES);

            assertThat(ran.exit()).as(ran.err()).isZero();
            assertThat(handler.requests()).hasSize(1);
            assertThat(production.requests()).hasSize(1);
            assertThat(subscriptions(portal).get()).containsExactlyInAnyOrderElementsOf(others);
            assertThat(waiting(portal, "production")).hasSize(1);
            assertThat(waiting(portal, "openlines-listen-of-another")).hasSize(1);
        }
    }

    @Test
    void theListenOfAnotherUserIsNoHindranceAndStays(Portal portal) {
        Subscription another = Subscription.offline(OnSessionFinish.CODE).withConnector("openlines-listen-of-another");
        subscriptions(portal).bind(another);
        PortalChat chat = portal.openLine("Support").openChat();
        try (RecordingHandler handler = RecordingHandler.start()) {
            CompletableFuture<Ran> run = CompletableFuture.supplyAsync(
                    () -> listen(portal, handler.uri().toString(), "--count", "1"));
            Await.until(
                    "two subscriptions",
                    () -> run.isDone() || subscriptions(portal).get().size() == 2);
            chat.close();
            Ran ran = run.join();

            assertThat(ran.exit()).as(ran.err()).isZero();
            assertThat(subscriptions(portal).get()).containsExactly(another);
            assertThat(waiting(portal, "openlines-listen-of-another")).hasSize(1);
        }
    }

    @Test
    void afterAKilledRunTheNextOneTouchesNothingOfAnApplicationThatWentIntoProduction(Portal portal) throws Exception {
        Process listening = process(portal, "--every", "PT1H");
        try (BufferedReader lines = listening.inputReader(UTF_8)) {
            assertThat(lines.readLine()).startsWith("listening to ONSESSIONFINISH");
            // It looks once, and then not within this test: nothing takes an event after its death.
            Await.until("a look", () -> callsSince(0, portal).contains("event.offline.get"));
        } finally {
            listening.destroyForcibly();
        }
        assertThat(listening.waitFor(2, TimeUnit.MINUTES)).isTrue();
        Subscription left = subscriptions(portal).get().get(0);
        Subscription production = Subscription.offline(OnSessionFinish.CODE).withConnector("production");
        subscriptions(portal).bind(production);
        portal.openLine("Support").openChat().close();

        Ran refused = listen(portal, "http://127.0.0.1:9/", "--count", "1");

        assertThat(refused.exit()).isEqualTo(1);
        assertThat(subscriptions(portal).get()).containsExactlyInAnyOrder(left, production);
        assertThat(waiting(portal, "production")).hasSize(1);

        subscriptions(portal).unbind(production);
        try (RecordingHandler handler = RecordingHandler.start()) {
            Ran next = listen(portal, handler.uri().toString(), "--count", "1");
            assertThat(next.exit()).as(next.err()).isZero();
            assertThat(handler.requests()).as("what the killed run had left").hasSize(1);
        }
        assertThat(subscriptions(portal).get()).isEmpty();
        assertThat(waiting(portal, "production")).as("no queue but its own").hasSize(1);
    }

    @Test
    void aHandlerThatIsNotThereIsShownAndTheNextEventGoesOn(Portal portal) throws Exception {
        CompletableFuture<Ran> run = listening(portal, "http://127.0.0.1:9/", "--count", "2");
        portal.openLine("Support").openChat().close();
        portal.openLine("Sales").openChat().close();
        Ran ran = run.get(5, TimeUnit.MINUTES);

        assertThat(ran.exit()).isZero();
        assertThat(ran.out().lines().filter(line -> line.contains("<-- ")))
                .hasSize(2)
                .allMatch(line -> !line.contains("[200]"));
    }

    @Test
    void wrongOptionsAreNamedAndNothingIsBound(Portal portal) {
        assertThat(listen(portal, "https://example.com/", "--count", "1").err())
                .startsWith("openlines: ")
                .contains("--forward-to");
        assertThat(listen(portal, "ftp://127.0.0.1/", "--count", "1").err())
                .startsWith("openlines: expected an http or https address on this machine or its network");
        assertThat(listen(portal, "http://127.0.0.1:9/", "--event", "ONNOTHING", "--count", "1")
                        .err())
                .contains("the event is unknown, or the application lacks its scope");
        assertThat(subscriptions(portal).get()).isEmpty();
    }
}
