// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import dev.openlines.receiver.Portals;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.TrustChange;
import dev.openlines.receiver.TrustLog;
import dev.openlines.receiver.spi.LastResort;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonReader;
import jakarta.json.JsonString;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The trusted portals, in a compacted topic of one partition that every receiver keeps in memory. For each portal and
 * each digest of a token, the topic has the end of the token's validity and the events that ended it. One thread reads
 * and writes.
 */
final class KafkaPortals implements AutoCloseable {

    /** The longest time that the sender of an event waits for a reading of the trusted portals. */
    private static final Duration LIMIT = Duration.ofSeconds(4);

    /**
     * The time limit at the start, when the whole topic is read. {@link TopicReader} gives up earlier if nothing comes.
     */
    private static final Duration START = Duration.ofMinutes(10);

    private final KafkaInbox inbox;
    private final TopicPartition partition;
    private final TopicReader reader;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(task -> LastResort.thread(task, "openlines-portals"));
    private final Map<String, Map<String, Token>> tokens = new HashMap<>();
    private long position;

    /** A token's end, or null if it has none, and the keys of the uninstallations that ended it. */
    private record Token(@Nullable Long until, List<String> endedBy) {}

    KafkaPortals(KafkaInbox inbox, KafkaTopics topics) {
        this.inbox = inbox;
        this.partition = new TopicPartition(topics.portals(), 0);
        this.reader = new TopicReader(topics);
    }

    /** Returns portals that follow the topic. */
    Portals portals() {
        AtomicLong limit = new AtomicLong(START.toMillis());
        TrustLog log = new TrustLog(after -> onThread(() -> since(after), Duration.ofMillis(limit.get())), true);
        Portals portals = new Portals(log);
        inbox.await(log.refresh(portals::apply));
        limit.set(LIMIT.toMillis());
        return portals;
    }

    /**
     * Writes a change.
     *
     * @return completes with false if an event of this key has ended these tokens before
     */
    CompletableFuture<Boolean> write(TrustChange change, String idempotencyKey) {
        return onThread(() -> records(change, idempotencyKey), LIMIT).thenCompose(records -> {
            CompletableFuture<?>[] writes = records.stream().map(inbox::append).toArray(CompletableFuture<?>[]::new);
            return CompletableFuture.allOf(writes).thenApply(ignored -> !records.isEmpty());
        });
    }

    List<TrustLog.Row> rows() {
        return inbox.await(onThread(() -> since(0), START));
    }

    @Override
    public void close() {
        thread.shutdown();
        reader.close();
    }

    /**
     * Runs a task on the only thread. While the cluster cannot be reached, each reading waits for it. A task that has
     * waited in the queue for too long fails, and is not begun any more.
     */
    private <T> CompletableFuture<T> onThread(Supplier<T> work, Duration limit) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        thread.execute(() -> {
            if (answer.isDone()) {
                return;
            }
            try {
                answer.complete(work.get());
            } catch (Throwable e) {
                LastResort.check(e);
                answer.completeExceptionally(e);
            }
        });
        return answer.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).exceptionallyCompose(failure -> {
            boolean late = failure instanceof TimeoutException;
            return CompletableFuture.failedFuture(
                    late ? new StoreException("cannot read " + partition.topic() + " in time", failure) : failure);
        });
    }

    private List<TrustLog.Row> since(long after) {
        List<TrustLog.Row> rows = new ArrayList<>();
        long end = reader.end(partition);
        // Records that this thread has read are read again only by a later call of portals().
        long from = Math.max(after, reader.begin(partition));
        if (from < end) {
            reader.read(partition, from, end, record -> {
                follow(record);
                TrustLog.Row row = row(record);
                if (row != null) {
                    rows.add(row);
                }
            });
        }
        return rows;
    }

    private List<ProducerRecord<String, byte[]>> records(TrustChange change, String idempotencyKey) {
        long end = reader.end(partition);
        if (position < end) {
            reader.read(partition, Math.max(position, reader.begin(partition)), end, this::follow);
        }
        Map<String, Token> known = tokens.getOrDefault(change.memberId(), Map.of());
        boolean uninstalls = change.installed() == null;
        if (uninstalls
                && known.values().stream().anyMatch(token -> token.endedBy().contains(idempotencyKey))) {
            return List.of();
        }
        Map<String, Token> changed = new HashMap<>();
        long until = change.knownUntil().toEpochMilli();
        for (String digest : change.known()) {
            changed.put(digest, new Token(until, List.of()));
        }
        known.forEach((digest, token) -> changed.put(
                digest, new Token(token.until() == null ? until : Math.min(until, token.until()), token.endedBy())));
        if (uninstalls) {
            changed.replaceAll((digest, token) -> new Token(token.until(), plus(token.endedBy(), idempotencyKey)));
        } else {
            String installed = Objects.requireNonNull(change.installed());
            Token before = known.get(installed);
            changed.put(installed, new Token(null, before == null ? List.of() : before.endedBy()));
        }
        List<ProducerRecord<String, byte[]>> records = new ArrayList<>();
        changed.forEach((digest, token) -> records.add(record(change.memberId(), digest, token)));
        return records;
    }

    private ProducerRecord<String, byte[]> record(String memberId, String digest, Token token) {
        JsonArrayBuilder ended = Json.createArrayBuilder();
        token.endedBy().forEach(ended::add);
        JsonObjectBuilder value = Json.createObjectBuilder();
        if (token.until() == null) {
            value.addNull("until");
        } else {
            value.add("until", token.until());
        }
        byte[] json = value.add("endedBy", ended).build().toString().getBytes(StandardCharsets.UTF_8);
        return new ProducerRecord<>(partition.topic(), 0, memberId + '/' + digest, json);
    }

    private void follow(ConsumerRecord<String, byte[]> record) {
        position = Math.max(position, record.offset() + 1);
        TrustLog.Row row = row(record);
        if (row == null) {
            return;
        }
        JsonObject value = json(record.value());
        List<String> endedBy = value.getJsonArray("endedBy").getValuesAs(JsonString.class).stream()
                .map(JsonString::getString)
                .toList();
        Long until = row.until().equals(Instant.MAX)
                ? null
                : Long.valueOf(row.until().toEpochMilli());
        tokens.computeIfAbsent(row.memberId(), memberId -> new HashMap<>())
                .put(row.digest(), new Token(until, endedBy));
    }

    private static TrustLog.@Nullable Row row(ConsumerRecord<String, byte[]> record) {
        int slash = record.key() == null ? -1 : record.key().lastIndexOf('/');
        if (slash < 0 || record.value() == null) {
            return null;
        }
        JsonObject value = json(record.value());
        Instant end = value.isNull("until")
                ? Instant.MAX
                : Instant.ofEpochMilli(value.getJsonNumber("until").longValue());
        return new TrustLog.Row(
                record.key().substring(0, slash), record.key().substring(slash + 1), end, record.offset() + 1);
    }

    private static JsonObject json(byte[] value) {
        try (JsonReader reader = Json.createReader(new StringReader(new String(value, StandardCharsets.UTF_8)))) {
            return reader.readObject();
        }
    }

    private static List<String> plus(List<String> keys, String key) {
        List<String> all = new ArrayList<>(keys);
        all.add(key);
        return all.subList(Math.max(0, all.size() - 10), all.size());
    }
}
