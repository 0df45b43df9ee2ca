// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.AppStatus;
import dev.openlines.model.ConnectorCode;
import dev.openlines.model.Event;
import dev.openlines.model.EventAuth;
import dev.openlines.model.EventHeader;
import dev.openlines.model.OnAppInstall;
import dev.openlines.model.OnAppMethodConfirm;
import dev.openlines.model.OnAppPayment;
import dev.openlines.model.OnAppTest;
import dev.openlines.model.OnAppUninstall;
import dev.openlines.model.OnAppUpdate;
import dev.openlines.model.OnImConnectorDialogFinish;
import dev.openlines.model.OnOpenLineMessageAdd;
import dev.openlines.model.OnOpenLineMessageDelete;
import dev.openlines.model.OnOpenLineMessageUpdate;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OnSessionStart;
import dev.openlines.model.OpenLineChat;
import dev.openlines.model.OpenLineMessage;
import dev.openlines.model.Scope;
import dev.openlines.model.Secret;
import dev.openlines.model.UnknownEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

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

    Event next() {
        return switch (random.nextInt(13)) {
            case 0 -> new OnSessionFinish(header(OnSessionFinish.CODE), listOf(this::chat));
            case 1 -> new OnSessionStart(header(OnSessionStart.CODE), listOf(this::chat));
            case 2 ->
                new OnImConnectorDialogFinish(
                        header(OnImConnectorDialogFinish.CODE),
                        maybe(this::connector),
                        maybe(this::id),
                        listOf(this::dialog));
            case 3 ->
                new OnAppInstall(
                        header(OnAppInstall.CODE),
                        maybe(this::text),
                        maybe(random::nextBoolean),
                        maybe(random::nextBoolean),
                        maybe(this::text));
            case 4 ->
                new OnAppUpdate(header(OnAppUpdate.CODE), maybe(this::text), maybe(this::text), maybe(this::text));
            case 5 -> new OnAppUninstall(header(OnAppUninstall.CODE), maybe(random::nextBoolean), maybe(this::text));
            case 6 -> new OnAppTest(header(OnAppTest.CODE), maybe(() -> payload(3)), maybe(this::text));
            case 7 ->
                new OnOpenLineMessageAdd(
                        header(OnOpenLineMessageAdd.CODE),
                        maybe(this::connector),
                        maybe(this::id),
                        listOf(this::message));
            case 8 ->
                new OnOpenLineMessageUpdate(
                        header(OnOpenLineMessageUpdate.CODE),
                        maybe(this::connector),
                        maybe(this::id),
                        listOf(this::message));
            case 9 ->
                new OnOpenLineMessageDelete(
                        header(OnOpenLineMessageDelete.CODE),
                        maybe(this::connector),
                        maybe(this::id),
                        listOf(this::message));
            case 10 ->
                new OnAppPayment(
                        header(OnAppPayment.CODE),
                        maybe(this::text),
                        maybe(this::text),
                        maybe(() -> new AppStatus(pick("D", "P", "S", "", "новый"))),
                        maybe(random::nextBoolean),
                        maybe(() -> (long) random.nextInt(Integer.MAX_VALUE)),
                        maybe(this::text));
            case 11 ->
                new OnAppMethodConfirm(
                        header(OnAppMethodConfirm.CODE),
                        maybe(() -> Secret.of(text())),
                        maybe(this::text),
                        maybe(random::nextBoolean),
                        maybe(this::text));
            default ->
                new UnknownEvent(
                        header(pick("", "ONOPENLINEMESSAGE", "ONIMBOTMESSAGEADD", "ÄÖ ТЕСТ", "1")),
                        maybe(() -> payload(4)));
        };
    }

    /** An event with chats, whose fields stand in blocks. */
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

    private OnImConnectorDialogFinish.Dialog dialog() {
        return new OnImConnectorDialogFinish.Dialog(
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
                        maybe(() -> payload(1)),
                        maybe(() -> payload(1)),
                        maybe(() -> payload(1)),
                        maybe(random::nextBoolean)),
                maybe(() -> payload(1)),
                maybe(() -> payload(1)),
                maybe(random::nextBoolean));
    }

    /** A value without empty containers, whose maps are not lists to PHP. */
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
