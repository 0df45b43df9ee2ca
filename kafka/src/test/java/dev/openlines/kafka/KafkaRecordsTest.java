// SPDX-License-Identifier: Apache-2.0
package dev.openlines.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.Backlog;
import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Portals;
import dev.openlines.receiver.RawDelivery;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.RetryPolicy;
import dev.openlines.receiver.Telemetry;
import dev.openlines.tck.InstallationContract;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.KafkaBroker;
import dev.openlines.testkit.Traces;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.yaml.snakeyaml.Yaml;

/** Every byte that receivers and workers leave in Kafka, against what must not be there and what is documented. */
@Timeout(300)
class KafkaRecordsTest {

    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String OTHER_MEMBER = "b223c6b3710f85df22e9377d6c4f7553";

    private static final Map<String, String> SECRETS = Map.of(
            "application token", Bodies.TOKEN,
            "another application token", "canary-application-c3b2a19081",
            "access token", Bodies.ACCESS_TOKEN,
            "refresh token", Bodies.REFRESH_TOKEN,
            "client secret", "canary-secret-5b6d7f8091");

    private static KafkaTopics topics;
    private static KafkaInbox inbox;

    /** The records by topic, also the broker's own topics. */
    private static final Map<String, List<ConsumerRecord<byte[], byte[]>>> RECORDS = new TreeMap<>();

    @BeforeAll
    static void receiveAndHandle() throws Exception {
        topics = KafkaTopics.of(KafkaBroker.newTopics(2));
        inbox = KafkaInbox.open(topics);
        Portals portals = inbox.portals()
                .trust(OTHER_MEMBER, Secret.of(SECRETS.get("another application token")))
                .verifiedBy(InstallationContract.YES);
        Receiver receiver =
                new Receiver(inbox, portals, Limits.DEFAULT, InstantSource.system(), () -> {}, Telemetry.none());
        send(receiver, FORM, ofNoChat(1, "event", "ONAPPINSTALL"));
        send(receiver, FORM, withSecrets(1));
        send(receiver, FORM, withSecrets(2));
        send(receiver, FORM, ofNoChat(3, "event", "ONCRMDEALADD"));
        send(receiver, FORM, ofNoChat(4, "event", "ONAPPUPDATE"));
        send(receiver, FORM, ofNoChat(5, "event", "ONAPPMETHODCONFIRM", "data[TOKEN]", Bodies.ACCESS_TOKEN));
        send(receiver, "application/json", json());
        String other = SECRETS.get("another application token");
        send(
                receiver,
                FORM,
                withSecrets(
                        7,
                        "event",
                        "ONAPPUNINSTALL",
                        "auth[member_id]",
                        OTHER_MEMBER,
                        "auth[application_token]",
                        other));
        inbox.await(inbox.append(new ProducerRecord<>(topics.events(), 0, "k", new byte[] {'x'})));

        send(receiver, FORM, withSecrets(1, "more", "a conflict"));

        // The event of chat 2 fails, becomes a dead letter, is requeued, fails again and becomes a dead letter again.
        AtomicInteger times = new AtomicInteger();
        Handlers handlers = Handlers.on(OnSessionFinish.class, (finish, context) -> {
                    int time = finish.chats().get(0).chatId() == 2 ? times.incrementAndGet() : 0;
                    if (time == 2 || time == 4) {
                        throw context.deadLetter("no");
                    }
                    if (time == 1 || time == 3) {
                        throw new IllegalStateException("away");
                    }
                })
                .otherwise((event, context) -> {});
        DispatchPolicy policy = DispatchPolicy.DEFAULT.withRetry(
                RetryPolicy.DEFAULT.withWaits(Duration.ofMillis(20), Duration.ofMillis(40)));
        try (KafkaDispatcher worker =
                new KafkaDispatcher(inbox, handlers, policy, InstantSource.system(), Telemetry.none())) {
            worker.start();
            Await.until(() -> inbox.backlog().dead() == 3);
            for (DeadLetter letter : inbox.deadLetters().list(0, 10)) {
                if (letter.reason().equals("given up: no")) {
                    assertThat(inbox.deadLetters().requeue(letter.id(), Instant.now()))
                            .isTrue();
                }
            }
            Await.until(() -> times.get() == 4 && inbox.backlog().equals(new Backlog(0, 3, null)));
        }
        readAll();
    }

    @AfterAll
    static void close() {
        inbox.close();
    }

    @Test
    void noCredentialIsInAnyByteOfAnyTopic() {
        assertThat(RECORDS)
                .containsKeys(topics.events(), topics.retry(), topics.dead(), topics.portals(), "__consumer_offsets");
        assertThat(RECORDS.get(topics.portals())).hasSizeGreaterThan(1);
        assertThat(RECORDS.get(topics.events())).hasSize(11);
        RECORDS.forEach((topic, records) -> {
            StringBuilder all = new StringBuilder();
            for (ConsumerRecord<byte[], byte[]> record : records) {
                all.append(text(record.key())).append('\n').append(text(record.value()));
                record.headers()
                        .forEach(header -> all.append('\n')
                                .append(header.key())
                                .append('\n')
                                .append(text(header.value())));
            }
            SECRETS.forEach((name, value) -> Traces.assertNone(topic, all.toString(), name, value));
        });
        assertThat(text(RECORDS.get(topics.events()).get(0).value())).contains("member_id");
    }

    @Test
    void everyRecordIsAsTheDocumentSaysAndTheDocumentSaysNothingMore() throws Exception {
        Document document = Document.read();
        assertThat(document.channels().keySet()).containsExactlyInAnyOrder("events", "retry", "dead", "portals");
        document.channels().forEach((name, channel) -> {
            String topic = ((String) channel.get("address")).replace("{prefix}", topics.prefix());
            List<Map<String, Object>> messages = document.messages(channel);
            Map<Object, Set<String>> seen = new LinkedHashMap<>();
            for (ConsumerRecord<byte[], byte[]> record : RECORDS.get(topic)) {
                if (record.value() == null) {
                    assertThat((String) channel.get("description")).contains("record without a value");
                    continue;
                }
                List<String> wrong = new ArrayList<>();
                boolean fits = false;
                for (Map<String, Object> message : messages) {
                    String why = document.misfit(message, record);
                    if (why.isEmpty()) {
                        fits = true;
                        seen.computeIfAbsent(message.get("title"), title -> new TreeSet<>())
                                .addAll(headers(record).keySet());
                    } else {
                        wrong.add(message.get("title") + ": " + why);
                    }
                }
                assertThat(fits).as("%s is as documented: %s", topic, wrong).isTrue();
            }
            for (Map<String, Object> message : messages) {
                assertThat(seen.get(message.get("title")))
                        .as("headers of %s in %s", message.get("title"), topic)
                        .containsExactlyElementsOf(document.headers(message).keySet());
            }
        });
    }

    @Test
    void theKeyOfAnEventIsItsPortalAndChatOrItselfWhereItIsOfNoChat() {
        int ofNoChat = 0;
        for (ConsumerRecord<byte[], byte[]> record : RECORDS.get(topics.events())) {
            Map<String, String> headers = headers(record);
            if (!headers.containsKey("ce_id")) {
                continue;
            }
            boolean chat = headers.containsKey("ce_subject");
            ofNoChat += chat ? 0 : 1;
            String rest = chat ? "/" + headers.get("ce_subject") : "#" + headers.get("ce_id");
            assertThat(text(record.key())).isEqualTo(headers.get("ce_portal") + rest);
            try (JsonReader reader = Json.createReader(new StringReader(text(record.value())))) {
                assertThat(reader.readObject().getString("event")).isEqualTo(headers.get("ce_eventcode"));
            }
        }
        assertThat(ofNoChat).isEqualTo(4);
    }

    @Test
    void theTopicsAreMadeAsTheDocumentSays() throws Exception {
        Document document = Document.read();
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, topics.servers()))) {
            for (Map<String, Object> channel : document.channels().values()) {
                String topic = ((String) channel.get("address")).replace("{prefix}", topics.prefix());
                Map<String, Object> kafka = map(map(channel.get("bindings")).get("kafka"));
                ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
                assertThat(admin.describeConfigs(List.of(resource))
                                .all()
                                .get()
                                .get(resource)
                                .get("cleanup.policy")
                                .value())
                        .as(topic)
                        .isEqualTo(
                                ((List<?>) map(kafka.get("topicConfiguration")).get("cleanup.policy")).get(0));
                assertThat(admin.describeTopics(List.of(topic))
                                .allTopicNames()
                                .get()
                                .get(topic)
                                .partitions())
                        .as(topic)
                        .hasSize((Integer) kafka.getOrDefault("partitions", 2));
            }
        }
        assertThat(document.text()).contains(topics.group().replace(topics.prefix(), "{prefix}"));
    }

    /** The AsyncAPI document, as far as these tests read it. */
    private record Document(String text, Map<String, Object> root) {

        static Document read() throws Exception {
            String text = Files.readString(Path.of("..", "docs", "topics.yaml"));
            return new Document(text, new Yaml().load(text));
        }

        Map<String, Map<String, Object>> channels() {
            Map<String, Map<String, Object>> channels = new LinkedHashMap<>();
            map(root.get("channels")).forEach((name, channel) -> channels.put(name, map(channel)));
            return channels;
        }

        List<Map<String, Object>> messages(Map<String, Object> channel) {
            return map(channel.get("messages")).values().stream()
                    .map(this::resolved)
                    .toList();
        }

        /** Returns the schema of each header. */
        Map<String, Map<String, Object>> headers(Map<String, Object> message) {
            Map<String, Map<String, Object>> headers = new TreeMap<>();
            for (Map<String, Object> part : parts(message.get("headers"))) {
                map(part.get("properties")).forEach((name, schema) -> headers.put(name, resolved(schema)));
            }
            return headers;
        }

        /** Says in what a record is not as a message is described, or nothing. */
        String misfit(Map<String, Object> message, ConsumerRecord<byte[], byte[]> record) {
            Map<String, Map<String, Object>> described = headers(message);
            Map<String, String> found = KafkaRecordsTest.headers(record);
            List<String> wrong = new ArrayList<>();
            for (Map<String, Object> part : parts(message.get("headers"))) {
                for (Object required : (List<?>) part.getOrDefault("required", List.of())) {
                    if (!found.containsKey(required)) {
                        wrong.add("no " + required);
                    }
                }
            }
            found.forEach((name, value) -> {
                if (!described.containsKey(name) || !fits(described.get(name), value)) {
                    wrong.add(name + "=" + value);
                }
            });
            Map<String, Object> kafka = map(map(message.get("bindings")).get("kafka"));
            if (!fits(resolved(kafka.get("key")), KafkaRecordsTest.text(record.key()))) {
                wrong.add("key " + KafkaRecordsTest.text(record.key()));
            }
            Map<String, Object> payload = resolved(message.get("payload"));
            if ("object".equals(payload.get("type"))) {
                try (JsonReader reader = Json.createReader(new StringReader(KafkaRecordsTest.text(record.value())))) {
                    Set<String> names = reader.readObject().keySet();
                    if (payload.containsKey("properties")
                            && !names.equals(map(payload.get("properties")).keySet())) {
                        wrong.add("payload of " + names);
                    }
                } catch (JsonException e) {
                    wrong.add("no JSON object");
                }
            }
            return String.join(", ", wrong);
        }

        private static boolean fits(Map<String, Object> schema, String value) {
            if (schema.containsKey("const") && !schema.get("const").equals(value)) {
                return false;
            }
            if (schema.containsKey("pattern")
                    && !Pattern.compile((String) schema.get("pattern"), Pattern.DOTALL)
                            .matcher(value)
                            .find()) {
                return false;
            }
            return !"date-time".equals(schema.get("format"))
                    || OffsetDateTime.parse(value).getYear() > 2024;
        }

        private List<Map<String, Object>> parts(Object schema) {
            List<Map<String, Object>> parts = new ArrayList<>();
            Map<String, Object> resolved = resolved(schema);
            parts.add(resolved);
            for (Object part : (List<?>) resolved.getOrDefault("allOf", List.of())) {
                parts.addAll(parts(part));
            }
            return parts;
        }

        private Map<String, Object> resolved(Object part) {
            Map<String, Object> resolved = map(part);
            if (resolved.get("$ref") instanceof String reference) {
                Map<String, Object> found = root;
                for (String name : reference.substring("#/".length()).split("/", -1)) {
                    found = map(found.get(name));
                }
                assertThat(found).as(reference).isNotEmpty();
                return found;
            }
            return resolved;
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return value == null ? Map.of() : (Map<String, Object>) value;
    }

    /** Returns the same event without the chat, which every other body names. */
    private static String ofNoChat(long number, String... namesAndValues) {
        return withSecrets(number, namesAndValues).replaceAll("data%5BDATA%5D[^&]*&", "");
    }

    /** Returns an event with secrets in every field that has ever had one. */
    private static String withSecrets(long chat, String... namesAndValues) {
        List<String> all = new ArrayList<>(List.of(
                "auth[client_secret]",
                SECRETS.get("client secret"),
                "client_secret",
                SECRETS.get("client secret"),
                "AUTH_ID",
                Bodies.ACCESS_TOKEN,
                "REFRESH_ID",
                Bodies.REFRESH_TOKEN,
                "data[DATA][user][access_token]",
                Bodies.ACCESS_TOKEN,
                "data[auth][REFRESH_TOKEN]",
                Bodies.REFRESH_TOKEN,
                "data[auth][application_token]",
                Bodies.TOKEN,
                "data[DATA][a][b][c][Client_Secret]",
                SECRETS.get("client secret")));
        all.addAll(List.of(namesAndValues));
        return Bodies.finish(chat, all.toArray(String[]::new));
    }

    private static String json() {
        String tokens = "\"access_token\":\"" + Bodies.ACCESS_TOKEN + "\",\"refresh_token\":\"" + Bodies.REFRESH_TOKEN
                + "\",\"application_token\":\"" + Bodies.TOKEN + "\",\"client_secret\":\""
                + SECRETS.get("client secret") + "\"";
        return "{\"event\":\"ONSESSIONFINISH\",\"ts\":\"1760000006\",\"data\":{\"DATA\":{\"connector\":{"
                + "\"connector_id\":\"livechat\",\"line_id\":\"1\",\"chat_id\":\"6\",\"user_id\":\"10\"},"
                + "\"chat\":{\"chat_id\":\"6\"},\"line\":{\"id\":\"1\",\"name\":\"x\"}},\"more\":[{" + tokens + "}]},"
                + "\"auth\":{\"member_id\":\"" + Bodies.MEMBER + "\"," + tokens + "}}";
    }

    private static void send(Receiver receiver, String contentType, String body) {
        assertThat(receiver.receive(new RawDelivery("POST", contentType, body.getBytes(StandardCharsets.UTF_8)))
                        .toCompletableFuture()
                        .join()
                        .status())
                .isEqualTo(200);
    }

    private static void readAll() throws Exception {
        Map<String, Object> properties = Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, topics.servers());
        try (Admin admin = Admin.create(properties);
                KafkaConsumer<byte[], byte[]> consumer =
                        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<String> names = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get().stream()
                    .filter(name -> name.startsWith(topics.prefix() + ".") || name.startsWith("__"))
                    .toList();
            List<TopicPartition> partitions = new ArrayList<>();
            admin.describeTopics(names)
                    .allTopicNames()
                    .get()
                    .forEach((name, topic) -> topic.partitions()
                            .forEach(partition -> partitions.add(new TopicPartition(name, partition.partition()))));
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Await.until(() -> {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    RECORDS.computeIfAbsent(record.topic(), topic -> new ArrayList<>())
                            .add(record);
                }
                return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
            });
        }
    }

    private static Map<String, String> headers(ConsumerRecord<byte[], byte[]> record) {
        Map<String, String> headers = new TreeMap<>();
        for (Header header : record.headers()) {
            headers.put(header.key(), text(header.value()));
        }
        return headers;
    }

    private static String text(byte[] bytes) {
        return bytes == null ? "" : new String(bytes, StandardCharsets.UTF_8);
    }
}
