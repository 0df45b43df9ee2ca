// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.kafka.KafkaTopics;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InboxMove;
import dev.openlines.receiver.LeaseRequest;
import dev.openlines.receiver.LeasedDelivery;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.RawDelivery;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Settlement;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.Telemetry;
import dev.openlines.tck.Deliveries;
import dev.openlines.tck.InstallationContract;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.KafkaBroker;
import dev.openlines.testkit.PostgresServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The steps of {@code docs/scaling.md}, "To move without loss", one after the other, while events come. */
@Timeout(300)
@Tag("long")
class MovingTest {

    enum Move {
        SQLITE_TO_POSTGRESQL,
        SQLITE_TO_KAFKA,
        POSTGRESQL_TO_KAFKA
    }

    private static final int SENDERS = 3;

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<ReceiverServer> servers = new ArrayList<>();
    private final List<Thread> senders = new ArrayList<>();
    private final List<String> out = new ArrayList<>();
    /** The addresses that a portal posts each event to: it has bound one handler or two. */
    private volatile List<URI> bound = List.of();

    private volatile boolean sending = true;
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final Set<Throwable> failures = ConcurrentHashMap.newKeySet();
    private final AtomicInteger calls = new AtomicInteger();
    private final Set<String> keys = ConcurrentHashMap.newKeySet();
    private final List<String> effects = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() throws Exception {
        sending = false;
        for (Thread sender : senders) {
            sender.join();
        }
        servers.forEach(ReceiverServer::close);
    }

    @ParameterizedTest
    @EnumSource
    void nothingAcknowledgedIsLostAndWhatCameToBothStoresHasOneEffect(Move move) throws Exception {
        String old = move == Move.POSTGRESQL_TO_KAFKA
                ? PostgresServer.newSchema()
                : directory.resolve("old.db").toString();
        String next = move == Move.SQLITE_TO_POSTGRESQL ? PostgresServer.newSchema() : kafka();
        ReceiverServer oldNode = start(old, 2);
        bound = List.of(oldNode.url());
        for (int sender = 1; sender <= SENDERS; sender++) {
            long chat = sender * 10L;
            Thread thread = new Thread(() -> send(chat));
            thread.start();
            senders.add(thread);
        }
        Await.until(() -> effects.size() > 50);

        // 1. The trust of the old nodes, then nodes over the new store that receive only.
        assertThat(command(old, next, "copy-trust")).isZero();
        ReceiverServer newNode = start(next, 0);

        // 2. Both addresses are bound, so that each event comes twice; then the old one is not any more.
        bound = List.of(oldNode.url(), newNode.url());
        awaitAcknowledged(100);
        // Old nodes that do not get ready with it: their workers stop, and events wait.
        bound = List.of(newNode.url());
        awaitAcknowledged(20);
        oldNode.close();
        oldNode = start(old, 0);
        bound = List.of(oldNode.url(), newNode.url());
        awaitAcknowledged(50);
        bound = List.of(oldNode.url());
        awaitAcknowledged(50);
        bound = List.of(newNode.url());
        awaitAcknowledged(50);

        // 3. Events that wait in the old store go to the new one.
        assertThat(command(old, next, "backlog")).isZero();
        assertThat(out.get(out.size() - 1)).doesNotStartWith("waiting=0 ");
        assertThat(command(old, next, "move")).isZero();
        assertThat(out.get(out.size() - 1)).matches("moved=[1-9]\\d+");
        assertThat(command(old, next, "backlog")).isZero();
        assertThat(out.get(out.size() - 1)).startsWith("waiting=0 dead=0 ");

        // 4. The new nodes get workers.
        oldNode.close();
        ReceiverServer working = start(next, 2);
        bound = List.of(working.url());
        newNode.close();
        awaitAcknowledged(50);
        sending = false;
        Await.until(() -> keys.containsAll(acknowledged));
        assertThat(command(next, next, "backlog")).isZero();
        Await.until(() ->
                command(next, next, "backlog") == 0 && out.get(out.size() - 1).startsWith("waiting=0 dead=0 "));
        assertThat(failures).isEmpty();
        assertThat(effects).doesNotHaveDuplicates().containsAll(acknowledged);
        assertThat(calls.get())
                .as("handled in the old store and in the new one: what keys are for")
                .isGreaterThan(effects.size());
    }

    @Test
    void eventsAreMovedInTheOrderOfTheirChatAndOnceHoweverOftenAMoveIsBegun() {
        String old = directory.resolve("old.db").toString();
        String next = PostgresServer.newSchema();
        try (LeasingInbox from = Inbox.sqlite(Path.of(old));
                LeasingInbox to = Inbox.postgresql(next)) {
            for (long time = 1; time <= 20; time++) {
                for (long chat = 1; chat <= 3; chat++) {
                    Deliveries.store(from, Deliveries.delivery(chat, time));
                }
            }
            // One came to both, and a move before this one ended between the two stores.
            Deliveries.store(to, Deliveries.delivery(2, 1));
            AtomicInteger stored = new AtomicInteger();
            LeasingInbox failing = FaultyInbox.of(
                    to,
                    (method, arguments) -> method.equals("store") && stored.incrementAndGet() == 11
                            ? CompletableFuture.failedStage(new StoreException("away", null))
                            : null);
            assertThatThrownBy(() -> new InboxMove(from, failing, InstantSource.system()).events())
                    .isInstanceOf(StoreException.class)
                    .hasMessage("away");
            long waiting = from.backlog().waiting();
            assertThat(waiting).isBetween(1L, 59L);

            assertThat(new InboxMove(from, to, InstantSource.system()).events()).isEqualTo((int) waiting);

            assertThat(from.backlog().waiting()).isZero();
            assertThat(to.backlog().waiting()).isEqualTo(60);
            List<String> order = new ArrayList<>();
            for (LeasedDelivery leased : to.lease(new LeaseRequest(
                    "a", 100, Deliveries.T0, Deliveries.T0.plusSeconds(10), Deliveries.LATEST, false))) {
                order.add(leased.idempotencyKey());
            }
            assertThat(order).hasSize(60).doesNotHaveDuplicates();
            for (long chat = 1; chat <= 3; chat++) {
                List<String> expected = new ArrayList<>();
                for (long time = 1; time <= 20; time++) {
                    expected.add(Deliveries.delivery(chat, time).idempotencyKey());
                }
                assertThat(order).containsSubsequence(expected);
            }
        }
    }

    @Test
    void anEventWithAKeyOfItsOwnKeepsIt() {
        try (LeasingInbox from = Inbox.memory();
                LeasingInbox to = Inbox.memory()) {
            Receiver receiver = new Receiver(
                    from,
                    from.portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN)),
                    Limits.DEFAULT,
                    InstantSource.system(),
                    () -> {},
                    Telemetry.none());
            String body = "event=ONCRMDEALUPDATE&data[FIELDS][ID]=662&ts=1779996600&auth[member_id]=" + Bodies.MEMBER
                    + "&auth[application_token]=" + Bodies.TOKEN;
            for (int i = 0; i < 2; i++) {
                assertThat(receiver.receive(new RawDelivery(
                                        "POST",
                                        "application/x-www-form-urlencoded",
                                        body.getBytes(StandardCharsets.UTF_8)))
                                .toCompletableFuture()
                                .join()
                                .status())
                        .isEqualTo(200);
            }
            LeaseRequest all = new LeaseRequest("a", 9, Deliveries.LATEST, Deliveries.LATEST, Deliveries.LATEST, false);
            List<LeasedDelivery> waiting = from.lease(all);
            waiting.forEach(one -> from.settle(one, new Settlement.Release(), Instant.now())
                    .toCompletableFuture()
                    .join());

            new InboxMove(from, to, InstantSource.system()).events();

            assertThat(waiting).hasSize(2);
            assertThat(to.lease(all))
                    .extracting(LeasedDelivery::idempotencyKey)
                    .containsExactlyInAnyOrderElementsOf(
                            waiting.stream().map(LeasedDelivery::idempotencyKey).toList());
        }
    }

    @Test
    void theCommittedPartsOfAnEventAreNotRepeatedAfterAMove() throws Exception {
        Instant now = Deliveries.T0;
        try (LeasingInbox from = Inbox.sqlite(directory.resolve("old.db"));
                LeasingInbox to = Inbox.postgresql(PostgresServer.newSchema())) {
            Deliveries.store(from, Deliveries.delivery(Bodies.chats(7, 8)));
            LeasedDelivery leased = from.lease(
                            new LeaseRequest("a", 1, now, now.plusSeconds(1), Deliveries.LATEST, false))
                    .get(0);
            assertThat(from.commitOnce(leased, "7", connection -> {}, now)).isTrue();
            assertThat(from.settle(leased, new Settlement.Retry(now, "away"), now)
                            .toCompletableFuture()
                            .join())
                    .isTrue();

            assertThat(new InboxMove(from, to, InstantSource.system()).events()).isEqualTo(1);

            LeasedDelivery moved = to.lease(new LeaseRequest("b", 1, now, now.plusSeconds(1), Deliveries.LATEST, false))
                    .get(0);
            assertThat(to.commitOnce(moved, "7", connection -> {}, now)).isFalse();
            assertThat(to.commitOnce(moved, "8", connection -> {}, now)).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void whomTheOldStoreTrustsAndNoMoreTrustsTheNewOneDoesToo(Move move) {
        Instant now = Deliveries.T0;
        String old = move == Move.POSTGRESQL_TO_KAFKA
                ? PostgresServer.newSchema()
                : directory.resolve("old.db").toString();
        String next = move == Move.SQLITE_TO_POSTGRESQL ? PostgresServer.newSchema() : kafka();
        Store opened = Store.open("OPENLINES_INBOX", old);
        try (LeasingInbox from = opened.leasing("OPENLINES_INBOX");
                Inbox to = Store.open("OPENLINES_NEW_INBOX", next).inbox()) {
            Portals before = told(from).verifiedBy(InstallationContract.YES);
            Receiver receiver = InstallationContract.receiver(from, before, now);
            for (String token : List.of("first", "second")) {
                assertThat(InstallationContract.post(
                                receiver, InstallationContract.install(token, "auth[member_id]", "installed")))
                        .isEqualTo(200);
            }
            assertThat(InstallationContract.post(receiver, Bodies.finish(9, "event", "ONAPPUNINSTALL")))
                    .isEqualTo(200);
            InboxMove moving = new InboxMove(from, to, InstantSource.fixed(now.plusSeconds(1)));

            assertThat(moving.trust()).isEqualTo(2);
            assertThat(moving.trust()).as("the new store knows them by now").isZero();

            Instant soon = now.plusSeconds(60);
            Instant later = now.plus(Portals.OVERLAP).plusSeconds(60);
            assertThat(answer(to, "installed", "first", soon)).isEqualTo(200);
            assertThat(answer(to, "installed", "first", later)).isEqualTo(403);
            assertThat(answer(to, "installed", "second", soon)).isEqualTo(200);
            assertThat(answer(to, "installed", "second", later)).isEqualTo(200);
            assertThat(answer(to, "installed", "third", soon)).isEqualTo(403);
            assertThat(answer(to, Bodies.MEMBER, Bodies.TOKEN, soon))
                    .as("uninstalled, though the settings name it")
                    .isEqualTo(403);
        }
    }

    private static int answer(Inbox inbox, String member, String token, Instant now) {
        return InstallationContract.post(
                InstallationContract.receiver(inbox, told(inbox), now),
                Bodies.finish(9, "auth[member_id]", member, "auth[application_token]", token));
    }

    private static Portals told(Inbox inbox) {
        return inbox.portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN));
    }

    private static String kafka() {
        KafkaTopics topics = KafkaTopics.of(KafkaBroker.newTopics(2));
        return topics + "?partitions=2";
    }

    private ReceiverServer start(String inbox, int workers) {
        Map<String, String> settings = settings(inbox, inbox);
        settings.put("OPENLINES_WORKERS", Integer.toString(workers));
        Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> {
                    calls.incrementAndGet();
                    String key = finish.chats().get(0).chatId() + "@"
                            + finish.header().sentAt().getEpochSecond();
                    if (keys.add(key)) {
                        effects.add(key);
                    }
                })
                .otherwise((event, context) -> {});
        ReceiverServer server =
                ReceiverServer.builder(handlers).settings(Settings.of(settings)).start();
        servers.add(server);
        return server;
    }

    private static Map<String, String> settings(String inbox, String next) {
        Map<String, String> settings = new HashMap<>();
        settings.put("OPENLINES_PORT", "0");
        settings.put("OPENLINES_INBOX", inbox);
        settings.put("OPENLINES_NEW_INBOX", next);
        settings.put("OPENLINES_MEMBER_ID", Bodies.MEMBER);
        settings.put("OPENLINES_APPLICATION_TOKEN", Bodies.TOKEN);
        return settings;
    }

    private int command(String old, String next, String command) {
        List<String> err = new ArrayList<>();
        int code = InboxCommand.run(List.of(command), settings(old, next), out::add, err::add);
        assertThat(err).isEmpty();
        return code;
    }

    /** Posts each event once to each handler that is bound, as a portal does, and repeats nothing. */
    private void send(long firstChat) {
        try {
            for (long second = 1_760_000_000L; sending; second++) {
                long chat = firstChat + second % 5;
                for (URI url : bound) {
                    post(url, chat, second);
                }
            }
        } catch (Throwable e) {
            failures.add(e);
        }
    }

    private void post(URI url, long chat, long second) throws InterruptedException {
        String id = Integer.toString(url.getPort());
        HttpRequest request = HttpRequest.newBuilder(url)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .timeout(Duration.ofSeconds(30))
                .POST(HttpRequest.BodyPublishers.ofString(
                        Bodies.finish(chat, "ts", Long.toString(second), "event_handler_id", id)))
                .build();
        try {
            if (http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
                acknowledged.add(chat + "@" + second);
            }
        } catch (IOException e) {
            // The node was stopped a moment ago: not acknowledged here.
            LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
        }
    }

    private void awaitAcknowledged(int more) {
        int enough = acknowledged.size() + more;
        Await.until(() -> acknowledged.size() >= enough);
    }
}
