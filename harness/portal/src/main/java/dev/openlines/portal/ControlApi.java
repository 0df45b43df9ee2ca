// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.model.Secret;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonException;
import jakarta.json.JsonValue;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The HTTP API for the user of the simulator, who can make portals, lines and chats, close chats, and read the
 * journals. {@code docs/portal-control.yaml} describes it. Answers show secrets, because its user made them. So it
 * answers only requests for a loopback host, takes bodies as {@code application/json} only, and refuses requests from
 * pages of another origin.
 */
final class ControlApi {

    private static final String ROOT = "/control/";
    private static final String TOP = "$";

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
            List<String> parts = Arrays.stream(path.split("/", -1))
                    .filter(part -> !part.isEmpty())
                    .toList();
            return route(httpMethod, parts, read(body));
        } catch (Refusal e) {
            return error(e.status, e);
        } catch (IllegalArgumentException e) {
            return error(400, e);
        } catch (IllegalStateException e) {
            return error(409, e);
        }
    }

    private static RestReply error(int status, RuntimeException e) {
        return RestReply.json(
                status,
                EventBodies.object()
                        .add("error", String.valueOf(e.getMessage()))
                        .build());
    }

    private static final class Refusal extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int status;

        Refusal(int status, String message) {
            super(message, null, false, false);
            this.status = status;
        }
    }

    static boolean isWelcome(String httpMethod, Map<String, String> headers) {
        try {
            refuseStrangers(httpMethod, headers);
            return true;
        } catch (Refusal e) {
            return false;
        }
    }

    /** Refuses requests of other pages: no page of the web may drive the simulator through its reader's browser. */
    static void refuseStrangers(String httpMethod, Map<String, String> headers) {
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
        boolean safe = httpMethod.equals("GET") || httpMethod.equals("DELETE");
        if (!safe && !type.equalsIgnoreCase("application/json")) {
            throw new Refusal(415, "expected a body of the type application/json");
        }
    }

    private static JsonValue read(byte[] body) {
        try {
            return body.length == 0 ? JsonValue.EMPTY_JSON_OBJECT : PhpJson.parse(body);
        } catch (JsonException e) {
            throw new Refusal(400, "the body is not JSON");
        }
    }

    private RestReply route(String httpMethod, List<String> parts, JsonValue body) {
        if (parts.isEmpty() || !parts.get(0).equals("portals")) {
            throw new Refusal(404, "expected a path under control/portals");
        }
        if (parts.size() == 1) {
            return switch (httpMethod) {
                case "GET" -> RestReply.json(200, ControlView.list(server.portals(), ControlView::of));
                case "POST" -> RestReply.json(201, ControlView.of(PortalSeed.make(server, body, TOP)));
                default -> throw new Refusal(405, "expected GET or POST");
            };
        }
        Portal portal = server.portal(parts.get(1)).orElseThrow(() -> new Refusal(404, "there is no such portal"));
        List<String> rest = parts.subList(2, parts.size());
        if (httpMethod.equals("GET")) {
            return shape(rest).matches("deliveries/\\*/(curl|junit)")
                    ? text(portal, rest)
                    : RestReply.json(200, shown(portal, rest));
        }
        if (httpMethod.equals("DELETE")) {
            RestReply reply = RestReply.json(200, deleted(portal, rest));
            portal.journal().touch();
            return reply;
        }
        if (!httpMethod.equals("POST")) {
            throw new Refusal(405, "expected GET, POST or DELETE");
        }
        RestReply reply = done(portal, rest, body);
        portal.journal().touch();
        return reply;
    }

    /** Returns the text for the clipboard. */
    private static RestReply text(Portal portal, List<String> path) {
        DeliveryView view = new DeliveryView(portal, delivery(portal, path));
        return RestReply.text(200, path.get(2).equals("curl") ? view.curl() : view.junit());
    }

    private static JsonValue shown(Portal portal, List<String> path) {
        return switch (shape(path)) {
            case "" -> ControlView.of(portal);
            case "lines" -> ControlView.list(portal.lines(), ControlView::of);
            case "sessions" -> ControlView.list(portal.openLines().sessions(), ControlSessions::view);
            case "chats" -> ControlView.list(portal.chats(), ControlView::of);
            case "chats/*" -> ControlView.of(chat(portal, path));
            case "subscriptions" -> ControlView.list(portal.subscriptions(), ControlView::of);
            case "deliveries" -> ControlView.list(portal.deliveries(), ControlView::of);
            case "deliveries/*" -> ControlView.whole(delivery(portal, path));
            case "deliveries/*/view" -> new DeliveryView(portal, delivery(portal, path)).json();
            case "faults" -> ControlPlans.view(portal.faults());
            case "plan" -> ControlPlans.view(portal.sending());
            case "offline" -> ControlPlans.offline(portal);
            case "calls" -> ControlView.list(portal.calls(), ControlView::of);
            case "clock" -> ControlView.clock(portal);
            case "crm" -> ControlChats.crm(portal);
            default -> throw new Refusal(404, "there is nothing at this control path");
        };
    }

    private static JsonValue deleted(Portal portal, List<String> path) {
        switch (shape(path)) {
            case "" -> portal.close();
            case "subscriptions/*" -> {
                long id = number(path);
                if (portal.outbox().remove(subscription -> subscription.id() == id) == 0) {
                    throw new Refusal(404, "there is no such subscription");
                }
            }
            case "lines/*" -> {
                long id = number(path);
                portal.lines().stream()
                        .filter(line -> line.id() == id)
                        .findFirst()
                        .orElseThrow(() -> new Refusal(404, "there is no such line"))
                        .delete();
            }
            case "faults" -> portal.faults().clear();
            default -> throw new Refusal(404, "there is nothing to delete at this control path");
        }
        return ControlView.of(portal);
    }

    private static RestReply done(Portal portal, List<String> path, JsonValue json) {
        return switch (shape(path)) {
            case "lines" -> {
                ControlBody body = ControlBody.of(json, TOP, Set.of("name"));
                yield RestReply.json(
                        201, ControlView.of(portal.openLine(body.text("name").orElse("Open line"))));
            }
            case "chats" -> RestReply.json(201, ControlView.of(ControlChats.open(portal, json, TOP)));
            case "chats/*/close" -> {
                ControlBody body = ControlBody.of(json, TOP, Set.of("by"));
                Closing closing = Closing.ofLabel(body.text("by").orElse("operator"));
                yield deliveries(chat(portal, path).close(closing));
            }
            case "chats/*/return" -> {
                chat(portal, path).customerReturns();
                yield RestReply.json(200, ControlView.of(chat(portal, path)));
            }
            case "chats/*/resume" -> {
                chat(portal, path).resume();
                yield RestReply.json(200, ControlView.of(chat(portal, path)));
            }
            case "chats/*/dismiss", "chats/*/break-off", "chats/*/repair", "chats/*/duplicate" -> {
                ControlBody.of(json, TOP, Set.of());
                ControlSessions.act(chat(portal, path).session(), path.get(2));
                yield RestReply.json(200, ControlView.of(chat(portal, path)));
            }
            case "chats/*/session" -> {
                ControlSessions.describe(chat(portal, path).session(), json);
                yield RestReply.json(
                        200, ControlSessions.view(chat(portal, path).session()));
            }
            case "reports" -> {
                ControlSessions.reports(portal, json, TOP);
                yield RestReply.json(200, ControlView.of(portal));
            }
            case "chats/*/transfer" -> {
                ControlBody body = ControlBody.of(json, TOP, Set.of("line_id"));
                body.value("line_id");
                chat(portal, path).transfer(PortalSeed.line(portal, body, TOP));
                yield RestReply.json(200, ControlView.of(chat(portal, path)));
            }
            case "chats/*/people" -> {
                ControlChats.join(chat(portal, path), json, TOP);
                yield RestReply.json(200, ControlView.of(chat(portal, path)));
            }
            case "crm" -> {
                ControlChats.crm(portal, json, TOP);
                yield RestReply.json(201, ControlChats.crm(portal));
            }
            case "chats/*/messages" -> deliveries(ControlChats.write(chat(portal, path), json, TOP));
            case "chats/*/messages/*" -> deliveries(change(chat(portal, path), number(path, 3), json));
            case "connectors" -> {
                portal.connectors()
                        .register(ControlBody.of(json, TOP, Set.of("code")).requiredText("code"));
                yield RestReply.json(201, ControlView.of(portal));
            }
            case "connectors/switch-off" -> {
                ControlBody body = ControlBody.of(json, TOP, Set.of("code", "line_id"));
                yield deliveries(
                        portal.connectors().switchOff(body.requiredText("code"), PortalSeed.line(portal, body, TOP)));
            }
            case "connectors/delivered" -> {
                ControlBody body = ControlBody.of(json, TOP, Set.of("message_id", "external_id"));
                portal.connectors()
                        .confirmDelivery(
                                body.integer("message_id").orElse(0L), List.of(body.requiredText("external_id")));
                yield RestReply.json(200, ControlView.of(portal));
            }
            case "pay" -> {
                ControlBody body = ControlBody.of(json, TOP, Set.of("days"));
                yield deliveries(portal.lifecycle()
                        .pay(Math.toIntExact(Math.min(body.integer("days").orElse(30L), 36_500))));
            }
            case "renew-subscription" -> deliveries(portal.lifecycle().renewSubscription());
            case "installer" -> {
                ControlBody body = ControlBody.of(json, TOP, Set.of("page"));
                yield RestReply.json(
                        200, ControlView.of(portal.lifecycle().openInstaller(URI.create(body.requiredText("page")))));
            }
            case "confirm" -> {
                ControlBody body = ControlBody.of(json, TOP, Set.of("method", "allowed"));
                yield deliveries(portal.lifecycle().confirm(body.requiredText("method"), body.flag("allowed", true)));
            }
            case "tokens" -> RestReply.json(201, token(portal, json));
            case "subscriptions" -> RestReply.json(201, ControlView.of(PortalSeed.subscribe(portal, json, TOP)));
            case "subscriptions/*/dialect" -> {
                portal.useDialect(
                        (int) number(path),
                        ControlBody.of(json, TOP, Set.of("dialect"))
                                .dialect("dialect")
                                .orElseThrow(() -> new Refusal(400, "expected text but found nothing at $.dialect")));
                yield RestReply.json(200, ControlView.list(portal.subscriptions(), ControlView::of));
            }
            case "deliveries/*/again" ->
                RestReply.json(200, ControlView.of(again(portal, delivery(portal, path), json)));
            case "install" -> deliveries(portal.install());
            case "update" -> {
                ControlBody body = ControlBody.of(json, TOP, Set.of("new_token"));
                yield deliveries(portal.update(body.flag("new_token", false)));
            }
            case "uninstall" -> {
                ControlBody body = ControlBody.of(json, TOP, Set.of("clean"));
                yield deliveries(portal.uninstall(body.flag("clean", false)));
            }
            case "paid" -> {
                portal.paid(ControlBody.of(json, TOP, Set.of("paid")).flag("paid", true));
                yield RestReply.json(200, ControlView.of(portal));
            }
            case "clock" -> RestReply.json(200, clock(portal, json));
            case "faults" -> {
                portal.faults().add(ControlPlans.fault(json));
                yield RestReply.json(201, ControlPlans.view(portal.faults()));
            }
            case "plan" -> {
                portal.sending().use(ControlPlans.plan(json));
                yield RestReply.json(200, ControlPlans.view(portal.sending()));
            }
            case "hold" -> {
                portal.sending().hold();
                yield RestReply.json(200, ControlView.of(portal));
            }
            case "release" -> deliveries(portal.sending().release(ControlPlans.plan(json)));
            case "replay" -> deliveries(ControlPlans.replay(portal, json));
            case "limits" -> {
                ControlPlans.limits(portal.limits(), json);
                yield RestReply.json(200, ControlView.of(portal));
            }
            case "answers" -> {
                ControlBody body = ControlBody.of(json, TOP, Set.of("method", "result"));
                portal.answer(body.requiredText("method"), body.value("result").toString());
                yield RestReply.json(201, json);
            }
            default -> throw new Refusal(404, "there is nothing to do at this control path");
        };
    }

    private static RestReply deliveries(List<Delivery> deliveries) {
        return RestReply.json(200, ControlView.list(deliveries));
    }

    /** Changes a message, or deletes it if no text is given. */
    private static List<Delivery> change(PortalChat chat, long messageId, JsonValue json) {
        return ControlBody.of(json, TOP, Set.of("text"))
                .text("text")
                .map(text -> chat.edit(messageId, text))
                .orElseGet(() -> chat.delete(messageId));
    }

    private static JsonValue token(Portal portal, JsonValue json) {
        Secret token = PortalSeed.token(portal, json, TOP);
        ControlBody body = ControlBody.of(json, TOP, json.asJsonObject().keySet());
        boolean refresh = body.has("refresh_token") || body.flag("refresh", false);
        return EventBodies.object()
                .add(refresh ? "refresh_token" : "access_token", token.reveal())
                .build();
    }

    /** Asterisks in an edited body stand for the secrets that they hid. */
    private static Delivery again(Portal portal, Delivery delivery, JsonValue json) {
        ControlBody body = ControlBody.of(json, TOP, Set.of("body"));
        return body.text("body")
                .map(new DeliveryView(portal, delivery)::restored)
                .map(delivery::againWith)
                .orElseGet(delivery::again);
    }

    private static JsonValue clock(Portal portal, JsonValue json) {
        ControlBody body = ControlBody.of(json, TOP, Set.of("run", "freeze", "at", "advance_seconds", "time_zone"));
        body.text("time_zone").ifPresent(zone -> portal.clock().zone(ControlSessions.zone(zone, "$.time_zone")));
        if (body.flag("run", false)) {
            portal.clock().run();
        }
        body.text("at").ifPresent(at -> portal.clock().freezeAt(ControlPlans.instant(at, "at")));
        if (body.flag("freeze", false)) {
            portal.clock().freeze();
        }
        body.integer("advance_seconds").ifPresent(seconds -> portal.clock().advance(Duration.ofSeconds(seconds)));
        return ControlView.clock(portal);
    }

    /** Returns the path with a star for each number in it. */
    private static String shape(List<String> parts) {
        List<String> shape = new ArrayList<>(parts);
        shape.replaceAll(part -> part.chars().allMatch(Character::isDigit) ? "*" : part);
        return String.join("/", shape);
    }

    private static long number(List<String> path) {
        return number(path, 1);
    }

    private static long number(List<String> path, int part) {
        return RestContext.intval(path.get(part));
    }

    private static PortalChat chat(Portal portal, List<String> path) {
        long id = number(path);
        return portal.openLines()
                .chat(chat -> chat.id() == id)
                .orElseThrow(() -> new Refusal(404, "there is no such chat"));
    }

    private static Delivery delivery(Portal portal, List<String> path) {
        long wanted = number(path);
        return portal.deliveries().stream()
                .filter(delivery -> delivery.number() == wanted)
                .findFirst()
                .orElseThrow(() -> new Refusal(404, "there is no such delivery"));
    }
}
