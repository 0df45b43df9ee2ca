// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Answers REST calls of one portal in the server's order: the method is looked up before the caller is
 * authorised, the scope checked with the authorisation, and the method's own checks come last.
 */
final class RestApi {

    /** The code of an answer that no real portal gives: the simulator does not have the method. */
    static final String UNBUILT = "SIMULATOR_LACKS_IT";

    private static final Map<String, RestMethod> METHODS = methods();
    private static final Set<String> SECRETS =
            Set.of("auth", "access_token", "refresh_token", "application_token", "client_secret", "code");

    private RestApi() {}

    private static Map<String, RestMethod> methods() {
        Map<String, RestMethod> methods = new TreeMap<>();
        EventMethods.all().forEach(method -> methods.put(method.name(), method));
        return methods;
    }

    static RestReply answer(Portal portal, RestRequest request) {
        Instant at = Instant.now();
        long begun = System.nanoTime();
        Answering answering = new Answering(portal, request);
        RestReply reply = answering.reply(at, begun);
        portal.journal()
                .add(new RestCall(
                        at,
                        answering.method,
                        masked(request.parameters()),
                        answering.userId,
                        reply.status(),
                        answering.error,
                        answering.declared,
                        answering.provenance,
                        Duration.ofNanos(System.nanoTime() - begun)));
        return reply;
    }

    /** One call on its way through the checks, with what the journal wants to know of it. */
    private static final class Answering {

        private final Portal portal;
        private final RestRequest request;
        private final List<String> path;
        private final boolean webhook;
        private final String method;
        private long userId;
        private @Nullable String error;
        private boolean declared = true;
        private Provenance provenance = Provenance.SOURCE;

        Answering(Portal portal, RestRequest request) {
            this.portal = portal;
            this.request = request;
            List<String> parts = request.path();
            webhook = parts.size() >= 2 && parts.get(0).chars().allMatch(Character::isDigit);
            path = webhook ? parts.subList(2, parts.size()) : parts;
            method = methodName(path);
        }

        RestReply reply(Instant at, long begun) {
            try {
                JsonValue result = call();
                return RestReply.phpJson(200, success(result, at, begun));
            } catch (RestError e) {
                error = e.code();
                return RestReply.phpJson(e.status(), failure(e));
            }
        }

        private JsonValue call() {
            if (path.size() == 1 && path.get(0).toLowerCase(Locale.ROOT).endsWith(".xml")) {
                throw unbuilt("answers in XML");
            }
            RestMethod found = METHODS.get(method);
            if (found == null) {
                declared = false;
                throw unbuilt("the method " + printable(method));
            }
            provenance = found.provenance();
            PortalUser user = webhook ? webhookUser() : tokenUser();
            userId = user.id();
            if (!found.scope().isEmpty() && !portal.scope().contains(found.scope())) {
                throw new RestError(
                        401,
                        "insufficient_scope",
                        "The request requires higher privileges than provided by the "
                                + (webhook ? "webhook" : "access") + " token");
            }
            Map<String, JsonValue> parameters = request.parameters();
            List.of("auth", "access_token", "state", "auth_connector").forEach(parameters::remove);
            return found.call().answer(new RestContext(portal, user, webhook, parameters));
        }

        private RestError unbuilt(String what) {
            provenance = Provenance.UNBUILT;
            return new RestError(501, UNBUILT, "this simulator does not have " + what);
        }

        private PortalUser webhookUser() {
            boolean known = dev.openlines.model.Secret.of(request.path().get(1)).equals(portal.webhookCode());
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
                return portal.user(grant.userId()).orElseThrow();
            }
        }

        private JsonValue success(JsonValue result, Instant at, long begun) {
            double start = at.toEpochMilli() / 1000.0;
            double took = (System.nanoTime() - begun) / 1e9;
            return EventBodies.object()
                    .add("result", result)
                    .add(
                            "time",
                            EventBodies.object()
                                    .add("start", start)
                                    .add("finish", start + took)
                                    .add("duration", took)
                                    .add("processing", took)
                                    .add("date_start", isoDate(at))
                                    .add("date_finish", isoDate(at.plusNanos((long) (took * 1e9)))))
                    .build();
        }
    }

    private static JsonValue failure(RestError e) {
        JsonObjectBuilder body = EventBodies.object().add("error", e.code()).add("error_description", e.description());
        if (e.argument() != null) {
            body.add("argument", e.argument());
        }
        return body.build();
    }

    private static String methodName(List<String> path) {
        String name = String.join("/", path).toLowerCase(Locale.ROOT);
        return name.endsWith(".json") ? name.substring(0, name.length() - 5) : name;
    }

    private static String printable(String method) {
        String clean = method.replaceAll("[^a-z0-9._/-]", "?");
        return clean.length() > 80 ? clean.substring(0, 80) + "…" : clean;
    }

    static String isoDate(Instant at) {
        return OffsetDateTime.ofInstant(at.truncatedTo(ChronoUnit.SECONDS), ZoneOffset.UTC)
                .format(DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx", Locale.ROOT));
    }

    /** The parameters as JSON, with three asterisks in place of every secret, at any depth. */
    static String masked(Map<String, JsonValue> parameters) {
        JsonObjectBuilder out = EventBodies.object();
        mask(parameters).forEach(out::add);
        return out.build().toString();
    }

    private static Map<String, JsonValue> mask(Map<String, JsonValue> parameters) {
        Map<String, JsonValue> masked = new LinkedHashMap<>();
        parameters.forEach((name, value) -> {
            if (SECRETS.contains(name.toLowerCase(Locale.ROOT)) && value instanceof JsonString) {
                masked.put(name, PhpJson.PROVIDER.createValue("***"));
            } else if (value instanceof jakarta.json.JsonObject object) {
                JsonObjectBuilder inner = EventBodies.object();
                mask(object).forEach(inner::add);
                masked.put(name, inner.build());
            } else {
                masked.put(name, value);
            }
        });
        return masked;
    }
}
