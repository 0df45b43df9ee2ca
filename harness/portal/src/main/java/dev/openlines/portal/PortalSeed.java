// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.model.Secret;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.Minting;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonException;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Makes portals from JSON: {@code docs/portal-seed.md} describes the form. Unknown members are refused, so that a
 * misspelled one is not silently ignored.
 */
final class PortalSeed {

    private static final Set<String> PORTAL = Set.of(
            "label",
            "domain",
            "member_id",
            "application_token",
            "client_id",
            "client_secret",
            "webhook_code",
            "scope",
            "dialect",
            "installed",
            "client_endpoint",
            "server_endpoint",
            "redirect_uri",
            "lines",
            "chats",
            "crm",
            "subscriptions",
            "tokens",
            "time_zone",
            "reports");

    private PortalSeed() {}

    /** Reads a seed file's content and makes its portals. */
    static void apply(PortalServer server, byte[] json) {
        ControlBody file;
        try {
            file = ControlBody.of(PhpJson.parse(json), "$", Set.of("portals"));
        } catch (JsonException e) {
            throw new IllegalArgumentException("expected JSON at $", e);
        }
        List<JsonValue> portals = file.items("portals");
        if (portals.isEmpty()) {
            throw new IllegalArgumentException("expected at least one portal at $.portals");
        }
        for (int i = 0; i < portals.size(); i++) {
            make(server, portals.get(i), file.itemPath("portals", i));
        }
    }

    /** Makes one portal, or none if something about it is wrong. */
    static Portal make(PortalServer server, JsonValue json, String path) {
        ControlBody body = ControlBody.of(json, path, PORTAL);
        Portal portal = server.portal(setup(body));
        try {
            fill(portal, body);
            return portal;
        } catch (IllegalArgumentException e) {
            portal.close();
            throw e;
        }
    }

    private static PortalSetup setup(ControlBody body) {
        PortalSetup setup = PortalSetup.minted();
        if (body.has("label")) {
            setup = setup.label(body.requiredText("label"));
        }
        if (body.has("domain")) {
            setup = setup.domain(body.requiredText("domain"));
        }
        if (body.has("member_id")) {
            setup = setup.memberId(body.requiredText("member_id"));
        }
        if (body.has("application_token")) {
            setup = setup.applicationToken(Secret.of(body.requiredText("application_token")));
        }
        if (body.has("webhook_code")) {
            setup = setup.webhookCode(Secret.of(body.requiredText("webhook_code")));
        }
        if (body.has("client_id") || body.has("client_secret")) {
            setup = setup.client(
                    body.text("client_id").orElseGet(Minting::clientId),
                    Secret.of(body.text("client_secret").orElseGet(() -> Minting.lettersAndDigits(50))));
        }
        if (body.has("scope")) {
            setup = setup.scope(body.texts("scope"));
        }
        if (body.has("redirect_uri")) {
            setup = setup.redirectUri(body.address("redirect_uri").orElseThrow());
        }
        if (body.has("client_endpoint") || body.has("server_endpoint")) {
            body.requiredText("client_endpoint");
            body.requiredText("server_endpoint");
            setup = setup.endpoints(
                    body.address("client_endpoint").orElseThrow(),
                    body.address("server_endpoint").orElseThrow());
        }
        setup = setup.dialect(body.dialect("dialect").orElse(setup.dialect()));
        return body.flag("installed", true) ? setup : setup.notInstalled();
    }

    private static void fill(Portal portal, ControlBody body) {
        body.text("time_zone").ifPresent(zone -> portal.clock().zone(ControlSessions.zone(zone, body.at("time_zone"))));
        if (body.has("reports")) {
            ControlSessions.reports(portal, body.value("reports"), body.at("reports"));
        }
        List<JsonValue> lines = body.items("lines");
        for (int i = 0; i < lines.size(); i++) {
            ControlBody line = ControlBody.of(lines.get(i), body.itemPath("lines", i), Set.of("id", "name"));
            String name = line.text("name").orElse("Open line");
            Optional<Long> id = line.integer("id");
            if (id.isPresent()) {
                portal.openLines().addLine(id.get(), name);
            } else {
                portal.openLine(name);
            }
        }
        List<JsonValue> tokens = body.items("tokens");
        for (int i = 0; i < tokens.size(); i++) {
            token(portal, tokens.get(i), body.itemPath("tokens", i));
        }
        List<JsonValue> crm = body.items("crm");
        for (int i = 0; i < crm.size(); i++) {
            ControlChats.crm(portal, crm.get(i), body.itemPath("crm", i));
        }
        List<JsonValue> chats = body.items("chats");
        for (int i = 0; i < chats.size(); i++) {
            ControlChats.open(portal, chats.get(i), body.itemPath("chats", i));
        }
        List<JsonValue> subscriptions = body.items("subscriptions");
        for (int i = 0; i < subscriptions.size(); i++) {
            subscribe(portal, subscriptions.get(i), body.itemPath("subscriptions", i));
        }
    }

    /** Takes over a given token, or makes a random one. Returns its text. */
    static Secret token(Portal portal, JsonValue json, String path) {
        ControlBody body = ControlBody.of(
                json, path, Set.of("access_token", "refresh_token", "user_id", "expires_in", "expired", "refresh"));
        long user = body.integer("user_id").orElse(Portal.ADMIN_ID);
        if (portal.user(user).isEmpty()) {
            throw new IllegalArgumentException("expected the id of a user, such as " + Portal.ADMIN_ID + " or "
                    + Portal.OPERATOR_ID + ", but found " + user + " at " + path + ".user_id");
        }
        boolean refresh = body.has("refresh_token") || body.flag("refresh", false);
        long otherwise = body.flag("expired", false)
                ? -60
                : (refresh ? TokenStore.REFRESH_LIFETIME : EventBodies.ACCESS_LIFETIME).toSeconds();
        long expiresIn = body.integer("expires_in").orElse(otherwise);
        synchronized (portal) {
            TokenStore.Grant grant =
                    new TokenStore.Grant(user, portal.clock().instant().plusSeconds(expiresIn));
            Secret token = body.text(refresh ? "refresh_token" : "access_token")
                    .map(Secret::of)
                    .orElseGet(() -> Minting.token(grant.expires(), user));
            if (refresh) {
                portal.tokens().addRefresh(token, grant);
            } else {
                portal.tokens().addAccess(token, grant);
            }
            return token;
        }
    }

    /** Returns the line named, else the first. */
    static PortalLine line(Portal portal, ControlBody body, String path) {
        long wanted = body.integer("line_id").orElse(0L);
        return portal.lines().stream()
                .filter(line -> wanted == 0 || line.id() == wanted)
                .findFirst()
                .orElseThrow(() -> noLine(portal.lines(), wanted, path + ".line_id"));
    }

    private static IllegalArgumentException noLine(List<PortalLine> lines, long wanted, String path) {
        String ids = lines.stream().map(line -> Long.toString(line.id())).collect(Collectors.joining(", "));
        return new IllegalArgumentException(
                lines.isEmpty()
                        ? "expected a line in the portal but found none at " + path
                        : "expected the id of a line, one of " + ids + ", but found " + wanted + " at " + path);
    }

    static PortalSubscription subscribe(Portal portal, JsonValue json, String path) {
        ControlBody body = ControlBody.of(json, path, Set.of("event", "handler", "auth_type", "dialect"));
        String event = body.text("event").orElse("ONSESSIONFINISH");
        body.requiredText("handler");
        PortalSubscription made = portal.outbox()
                .add(
                        event,
                        body.address("handler").orElseThrow(),
                        body.integer("auth_type").orElse(0L));
        body.dialect("dialect").ifPresent(dialect -> portal.useDialect(made.id(), dialect));
        return portal.subscriptions().stream()
                .filter(subscription -> subscription.id() == made.id())
                .findFirst()
                .orElse(made);
    }
}
