// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.model.Secret;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.Limits;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes the practice handler's decision about a body, in the correct order except for its sin. Thread-safe. */
final class PracticeJudge {

    private static final byte[] NOTHING = new byte[0];
    private static final String ENGINE = "Bitrix24 Webhook Engine";
    private static final Pattern NUMBER = Pattern.compile("\"chat_id\":\"[- ]?([0-9]+)");
    private static final Pattern UNION = Pattern.compile("' UNION SELECT '([^']*)'");
    private static final Pattern ALWAYS = Pattern.compile("' OR ('1'='1|1=1)");
    private static final Pattern DIFFERENCE = Pattern.compile("\"chat_id\":\"([0-9]+)-([0-9]+)\"");
    private static final String TRACE =
            "java.lang.IllegalStateException: no event\n\tat com.example.Hook.receive(Hook.java:17)\n";
    private static final String FRAME = "\tat com.example.Server.next(Server.java:1)\n";

    /** The answer to a request. */
    static final class Answer {

        private final int status;
        private final byte[] body;

        Answer(int status, byte[] body) {
            this.status = status;
            this.body = body;
        }

        static Answer of(int status) {
            return new Answer(status, NOTHING);
        }

        int status() {
            return status;
        }

        byte[] body() {
            return body;
        }
    }

    private final @Nullable Sin sin;
    private final String memberId;
    private final PracticeStore store;
    private final PracticePortal portal;
    private final Consumer<String> log;
    private final Map<String, Secret> proofs = new ConcurrentHashMap<>();
    private final AtomicLong newest = new AtomicLong();

    PracticeJudge(
            @Nullable Sin sin,
            String memberId,
            Secret proof,
            PracticeStore store,
            PracticePortal portal,
            Consumer<String> log) {
        this.sin = sin;
        this.memberId = memberId;
        this.store = store;
        this.portal = portal;
        this.log = log;
        proofs.put(memberId, proof);
    }

    /** Trusts another portal as well. */
    void trust(String member, Secret proof) {
        proofs.put(member, proof);
    }

    /** Decides and acts. */
    Answer received(Asked asked) throws InterruptedException {
        if (sin == Sin.LOGS_REQUESTS) {
            log.accept("request " + new String(asked.body(), StandardCharsets.UTF_8));
        }
        if (sin == Sin.ARRAY_BY_INDEX && asked.text().contains("999999999")) {
            return Answer.of(hugeArray() ? 200 : 500);
        }
        int early = sin == null ? 0 : sin.early(asked);
        if (early != 0) {
            return Answer.of(early);
        }
        BodyFormat format =
                BodyFormat.ofContentType(asked.header("Content-Type")).orElse(null);
        if (sin == Sin.EFFECT_ON_GET && format == null) {
            format = BodyFormat.FORM;
        }
        if (format == null) {
            return Answer.of(415);
        }
        try {
            Limits limits =
                    sin == Sin.UNBOUNDED_BODY ? new Limits(64 << 20, 1_000_000, 16, 256, 64 << 20) : Limits.DEFAULT;
            return received(Envelope.parse(asked.body(), format, limits), asked);
        } catch (DecodeException e) {
            return unreadable(e, asked.body());
        }
    }

    private Answer unreadable(DecodeException e, byte[] body) {
        if (sin == Sin.BREAKS_ON_LIST && String.valueOf(e.getMessage()).contains("application_token")) {
            return Answer.of(500);
        }
        if (sin == Sin.TELLS_TRACES) {
            return new Answer(400, TRACE.getBytes(StandardCharsets.US_ASCII));
        }
        int status = sin == Sin.ACKNOWLEDGES_RUBBISH ? 200 : 400;
        return sin == Sin.ECHOES_BODY ? new Answer(status, body) : Answer.of(status);
    }

    /** Allocates the memory that the input asks for, which is more than the heap has. */
    private static boolean hugeArray() {
        try {
            return new long[999_999_999].length > 0;
        } catch (OutOfMemoryError e) {
            return false;
        }
    }

    private Answer received(Envelope envelope, Asked asked) throws InterruptedException {
        if (sin == Sin.ACTS_BEFORE_CHECK) {
            finish(envelope);
        }
        String member = envelope.memberId().orElse("");
        if (sin == Sin.BELIEVES_UNINSTALLS && envelope.event().equals("ONAPPUNINSTALL")) {
            proofs.remove(member);
        }
        if (sin == Sin.BELIEVES_INSTALLS && envelope.event().equals("ONAPPINSTALL")) {
            envelope.applicationToken().ifPresent(token -> proofs.put(member, token));
        }
        Secret token = envelope.applicationToken().orElse(Secret.of(""));
        if (sin == Sin.STORES_REFUSED) {
            store.keep(asked.body());
        }
        if (!trusted(member, token, asked)) {
            if (sin == Sin.PRINTS_TRACES) {
                log.accept(TRACE + FRAME.repeat(20));
            }
            if (sin == Sin.HANGS_ON_BAD_TOKEN) {
                Thread.sleep(20_000);
            }
            return sin == Sin.ECHOES_BODY ? new Answer(403, asked.body()) : Answer.of(403);
        }
        if (envelope.event().isEmpty()) {
            return Answer.of(400);
        }
        if (sin == Sin.REJECTS_OLD && age(envelope) > 300) {
            return Answer.of(400);
        }
        portal.event(envelope);
        boolean gone = envelope.event().equals("ONAPPUNINSTALL") && sin != Sin.IGNORES_UNINSTALL;
        if (gone || (sin == Sin.FORGETS_ON_INSTALL && envelope.event().equals("ONAPPINSTALL"))) {
            proofs.remove(member);
            return Answer.of(200);
        }
        return finish(envelope);
    }

    private boolean trusted(String member, Secret token, Asked asked) {
        if (sin == Sin.TRUSTS_USER_AGENT && ENGINE.equals(asked.header("User-Agent"))) {
            return true;
        }
        String elsewhere = asked.query() + asked.header("Cookie") + asked.header("Authorization");
        Secret right = proofs.get(member);
        if (sin == Sin.TOKEN_FROM_ANYWHERE && right != null && elsewhere.contains(right.reveal())) {
            return true;
        }
        if (sin == Sin.ANY_TOKEN && !token.reveal().isEmpty()) {
            return true;
        }
        if (sin == Sin.QUERIES_FROM_TEXT && queried(member, token)) {
            return true;
        }
        if (sin == Sin.QUERIES_FROM_TOKEN
                && right != null
                && ALWAYS.matcher(token.reveal()).find()) {
            return true;
        }
        if (sin == Sin.TRUSTS_JSON && asked.header("Content-Type").startsWith("application/json")) {
            return true;
        }
        Secret known = proofs.get(sin == Sin.IGNORES_MEMBER_ID ? memberId : member);
        if (known == null) {
            return false;
        }
        boolean numbers = token.reveal().matches("0+e[0-9]+") && known.reveal().matches("0+e[0-9]+");
        return known.equals(token) || (sin == Sin.LOOSE_COMPARISON && numbers);
    }

    /** Returns the answer of a database to a query that contains the member id. */
    private boolean queried(String member, Secret token) {
        Matcher union = UNION.matcher(member);
        return union.find()
                ? token.reveal().equals(union.group(1))
                : member.contains("' OR '1'='1") && proofs.containsValue(token);
    }

    private static long ts(Envelope envelope) {
        JsonValue ts = envelope.raw().get("ts");
        String text = ts instanceof JsonString string ? string.getString() : "";
        return text.matches("[0-9]{1,10}")
                ? Long.parseLong(text)
                : Instant.now().getEpochSecond();
    }

    private static long age(Envelope envelope) {
        return Instant.now().getEpochSecond() - ts(envelope);
    }

    private Answer finish(Envelope envelope) throws InterruptedException {
        if (!envelope.event().equals(OnSessionFinish.CODE)) {
            return Answer.of(200);
        }
        String member = envelope.memberId().orElse("");
        long ts = ts(envelope);
        if (sin == Sin.NEWEST_ONLY && newest.getAndAccumulate(ts, Math::max) > ts) {
            return Answer.of(200);
        }
        List<String> effects = new ArrayList<>();
        try {
            boolean list = envelope.raw().get("data") instanceof JsonObject data
                    && data.get("DATA") instanceof JsonObject only
                    && !only.containsKey("0");
            if (sin == Sin.FIRST_ELEMENT_ONLY && list) {
                return Answer.of(200);
            }
            Event event = EventDecoder.lenient().decode(envelope).event();
            if (event instanceof OnSessionFinish finish) {
                for (OpenLineChat chat : finish.chats()) {
                    effects.add(line(member, chat, ts));
                    if (sin == Sin.MAKES_EFFECTS_UP) {
                        effects.add(line(member, chat, ts).replaceFirst("\"chat_id\":\"[0-9]+", "\"chat_id\":\"4711"));
                    }
                    if (sin == Sin.LOGS_NAMES) {
                        log.accept("closed on " + chat.lineName());
                    }
                }
            }
        } catch (DecodeException e) {
            String chat = lenientChat(envelope.raw().toString());
            if (chat.isEmpty()) {
                return Answer.of(200);
            }
            effects.add("{\"member_id\":\"" + member + "\",\"chat_id\":\"" + chat + "\"}");
        }
        String key = envelope.idempotencyKey();
        if (sin == Sin.KEY_WITHOUT_TS) {
            key = member + envelope.raw().get("data");
        } else if (sin == Sin.KEY_OF_SECONDS) {
            key = member + ts;
        }
        if (sin == Sin.STORES_TOKENS) {
            store.keep(
                    envelope.applicationToken().map(Secret::reveal).orElse("").getBytes(StandardCharsets.UTF_8));
        }
        boolean taken = store.event(key, effects);
        if (sin == Sin.WORKS_FIRST) {
            store.awaitIdle();
        }
        return Answer.of(taken ? 200 : 503);
    }

    /** Returns the chat that a careless handler reads from an event that is wrong; empty if there is none. */
    private String lenientChat(String raw) {
        Matcher difference = DIFFERENCE.matcher(raw);
        if (sin == Sin.CHATS_FROM_TEXT && difference.find()) {
            return Long.toString(Long.parseLong(difference.group(1)) - Long.parseLong(difference.group(2)));
        }
        Matcher number = NUMBER.matcher(raw);
        return sin == Sin.LENIENT_NUMBERS && number.find() ? number.group(1) : "";
    }

    private String line(String member, OpenLineChat chat, long ts) {
        String id =
                sin == Sin.IDS_AS_FLOATS ? Long.toString((long) (double) chat.chatId()) : Long.toString(chat.chatId());
        var line =
                jakarta.json.Json.createObjectBuilder().add("member_id", member).add("chat_id", id);
        Long lineId = chat.lineId();
        if (lineId != null) {
            line.add("line_id", lineId);
        }
        if (chat.connector().connectorId() != null) {
            String code = chat.connector().connectorId().code();
            // In SQL, two adjacent texts are one.
            line.add("connector_id", sin == Sin.WRITES_FROM_TEXT ? code.replaceAll("'[| ]+'", "") : code);
        }
        String name = chat.lineName();
        if (name != null) {
            line.add(
                    "line_name",
                    sin == Sin.ESCAPES_NAMES ? name.replace("&", "&amp;").replace("<", "&lt;") : name);
        }
        return line.add("at", ts).build().toString();
    }
}
