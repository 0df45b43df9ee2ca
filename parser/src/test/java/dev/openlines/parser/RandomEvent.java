// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.AppStatus;
import dev.openlines.model.ConnectorCode;
import dev.openlines.model.ConnectorDialog;
import dev.openlines.model.Event;
import dev.openlines.model.EventAuth;
import dev.openlines.model.EventHeader;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OnSessionStart;
import dev.openlines.model.OpenLineChat;
import dev.openlines.model.OpenLineMessage;
import dev.openlines.model.Scope;
import dev.openlines.model.Secret;
import dev.openlines.model.UnknownEvent;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Any event that a body can carry: every field there or not, texts of every kind, ids up to the largest. */
final class RandomEvent {

    private static final String[] TEXTS = {
        "",
        "a",
        "Поддержка",
        "line & co = 100 % <b>",
        "😀",
        "\u0000",
        "\r\n\t",
        "\"\\/",
        "a+b c",
        "[x]",
        "é",
        "\uffff",
        "0",
        "12",
        "-1",
        "true",
        "null",
        "undefined",
        "&#39;",
        " ",
        "x".repeat(300),
        "\u2028"
    };

    private static final String[] KEYS = {
        "ID", "a b", "a.b", "[", "a[b", "&", "=", "ключ", "01", "-", "x", "FIELDS_BEFORE", "\"", "+", "%41"
    };

    private final Random random;

    RandomEvent(long seed) {
        random = new Random(seed);
    }

    /** Returns any event with a type of its own, or one without. */
    Event next() {
        int which = random.nextInt(EventTypes.all().size() + 1);
        return which == 0
                ? new UnknownEvent(
                        header(pick("", "ONOPENLINEMESSAGE", "ONIMBOTMESSAGEADD", "ÄÖ ТЕСТ", "1")),
                        maybe(() -> payload(4)))
                : of(EventTypes.all().get(which - 1));
    }

    /** Makes an event by the components of its record: an event that is new needs nothing here. */
    private Event of(EventType<?> type) {
        RecordComponent[] components = type.type.getRecordComponents();
        Object[] values = new Object[components.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = i == 0 ? header(type.code) : value(components[i]);
        }
        Class<?>[] types = Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            return type.type.getDeclaredConstructor(types).newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(type.code, e);
        }
    }

    private Object value(RecordComponent component) {
        if (component.getType() == List.class) {
            return listOf(maker(((ParameterizedType) component.getGenericType()).getActualTypeArguments()[0]));
        }
        if (component.getName().equals("days")) {
            return maybe(() -> (long) random.nextInt(Integer.MAX_VALUE));
        }
        Supplier<?> maker = maker(component.getType());
        return component.getType().isPrimitive() ? maker.get() : maybe(maker);
    }

    private Supplier<?> maker(Type type) {
        Map<Type, Supplier<?>> makers = Map.ofEntries(
                Map.entry(String.class, this::text),
                Map.entry(Long.class, this::id),
                Map.entry(long.class, this::id),
                Map.entry(Boolean.class, random::nextBoolean),
                Map.entry(Secret.class, this::secret),
                Map.entry(Object.class, () -> payload(3)),
                Map.entry(AppStatus.class, () -> new AppStatus(pick("D", "P", "S", "", "новый"))),
                Map.entry(ConnectorCode.class, this::connector),
                Map.entry(OpenLineChat.class, this::chat),
                Map.entry(OpenLineMessage.class, this::message),
                Map.entry(ConnectorDialog.class, this::dialog));
        return Objects.requireNonNull(makers.get(type), type::getTypeName);
    }

    /** Returns an event with chats, whose fields stand in blocks. */
    Event nextOfChats() {
        return random.nextBoolean()
                ? new OnSessionFinish(header(OnSessionFinish.CODE), listOf(this::chat))
                : new OnSessionStart(header(OnSessionStart.CODE), listOf(this::chat));
    }

    private EventHeader header(String code) {
        return new EventHeader(
                code, maybe(this::id), maybe(this::second), random.nextInt(5) == 0 ? EventAuth.none() : auth());
    }

    private EventAuth auth() {
        return new EventAuth(
                maybe(this::secret),
                maybe(this::second),
                maybe(() -> Duration.ofSeconds(random.nextInt(Integer.MAX_VALUE))),
                random.nextBoolean() ? List.of() : listOf(() -> new Scope(pick("imopenlines", "im", "crm", "ü"))),
                maybe(this::text),
                maybe(this::text),
                maybe(() -> new AppStatus(pick("L", "F", "P", "S", "", "новый"))),
                maybe(this::text),
                maybe(this::text),
                maybe(this::id),
                maybe(this::secret),
                maybe(this::secret));
    }

    private OpenLineChat chat() {
        Long chatId = maybe(this::id);
        Long other = random.nextBoolean() && chatId != null ? chatId : id();
        return new OpenLineChat(
                new OpenLineChat.Connector(maybe(this::connector), maybe(this::id), chatId, maybe(this::id)),
                chatId == null || random.nextBoolean() ? new OpenLineChat.Chat(other) : null,
                random.nextBoolean() ? line() : null,
                random.nextInt(4) == 0 ? session() : null,
                random.nextInt(4) == 0 ? new OpenLineChat.User(id()) : null);
    }

    private OpenLineChat.Line line() {
        Long id = maybe(this::id);
        return new OpenLineChat.Line(id, id == null ? text() : maybe(this::text));
    }

    private OpenLineChat.Session session() {
        return new OpenLineChat.Session(id(), maybe(random::nextBoolean), maybe(this::id), maybe(this::id));
    }

    private ConnectorDialog dialog() {
        return new ConnectorDialog(
                maybe(this::connector),
                maybe(this::id),
                text(),
                maybe(this::text),
                random.nextBoolean() ? session() : null);
    }

    private OpenLineMessage message() {
        return new OpenLineMessage(
                maybe(() -> new OpenLineMessage.Connector(
                        connector(), maybe(this::id), maybe(this::text), maybe(this::text))),
                maybe(() -> new OpenLineMessage.Im(maybe(this::id), id())),
                maybe(this::text),
                new OpenLineMessage.Content(
                        random.nextInt(3) == 0 ? List.of("a", "0", "б") : List.of(pick("17", "tg-1", " ", "ü")),
                        maybe(this::id),
                        maybe(this::text),
                        maybe(this::text),
                        maybe(this::text),
                        random.nextBoolean() ? List.of() : listOf(this::file),
                        maybe(() -> payload(1)),
                        maybe(() -> payload(1)),
                        maybe(random::nextBoolean)),
                maybe(() -> payload(1)),
                maybe(() -> payload(1)),
                maybe(random::nextBoolean));
    }

    private OpenLineMessage.File file() {
        if (random.nextInt(3) == 0) {
            return new OpenLineMessage.File(id(), null, null, null, null, null, null, null, null);
        }
        return new OpenLineMessage.File(
                maybe(this::id),
                text(),
                maybe(this::text),
                maybe(this::text),
                maybe(this::text),
                maybe(this::text),
                maybe(this::id),
                maybe(this::id),
                maybe(this::id));
    }

    /** Returns a value without empty containers, whose maps are not lists to PHP. */
    private Object payload(int depth) {
        int kind = depth == 0 ? 0 : random.nextInt(3);
        if (kind == 1) {
            return listOf(() -> payload(depth - 1));
        }
        if (kind == 2) {
            Map<String, Object> map = new LinkedHashMap<>();
            for (int i = 1 + random.nextInt(4); i > 0; i--) {
                map.put(pick(KEYS), payload(depth - 1));
            }
            return map;
        }
        return text();
    }

    private Secret secret() {
        return Secret.of(text());
    }

    private ConnectorCode connector() {
        return new ConnectorCode(pick("livechat", "telegrambot", "", "свой"));
    }

    private Long id() {
        return switch (random.nextInt(4)) {
            case 0 -> 0L;
            case 1 -> Long.MAX_VALUE;
            default -> (long) random.nextInt(5000);
        };
    }

    private Instant second() {
        return Instant.ofEpochSecond(random.nextBoolean() ? 1_760_000_000L : random.nextInt(Integer.MAX_VALUE));
    }

    private String text() {
        return pick(TEXTS);
    }

    private <T> List<T> listOf(Supplier<T> element) {
        List<T> list = new ArrayList<>();
        for (int i = random.nextInt(3) == 0 ? 2 + random.nextInt(19) : 1; i > 0; i--) {
            list.add(element.get());
        }
        return list;
    }

    private <T> T maybe(Supplier<T> value) {
        return random.nextInt(4) == 0 ? null : value.get();
    }

    private String pick(String... from) {
        return from[random.nextInt(from.length)];
    }
}
