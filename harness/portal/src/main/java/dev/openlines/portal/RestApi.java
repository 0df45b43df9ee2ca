// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.model.Secret;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Answers REST calls of one portal in the server's order: the method is looked up before the caller is
 * authorised, the scope checked with the authorisation, and the method's own checks come last.
 */
final class RestApi {

    private static final List<String> RESERVED = List.of("auth", "access_token", "state", "auth_connector");
    private static final Set<String> SECRETS =
            Set.of("auth", "access_token", "refresh_token", "application_token", "client_secret", "code", "token");

    /** A secret in a query inside a text, such as a command of a batch or an address. */
    private static final Pattern SECRET_IN_QUERY =
            Pattern.compile("(?i)((?:^|[?&]|%3F|%26)(?:" + String.join("|", SECRETS) + ")(?:=|%3D))[^&\\s]+");

    private static final DateTimeFormatter ISO = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx", Locale.ROOT);

    private RestApi() {}

    static RestReply answer(Portal portal, RestRequest request) {
        Instant at = Instant.now();
        long begun = System.nanoTime();
        Answering answering = new Answering(portal, request, begun);
        RestReply reply = answering.reply();
        portal.journal()
                .add(
                        new PortalCall(
                                at,
                                answering.method,
                                masked(request.parameters()),
                                answering.userId,
                                reply.status(),
                                answering.error,
                                answering.declared,
                                answering.provenance,
                                Duration.ofNanos(System.nanoTime() - begun),
                                answering.fault == null ? null : answering.fault.toString()),
                        request.accessToken()
                                .filter(token -> cameWithAnEvent(portal, token))
                                .map(Secret::of)
                                .orElse(null));
        return reply;
    }

    private static boolean cameWithAnEvent(Portal portal, String accessToken) {
        synchronized (portal) {
            return portal.tokens()
                    .access(accessToken)
                    .filter(TokenStore.Grant::ofEvent)
                    .isPresent();
        }
    }

    /** One call on its way through the checks, with the facts for the journal. */
    private static final class Answering {

        private final Portal portal;
        private final RestRequest request;
        private final long begun;
        /** The time of the portal's clock at the beginning. */
        private final Instant portalTime;

        private final List<String> path;
        private final boolean webhook;
        private final boolean third;
        private final String method;
        private long userId;
        private @Nullable String error;
        private boolean declared = true;
        private Provenance provenance = Provenance.SOURCE;
        private @Nullable Fault fault;

        Answering(Portal portal, RestRequest request, long begun) {
            this.portal = portal;
            this.request = request;
            this.portalTime = portal.clock().instant();
            this.begun = begun;
            List<String> parts = request.path();
            webhook = parts.size() >= 2 && parts.get(0).chars().allMatch(Character::isDigit);
            third = !parts.isEmpty() && parts.get(0).equals("api");
            path = webhook ? parts.subList(2, parts.size()) : parts;
            // The address of REST 3.0 may hold a webhook's code.
            method = third ? "api/" + methodName(parts.subList(parts.size() - 1, parts.size())) : methodName(path);
        }

        RestReply reply() {
            Fault due = portal.faults().due(method, portal.clock().instant());
            fault = due;
            if (due == null) {
                return answered();
            }
            RestReply right = due.isAfterwards() ? answered() : null;
            provenance = Provenance.DECLARED;
            error = due.errorCode();
            return due.spoil(right, String.join("/", path));
        }

        private RestReply answered() {
            try {
                RestResult result = call();
                portal.limits().count(method, Duration.ofNanos(System.nanoTime() - begun));
                if (result.whole() != null) {
                    return result.whole();
                }
                return RestReply.phpJson(200, success(result, time(portal, method, portalTime, begun)));
            } catch (RestError e) {
                error = e.code();
                boolean older = RestMethods.built(method);
                if (e.status() == 501 || (e.code().equals(RestMethods.NOT_FOUND) && !older)) {
                    declared = false;
                    provenance = e.status() == 501 ? Provenance.UNBUILT : Provenance.SOURCE;
                }
                return RestReply.phpJson(e.status(), third ? e.bodyOfThree() : e.body());
            }
        }

        private RestResult call() {
            if (portal.limits().overflows()) {
                provenance = Provenance.DOCS;
                throw new RestError(503, "QUERY_LIMIT_EXCEEDED", "Too many requests");
            }
            if (third) {
                throw RestMethods.lacks("REST 3.0");
            }
            if (path.size() == 1 && path.get(0).toLowerCase(Locale.ROOT).endsWith(".xml")) {
                throw RestMethods.lacks("answers in XML");
            }
            RestMethod found = RestMethods.find(portal, method, request.place() == RestRequest.Place.AUTH_HOST_REST);
            provenance = found.provenance();
            PortalUser user = webhook ? webhookUser() : tokenUser();
            userId = user.id();
            checkScope(portal, found, webhook);
            checkOperatingTime(portal, method);
            Map<String, JsonValue> parameters = request.parameters();
            RESERVED.forEach(parameters::remove);
            String connector = request.text("auth_connector").orElse("");
            return found.call().answer(new RestContext(portal, user, webhook, connector, parameters, request));
        }

        private PortalUser webhookUser() {
            boolean known = Secret.of(request.path().get(1)).equals(portal.webhookCode());
            Optional<PortalUser> user =
                    known ? portal.user(RestContext.intval(request.path().get(0))) : Optional.empty();
            return user.filter(PortalUser::admin)
                    .orElseThrow(() -> new RestError(401, "INVALID_CREDENTIALS", "Invalid request credentials"));
        }

        private PortalUser tokenUser() {
            String token = request.accessToken()
                    .orElseThrow(() -> new RestError(401, "NO_AUTH_FOUND", "Wrong authorization data"));
            synchronized (portal) {
                TokenStore.Grant grant = portal.tokens().access(token).orElseThrow(() -> {
                    provenance = Provenance.GUESS;
                    return new RestError(401, "invalid_token", "Token expired or invalid");
                });
                if (grant.expiredAt(portal.clock().instant())) {
                    throw new RestError(401, "expired_token", "The access token provided has expired.");
                }
                if (!portal.application().paid()) {
                    throw new RestError(401, "ACCESS_DENIED", "REST (API) is available only on commercial plans.");
                }
                PortalUser user = portal.user(grant.userId()).orElseThrow();
                if (user.guest()) {
                    throw new RestError(401, "user_access_error", "The user does not have access to the application.");
                }
                return user;
            }
        }
    }

    static void checkScope(Portal portal, RestMethod method, boolean webhook) {
        if (!portal.application().permits(method.scope())) {
            throw new RestError(
                    401,
                    "insufficient_scope",
                    "The request requires higher privileges than provided by the "
                            + (webhook ? "webhook token" : "access token"));
        }
    }

    static void checkOperatingTime(Portal portal, String method) {
        if (portal.limits().usedUp(method)) {
            throw new RestError(429, "OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit.");
        }
    }

    private static JsonObject success(RestResult result, JsonObject time) {
        JsonObjectBuilder body = EventBodies.object().add("result", result.value());
        if (result.next() != null) {
            body.add("next", result.next());
        }
        if (result.total() != null) {
            body.add("total", result.total());
        }
        return body.add("time", time).build();
    }

    /** Returns the block {@code time} of an answer that is about to leave, by the portal's clock. */
    static JsonObject time(Portal portal, String method, Instant at, long begun) {
        double start = at.toEpochMilli() / 1000.0;
        double took = Math.round((System.nanoTime() - begun) / 1e3) / 1e6;
        JsonObjectBuilder time = EventBodies.object()
                .add("start", start)
                .add("finish", Math.round((start + took) * 1e6) / 1e6)
                .add("duration", took)
                .add("processing", took)
                .add("date_start", isoDate(at))
                .add("date_finish", isoDate(at.plusNanos((long) (took * 1e9))));
        Duration operating = portal.limits().operating(method);
        if (operating != null) {
            portal.limits().operatingResetAt(method).ifPresent(reset -> time.add("operating_reset_at", reset));
            time.add("operating", operating.toMillis() / 1000.0);
        }
        return time.build();
    }

    static String methodName(List<String> path) {
        String name = String.join("/", path).toLowerCase(Locale.ROOT);
        return name.endsWith(".json") ? name.substring(0, name.length() - 5) : name;
    }

    static String isoDate(Instant at) {
        return OffsetDateTime.ofInstant(at.truncatedTo(ChronoUnit.SECONDS), ZoneOffset.UTC)
                .format(ISO);
    }

    /** Returns whether the value of a member of that name is a secret; the name in lower case. */
    static boolean isSecret(String name) {
        return SECRETS.contains(name);
    }

    /** Returns the parameters as JSON, with three asterisks in place of every secret, at any depth. */
    static String masked(Map<String, JsonValue> parameters) {
        StringBuilder out = new StringBuilder();
        PhpJson.plain(maskedObject(parameters), out);
        return out.toString();
    }

    private static JsonObject maskedObject(Map<String, JsonValue> members) {
        JsonObjectBuilder out = EventBodies.object();
        members.forEach((name, value) -> {
            boolean secret = SECRETS.contains(name.toLowerCase(Locale.ROOT)) && !(value instanceof JsonObject);
            out.add(name, secret ? PhpJson.PROVIDER.createValue("***") : masked(value));
        });
        return out.build();
    }

    private static JsonValue masked(JsonValue value) {
        if (value instanceof JsonObject object) {
            return maskedObject(object);
        }
        if (value instanceof JsonArray array) {
            var out = PhpJson.PROVIDER.createArrayBuilder();
            array.forEach(item -> out.add(masked(item)));
            return out.build();
        }
        return value instanceof JsonString text
                ? PhpJson.PROVIDER.createValue(
                        SECRET_IN_QUERY.matcher(text.getString()).replaceAll("$1***"))
                : value;
    }
}
