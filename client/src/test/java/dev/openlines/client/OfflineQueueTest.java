// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.client.FakePortal.Asked;
import dev.openlines.client.OfflineQueue.Drained;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.Limits;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class OfflineQueueTest {

    /** A queue as the platform keeps it: a record belongs to nobody, or to a reservation. */
    private static final class Queue {

        private record Held(int id, String process, boolean error) {}

        private final Map<String, Held> records = new LinkedHashMap<>();
        private int processes;

        synchronized void add(int chat) {
            records.put("%032d".formatted(chat), new Held(chat, "", false));
        }

        synchronized Answered answer(Asked asked) {
            JsonObject json = asked.json();
            return switch (asked.method()) {
                case "event.offline.list" -> Answered.ok("{\"result\":[" + rows(records.keySet()) + "]}");
                case "event.offline.get" -> get(json);
                case "event.offline.clear" -> {
                    ids(json).forEach(records::remove);
                    yield Answered.ok("{\"result\":true}");
                }
                case "event.offline.error" -> {
                    ids(json)
                            .forEach(id -> records.computeIfPresent(
                                    id, (key, held) -> new Held(held.id(), held.process(), true)));
                    yield Answered.ok("{\"result\":true}");
                }
                default -> Answered.error(404, "ERROR_METHOD_NOT_FOUND", "Method not found!");
            };
        }

        private Answered get(JsonObject json) {
            assertThat(json.getInt("clear")).isZero();
            String process = json.getString("process_id", "");
            Set<String> taken = new TreeSet<>();
            for (var entry : records.entrySet()) {
                if (entry.getValue().process().equals(process)
                        && !entry.getValue().error()
                        && taken.size() < 50) {
                    taken.add(entry.getKey());
                }
            }
            if (process.isEmpty() && !taken.isEmpty()) {
                process = "p" + ++processes;
                for (String id : taken) {
                    records.put(id, new Held(records.get(id).id(), process, false));
                }
            }
            String shown = process.isEmpty() ? "null" : "\"" + process + "\"";
            return Answered.ok("{\"result\":{\"process_id\":" + shown + ",\"events\":[" + rows(taken) + "]}}");
        }

        private String rows(Set<String> ids) {
            List<String> rows = new ArrayList<>();
            for (String id : ids) {
                Held held = records.get(id);
                rows.add("{\"ID\":\"" + held.id() + "\",\"TIMESTAMP_X\":\"2026-11-22T19:00:00+02:00\","
                        + "\"EVENT_NAME\":\"ONSESSIONFINISH\",\"EVENT_DATA\":{\"DATA\":{\"connector\":{"
                        + "\"connector_id\":\"livechat\",\"line_id\":\"1\",\"chat_id\":\"" + held.id()
                        + "\",\"user_id\":\"10\"},\"chat\":{\"chat_id\":\"" + held.id()
                        + "\"},\"line\":{\"id\":\"1\",\"name\":\"Support\"}}},\"EVENT_ADDITIONAL\":{\"user_id\":\"1\"},"
                        + "\"MESSAGE_ID\":\"" + id + "\",\"PROCESS_ID\":\"" + held.process() + "\",\"ERROR\":\""
                        + (held.error() ? 1 : 0) + "\"}");
            }
            return String.join(",", rows);
        }

        private static List<String> ids(JsonObject json) {
            assertThat(json.getString("process_id")).isNotEmpty();
            return json.getJsonArray("message_id").getValuesAs(JsonString::getString);
        }
    }

    private final Queue queue = new Queue();

    @Test
    void drainsAllAndClearsOnlyWhatIsStored() {
        for (int chat = 1; chat <= 120; chat++) {
            queue.add(chat);
        }
        try (FakePortal portal = new FakePortal(queue::answer)) {
            List<String> stored = new ArrayList<>();

            Drained drained = on(portal).drain(event -> {
                if (event.messageId().endsWith("7")) {
                    throw new IllegalStateException("disk full");
                }
                assertThat(queue.records).containsKey(event.messageId());
                stored.add(event.messageId());
            });

            assertThat(drained).isEqualTo(new Drained(108, 12));
            assertThat(stored).hasSize(108).doesNotHaveDuplicates();
            assertThat(queue.records)
                    .hasSize(12)
                    .allSatisfy((id, held) -> assertThat(held.error()).isTrue());
            assertThat(on(portal).drain(event -> stored.add(event.messageId()))).isEqualTo(new Drained(0, 0));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void aDrainThatBreaksOffAnywhereLosesAndDoublesNothing(long seed) {
        Random random = new Random(seed);
        for (int chat = 1; chat <= 130; chat++) {
            queue.add(chat);
        }
        int[] callsLeft = {1 + random.nextInt(8)};
        try (FakePortal portal = new FakePortal(asked -> {
            Answered answer = queue.answer(asked);
            // The portal did as it was told, and the answer is lost.
            return callsLeft[0]-- > 0 ? answer : Answered.error(500, "INTERNAL_SERVER_ERROR", "");
        })) {
            Set<String> inbox = new TreeSet<>();
            int storesLeft = random.nextInt(130);
            boolean broken = false;
            try {
                int[] left = {storesLeft};
                on(portal).drain(event -> {
                    if (left[0]-- == 0) {
                        throw new StackOverflowError("killed");
                    }
                    inbox.add(event.messageId());
                });
            } catch (ClientException | StackOverflowError e) {
                broken = true;
            }
            assertThat(broken).as("seed %d", seed).isTrue();

            callsLeft[0] = Integer.MAX_VALUE;
            on(portal).drain(event -> inbox.add(event.messageId()));

            assertThat(inbox).as("seed %d", seed).hasSize(130);
            assertThat(queue.records).as("seed %d", seed).isEmpty();
        }
    }

    @Test
    void aDrainedEventIsTheEventThatWouldHaveBeenPosted() {
        queue.add(17);
        try (FakePortal portal = new FakePortal(queue::answer)) {
            List<OfflineEvent> events = new ArrayList<>();
            on(portal).drain(events::add);

            assertThat(events).singleElement().satisfies(event -> {
                assertThat(event.userId()).isEqualTo(1);
                assertThat(event).hasToString("ONSESSIONFINISH " + "%032d".formatted(17));
                byte[] body = event.toDelivery(Secret.of("canary-application"));
                Envelope envelope = Envelope.parse(body, BodyFormat.JSON, Limits.DEFAULT);
                assertThat(envelope.memberId()).contains(FakeOAuth.MEMBER);
                assertThat(envelope.applicationToken()).contains(Secret.of("canary-application"));
                OnSessionFinish finish = (OnSessionFinish)
                        EventDecoder.lenient().decode(envelope).event();
                assertThat(finish.chats().get(0).chatId()).isEqualTo(17);
                assertThat(finish.header().sentAt()).isEqualTo(event.queuedAt());
            });
        }
    }

    @Test
    void aPortalWithoutThePlanIsSaidAndNothingIsTaken() {
        try (FakePortal portal = new FakePortal(asked -> asked.method().equals("event.offline.list")
                ? Answered.ok("{\"result\":[]}")
                : Answered.error(403, "WRONG_LICENSE", "This feature is not enabled"))) {
            assertThatThrownBy(() -> on(portal).drain(event -> {}))
                    .hasMessage("event.offline.get: HTTP 403 WRONG_LICENSE: This feature is not enabled");
        }
    }

    @Test
    void aQueueOfItsOwnIsNamedInEveryCall() {
        queue.add(1);
        try (FakePortal portal = new FakePortal(queue::answer)) {
            client(portal).offlineQueue("mine").drain(event -> {});

            assertThat(portal.asked)
                    .hasSize(4)
                    .allSatisfy(asked ->
                            assertThat(asked.json().getString("auth_connector")).isEqualTo("mine"));
        }
    }

    private static OfflineQueue on(FakePortal portal) {
        return client(portal).offlineQueue();
    }

    private static PortalClient client(FakePortal portal) {
        TokenStore store = TokenStore.memory();
        store.save(new Grant(
                FakeOAuth.MEMBER,
                portal.rest(),
                portal.rest(),
                Secret.of("canary-access"),
                Secret.of("canary-refresh"),
                java.time.Instant.now().plusSeconds(3600),
                List.of(),
                false,
                0));
        return RestClient.builder()
                .allowLoopback()
                .patience(java.time.Duration.ZERO)
                .rate(1e6, 10_000)
                .application("app.1", FakeOAuth.SECRET, store)
                .build()
                .portal(FakeOAuth.MEMBER);
    }
}
