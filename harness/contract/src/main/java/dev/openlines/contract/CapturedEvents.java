// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventCapture;
import dev.openlines.parser.Limits;
import dev.openlines.parser.PhpForm;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonStructure;
import jakarta.json.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A fresh event in the shape of a capture, with the portal, the chats and the line of the run: 026. */
final class CapturedEvents {

    /** The most captures, more than a receiver stores. Each has chats of its own. */
    private static final int MOST = 1_000;

    private static final Limits CAPTURED = new Limits(4 << 20, 1_000_000, 64, 1 << 20, 1 << 20);

    /** The beginning of the codes of events that change the trusted portals. */
    private static final String OF_APPLICATION = "ONAPP";

    /** A chat of the event, with the line and the connector that its effect must have. */
    private static final class Closed {
        @Nullable
        String chat;

        @Nullable
        String line;

        @Nullable
        String connector;
    }

    private final CaseRun run;
    private final List<Closed> chats = new ArrayList<>();
    private Closed current = new Closed();
    private boolean lacksChat;

    private CapturedEvents(CaseRun run) {
        this.run = run;
    }

    @Case(
            id = 26,
            level = MUST,
            needs = {H, E},
            declared = Declaration.CAPTURES,
            sends = "an event in the shape of each capture: its fields in their order, with new ids, the run's tokens"
                    + " and time",
            requires = "acknowledge each, have one effect of each closed chat and none of other events",
            source = "captures that a receiver has kept of a portal's requests")
    static void all(CaseRun run) {
        List<EventCapture> captures = run.settings().captures;
        if (captures.isEmpty()) {
            run.notObserved("captures of a portal's events: --captures takes them");
            return;
        }
        int left = 0;
        for (int i = 0; i < captures.size(); i++) {
            EventCapture capture = captures.get(i);
            if (capture.event().startsWith(OF_APPLICATION)) {
                left++;
            } else {
                new CapturedEvents(run).send(capture, capture.event() + " in the shape of capture " + (i + 1));
            }
        }
        if (left > 0) {
            run.note(left + (left == 1 ? " capture" : " captures") + " of the application's own events not sent: 016 to"
                    + " 019 send such events, which change whom the handler trusts");
        }
        run.alive();
    }

    /** Reads captures, and expects one of the event that the contract is about. */
    static List<EventCapture> read(Path path) {
        List<EventCapture> captures = EventCapture.read(path);
        if (captures.stream().noneMatch(CapturedEvents::isFinish)) {
            throw new IllegalArgumentException("expected a capture of " + OnSessionFinish.CODE + " in " + path);
        }
        if (captures.size() > MOST) {
            throw new IllegalArgumentException(
                    "expected at most " + MOST + " captures in " + path + " but found " + captures.size());
        }
        return captures;
    }

    private static boolean isFinish(EventCapture capture) {
        return capture.event().equals(OnSessionFinish.CODE);
    }

    private void send(EventCapture capture, String what) {
        JsonObject event =
                event(Envelope.parse(capture.body(), capture.format(), CAPTURED).raw());
        if (!isProven(event)) {
            run.notObserved(what + ": the capture has no member id and application token in known fields");
            return;
        }
        if (isFinish(capture) && (chats.isEmpty() || lacksChat)) {
            run.notObserved(what + ": the capture has no chat in a known field");
            return;
        }
        boolean form = capture.format() == BodyFormat.FORM;
        Request request =
                run.request(form ? PhpForm.encode(event) : event.toString().getBytes(UTF_8));
        Reply reply = sent(form ? request : request.header("Content-Type", "application/json"));
        run.acked(reply, what);
        for (Closed closed : chats) {
            String chat = String.valueOf(closed.chat);
            if (isFinish(capture)) {
                run.expect(new Expectation(chat, run.identity().memberId(), 1, 1, what)
                        .with(closed.line, closed.connector));
            } else {
                run.noEffect(chat, what);
            }
        }
    }

    private Reply sent(Request request) {
        int number = run.exchanges().reserve(1);
        try (Connection connection = run.open()) {
            Reply reply = run.seen(connection.write(request.bytes()).read(run.patience()), number);
            run.exchanges()
                    .names(
                            chats.stream()
                                    .map(closed -> String.valueOf(closed.chat))
                                    .toList(),
                            reply,
                            number);
            return reply;
        }
    }

    private boolean isProven(JsonObject event) {
        return event.get("auth") instanceof JsonObject auth
                && auth.getString("member_id", "").equals(run.identity().memberId())
                && auth.getString("application_token", "")
                        .equals(run.identity().proof().reveal());
    }

    private JsonObject event(JsonObject shape) {
        JsonObjectBuilder out = EventBodies.object();
        shape.forEach((name, like) -> out.add(
                name,
                switch (name) {
                    case "ts" -> as(like, Long.toString(run.now()));
                    case "event_handler_id", "eventId", "event_id" -> as(like, "12");
                    case "data" -> filled("", like);
                    case "auth" -> like instanceof JsonObject block ? auth(block) : like;
                    default -> like;
                }));
        return out.build();
    }

    private JsonObject auth(JsonObject block) {
        Identity of = run.identity();
        JsonObjectBuilder out = EventBodies.object();
        block.forEach((name, like) -> out.add(
                name,
                switch (name) {
                    case "access_token" -> as(like, run.token());
                    case "refresh_token" -> as(like, run.refreshToken());
                    case "expires" -> as(like, Long.toString(run.now() + 3600));
                    case "domain" -> as(like, of.domain());
                    case "server_endpoint" -> as(like, of.serverEndpoint());
                    case "client_endpoint" -> as(like, of.clientEndpoint());
                    case "member_id" -> as(like, of.memberId());
                    case "user_id" -> as(like, "1");
                    case "application_token" -> as(like, of.proof().reveal());
                    default -> like;
                }));
        return out.build();
    }

    /** Fills the contents of a field of the event's data. Each element of a list has a chat of its own. */
    private JsonValue filled(String field, JsonValue shape) {
        if (shape instanceof JsonArray list) {
            JsonArrayBuilder out = PhpJson.PROVIDER.createArrayBuilder();
            list.forEach(item -> out.add(element(field, item)));
            return out.build();
        }
        if (!(shape instanceof JsonObject object)) {
            return shape;
        }
        JsonObjectBuilder out = EventBodies.object();
        object.forEach((name, like) -> {
            if (!(like instanceof JsonStructure)) {
                out.add(name, value(field, name, like));
            } else if (name.matches("[0-9]+")) {
                out.add(name, element(field, like));
            } else {
                // An old shape has the line under the name of a user.
                boolean line = name.equals("user")
                        && like instanceof JsonObject user
                        && user.containsKey("name")
                        && !object.containsKey("line");
                out.add(name, filled(line ? "user as line" : name, like));
            }
        });
        return out.build();
    }

    private JsonValue element(String field, JsonValue shape) {
        Closed around = current;
        current = new Closed();
        JsonValue filled = filled(field, shape);
        lacksChat |= field.equals("DATA") && current.chat == null;
        current = around;
        return filled;
    }

    private JsonValue value(String field, String name, JsonValue like) {
        return switch (field + "." + name) {
            case "connector.chat_id", "chat.chat_id", "chat.id", "im.chat_id" ->
                isEmpty(like) ? like : as(like, chat());
            case "connector.line_id", "line.id", "line.line_id" -> {
                current.line = isEmpty(like) ? current.line : Events.LINE;
                yield as(like, Events.LINE);
            }
            case "connector.connector_id" -> {
                current.connector = isEmpty(like) ? "" : Events.CONNECTOR;
                yield as(like, Events.CONNECTOR);
            }
            case ".CONNECTOR" -> as(like, Events.CONNECTOR);
            case ".LINE", "user as line.id" -> as(like, Events.LINE);
            case "line.name", "user as line.name" -> as(like, Events.LINE_NAME);
            case "connector.user_id", "user.id", "user.user_id" -> as(like, Events.VISITOR);
            default -> like;
        };
    }

    private String chat() {
        String chat = current.chat;
        if (chat == null) {
            chat = run.chat();
            current.chat = chat;
            chats.add(current);
        }
        return chat;
    }

    /** Returns a value as a number or a text, as it was captured. Other values, 0 and empty texts stay. */
    private static JsonValue as(JsonValue like, String value) {
        if (isEmpty(like)) {
            return like;
        }
        return like instanceof JsonNumber && value.matches("[0-9]{1,18}")
                ? PhpJson.PROVIDER.createValue(Long.parseLong(value))
                : PhpJson.PROVIDER.createValue(value);
    }

    private static boolean isEmpty(JsonValue like) {
        return like instanceof JsonString text
                ? text.getString().isEmpty() || text.getString().equals("0")
                : !(like instanceof JsonNumber number) || number.toString().equals("0");
    }
}
