// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

import dev.openlines.model.Secret;
import dev.openlines.parser.Dialect;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * The HTTP API for whoever runs the simulator: make portals, lines and chats, close chats, read the
 * journals. Answers show secrets, because its user made them; so it answers only requests for a
 * loopback host, takes bodies as {@code application/json} only, and refuses what a page of another
 * origin sends.
 */
final class ControlApi {

    private static final String ROOT = "/control/";

    private final PortalServer server;

    ControlApi(PortalServer server) {
        this.server = server;
    }

    static boolean owns(String target) {
        return target.startsWith(ROOT);
    }

    RestReply answer(String httpMethod, String target, Map<String, String> headers, byte[] body) {
        try {
            refuseStrangers(httpMethod, headers);
            String path = target.substring(ROOT.length()).split("\\?", 2)[0];
            List<String> parts = Arrays.stream(path.split("/"))
                    .filter(part -> !part.isEmpty())
                    .toList();
            return route(httpMethod, parts, read(httpMethod, body));
        } catch (Refusal e) {
            return RestReply.json(
                    e.status,
                    EventBodies.object()
                            .add("error", String.valueOf(e.getMessage()))
                            .build());
        } catch (IllegalArgumentException e) {
            return RestReply.json(
                    400,
                    EventBodies.object()
                            .add("error", String.valueOf(e.getMessage()))
                            .build());
        } catch (IllegalStateException e) {
            return RestReply.json(
                    409,
                    EventBodies.object()
                            .add("error", String.valueOf(e.getMessage()))
                            .build());
        }
    }

    private static final class Refusal extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int status;

        Refusal(int status, String message) {
            super(message, null, false, false);
            this.status = status;
        }
    }

    /** A page somewhere in the web must not drive the simulator through its reader's browser. */
    private static void refuseStrangers(String httpMethod, Map<String, String> headers) {
        String host = headers.getOrDefault("host", "");
        String name = host.startsWith("[") ? host.replaceAll("].*", "]") : host.split(":", 2)[0];
        if (!List.of("127.0.0.1", "localhost", "[::1]").contains(name.toLowerCase(Locale.ROOT))) {
            throw new Refusal(403, "the control API answers on a loopback host name only");
        }
        String origin = headers.getOrDefault("origin", "");
        if (!origin.isEmpty() && !origin.equals("http://" + host)) {
            throw new Refusal(403, "the control API answers pages of its own origin only");
        }
        String type = headers.getOrDefault("content-type", "").split(";", 2)[0].trim();
        if (!httpMethod.equals("GET") && !httpMethod.equals("DELETE") && !type.equalsIgnoreCase("application/json")) {
            throw new Refusal(415, "expected a body of the type application/json");
        }
    }

    private static JsonObject read(String httpMethod, byte[] body) {
        if (body.length == 0 || httpMethod.equals("GET")) {
            return JsonValue.EMPTY_JSON_OBJECT;
        }
        try {
            if (PhpJson.parse(body) instanceof JsonObject object) {
                return object;
            }
            throw new Refusal(400, "expected a JSON object");
        } catch (JsonException e) {
            throw new Refusal(400, "the body is not JSON");
        }
    }

    private RestReply route(String httpMethod, List<String> parts, JsonObject body) {
        if (parts.isEmpty() || !parts.get(0).equals("portals")) {
            throw new Refusal(404, "expected a path under control/portals");
        }
        if (parts.size() == 1) {
            return switch (httpMethod) {
                case "GET" -> RestReply.json(200, list(server.portals(), ControlApi::describe));
                case "POST" -> RestReply.json(201, describe(server.portal(PortalSeed.setup(body))));
                default -> throw new Refusal(405, "expected GET or POST");
            };
        }
        Portal portal = server.portal(parts.get(1)).orElseThrow(() -> new Refusal(404, "there is no such portal"));
        List<String> rest = parts.subList(2, parts.size());
        if (rest.isEmpty()) {
            return switch (httpMethod) {
                case "GET" -> RestReply.json(200, describe(portal));
                case "DELETE" -> {
                    portal.close();
                    yield RestReply.json(200, describe(portal));
                }
                default -> throw new Refusal(405, "expected GET or DELETE");
            };
        }
        return switch (httpMethod + " " + shape(rest)) {
            case "GET lines" -> RestReply.json(200, list(portal.lines(), ControlApi::describe));
            case "POST lines" -> RestReply.json(201, describe(portal.openLine(text(body, "name", "Open line"))));
            case "GET chats" -> RestReply.json(200, list(portal.chats(), ControlApi::describe));
            case "POST chats" -> RestReply.json(201, describe(openChat(portal, body)));
            case "POST chats/*/close" -> RestReply.json(200, close(chat(portal, rest), body));
            case "POST chats/*/reopen" -> {
                chat(portal, rest).reopen();
                yield RestReply.json(200, describe(chat(portal, rest)));
            }
            case "POST tokens" -> RestReply.json(201, token(portal, body));
            case "GET subscriptions" -> RestReply.json(200, list(portal.subscriptions(), ControlApi::describe));
            case "POST subscriptions" -> RestReply.json(201, describe(subscribe(portal, body)));
            case "GET deliveries" -> RestReply.json(200, list(portal.deliveries(), ControlApi::describe));
            case "GET calls" -> RestReply.json(200, list(portal.calls(), ControlApi::describe));
            default -> throw new Refusal(404, "there is no such control path for " + httpMethod);
        };
    }

    /** The path with a star for each number in it. */
    private static String shape(List<String> parts) {
        List<String> shape = new ArrayList<>(parts);
        shape.replaceAll(part -> part.chars().allMatch(Character::isDigit) ? "*" : part);
        return String.join("/", shape);
    }

    private static PortalChat chat(Portal portal, List<String> parts) {
        long id = RestContext.intval(parts.get(1));
        return portal.chats().stream()
                .filter(chat -> chat.id() == id)
                .findFirst()
                .orElseThrow(() -> new Refusal(404, "there is no such chat"));
    }

    private static PortalChat openChat(Portal portal, JsonObject body) {
        long lineId = body.containsKey("line_id") ? RestContext.intval(text(body, "line_id", "")) : 0;
        PortalLine line = portal.lines().stream()
                .filter(candidate -> lineId == 0 || candidate.id() == lineId)
                .findFirst()
                .orElseThrow(() -> new Refusal(404, "there is no such line"));
        return line.openChat(text(body, "connector", "livechat"));
    }

    private static JsonObject close(PortalChat chat, JsonObject body) {
        List<Delivery> deliveries = chat.close(Closing.ofLabel(text(body, "by", "operator")));
        return EventBodies.object()
                .add("chat", describe(chat))
                .add("deliveries", list(deliveries, ControlApi::describe))
                .build();
    }

    private static JsonObject token(Portal portal, JsonObject body) {
        boolean expired = body.getBoolean("expired", false);
        Secret token = expired ? portal.expiredAccessToken() : portal.accessToken();
        return EventBodies.object()
                .add("access_token", token.reveal())
                .add("expired", expired)
                .build();
    }

    private static Subscription subscribe(Portal portal, JsonObject body) {
        Subscription made =
                portal.subscribe(text(body, "event", "ONSESSIONFINISH"), URI.create(text(body, "handler", "")));
        if (body.containsKey("dialect")) {
            portal.useDialect(made.id(), dialect(text(body, "dialect", "")));
        }
        return portal.subscriptions().stream()
                .filter(subscription -> subscription.id() == made.id())
                .findFirst()
                .orElse(made);
    }

    static Dialect dialect(String label) {
        return Arrays.stream(Dialect.values())
                .filter(dialect -> dialect.label().equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "expected one of platform, docs-2024, docs-2024-table, docs-2026 as dialect"));
    }

    private static String text(JsonObject body, String name, String otherwise) {
        JsonValue value = body.get(name);
        if (value == null) {
            return otherwise;
        }
        return RestRequest.scalar(value).orElseThrow(() -> new Refusal(400, "expected one text or number for " + name));
    }

    static JsonObject describe(Portal portal) {
        return EventBodies.object()
                .add("label", portal.label())
                .add("domain", portal.domain())
                .add("member_id", portal.memberId())
                .add("rest", portal.restUri().toString())
                .add("webhook", portal.restUri() + "1/" + portal.webhookCode().reveal() + "/")
                .add("server_endpoint", portal.serverEndpoint().toString())
                .add("client_id", portal.clientId())
                .add("client_secret", portal.clientSecret().reveal())
                .add("application_token", portal.applicationToken().reveal())
                .build();
    }

    private static JsonObject describe(PortalLine line) {
        return EventBodies.object()
                .add("id", line.id())
                .add("name", line.name())
                .build();
    }

    private static JsonObject describe(PortalChat chat) {
        return EventBodies.object()
                .add("id", chat.id())
                .add("line_id", chat.line().id())
                .add("connector", chat.connector())
                .add("visitor_id", chat.visitorId())
                .add("session_id", chat.sessionId())
                .add("open", chat.isOpen())
                .build();
    }

    private static JsonObject describe(Subscription subscription) {
        return EventBodies.object()
                .add("id", subscription.id())
                .add("event", subscription.event())
                .add("handler", subscription.handler().toString())
                .add("auth_type", subscription.authType())
                .add("dialect", subscription.dialect().label())
                .build();
    }

    static JsonObject describe(Delivery delivery) {
        JsonObjectBuilder out = EventBodies.object()
                .add("number", delivery.number())
                .add("event", delivery.event())
                .add("dialect", delivery.dialect().label())
                .add("subscription_id", delivery.subscriptionId())
                .add("handler", delivery.handler().toString())
                .add("sent_at", delivery.sentAt().toString())
                .add("status", delivery.status())
                .add("acknowledged", delivery.acknowledged())
                .add("connect_ms", millis(delivery.connectTime()))
                .add("first_byte_ms", millis(delivery.firstByteTime()))
                .add("total_ms", millis(delivery.totalTime()))
                .add("backlog_suspected", delivery.backlogSuspected());
        delivery.failure().ifPresent(failure -> out.add("failure", failure));
        return out.build();
    }

    private static JsonObject describe(RestCall call) {
        JsonObjectBuilder out = EventBodies.object()
                .add("at", call.at().toString())
                .add("method", call.method())
                .add("parameters", call.parameters())
                .add("user_id", call.userId())
                .add("status", call.status());
        call.error().ifPresent(error -> out.add("error", error));
        return out.add("provenance", call.provenance().label())
                .add("declared", call.declared())
                .add("took_ms", millis(call.took()))
                .build();
    }

    static double millis(java.time.Duration time) {
        return Math.round(time.toNanos() / 1e3) / 1e3;
    }

    private static <T> JsonValue list(Collection<T> items, Function<T, JsonObject> describe) {
        JsonArrayBuilder array = PhpJson.PROVIDER.createArrayBuilder();
        items.forEach(item -> array.add(describe.apply(item)));
        return array.build();
    }

    /** A text member of a seed or a control body, or null. */
    static String requireText(JsonValue value, String name) {
        if (value instanceof JsonString text) {
            return text.getString();
        }
        throw new IllegalArgumentException("expected text for " + name + " but found "
                + value.getValueType().name().toLowerCase(Locale.ROOT));
    }
}
