// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Limits;
import dev.openlines.parser.PhpForm;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonStructure;
import jakarta.json.JsonValue;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request to a portal or its OAuth host, read as the portal's PHP reads it: a JSON body if the type says so, else a
 * form or multipart body of a POST, else the raw body as a query string. The body's keys override the query's. A broken
 * JSON body is ignored.
 */
final class RestRequest {

    /**
     * The places that requests reach: the portal's REST, its OAuth pages, the REST of its OAuth host, or a file's link.
     */
    enum Place {
        REST,
        AUTH_HOST_REST,
        OAUTH,
        LINK,
        NOWHERE
    }

    private static final Limits LIMITS = new Limits(16 << 20, 10_000, 64, 4096, 16 << 20);
    private static final Pattern AUTHORITY = Pattern.compile("([a-z0-9.-]+|\\[[0-9a-f:.]+])(:[0-9]{1,5})?");
    private static final Pattern BEARER = Pattern.compile("(?i)bearer\\s+(\\S+)\\s*");

    private final String httpMethod;
    private final @Nullable String label;
    private final Place place;
    private final List<String> path;
    private final Map<String, JsonValue> parameters;
    private final Map<String, String> headers;

    private RestRequest(
            String httpMethod,
            @Nullable String label,
            Place place,
            List<String> path,
            Map<String, JsonValue> parameters,
            Map<String, String> headers) {
        this.httpMethod = httpMethod;
        this.label = label;
        this.place = place;
        this.path = path;
        this.parameters = parameters;
        this.headers = headers;
    }

    /**
     * Reads a request.
     *
     * @param target path and query as they stood in the request line
     * @param headers the headers by their names in lower case
     */
    static RestRequest of(String httpMethod, String target, Map<String, String> headers, byte[] body) {
        int question = target.indexOf('?');
        String query = question < 0 ? "" : target.substring(question + 1);
        List<String> segments = new ArrayList<>();
        for (String segment : (question < 0 ? target : target.substring(0, question)).split("/", -1)) {
            if (!segment.isEmpty()) {
                segments.add(segment);
            }
        }
        String label = null;
        if (!segments.isEmpty() && place(segments) == Place.NOWHERE) {
            label = segments.remove(0);
        }
        if (segments.size() > 1
                && segments.get(0).equals("auth")
                && segments.get(1).equals("oauth")) {
            segments.remove(0);
        }
        Place place = place(segments);
        if (place == Place.REST && isAuthHost(headers)) {
            segments.add(0, "auth");
            place = Place.AUTH_HOST_REST;
        }
        List<String> path = place == Place.NOWHERE || place == Place.LINK
                ? segments
                : segments.subList(place == Place.AUTH_HOST_REST ? 2 : 1, segments.size());
        Map<String, JsonValue> parameters = new LinkedHashMap<>(form(query.getBytes(StandardCharsets.UTF_8)));
        parameters.putAll(bodyParameters(httpMethod, headers.getOrDefault("content-type", ""), body));
        return new RestRequest(httpMethod, label, place, List.copyOf(path), parameters, headers);
    }

    /**
     * Returns whether the client called the OAuth host by a name of its own, as it does behind one proxy for both
     * hosts.
     */
    private static boolean isAuthHost(Map<String, String> headers) {
        String host = headers.getOrDefault("x-forwarded-host", headers.getOrDefault("host", ""));
        return host.toLowerCase(Locale.ROOT).startsWith("oauth.");
    }

    /**
     * Returns the portal's REST address as the client sees it. If the OAuth host has a name of its own, the portal's
     * host is the one of its domain.
     */
    URI portalAsSeen(Portal portal) {
        URI seen = asSeen(portal.restUri(), portal.server().uri());
        if (!isAuthHost(headers) || seen.equals(portal.restUri())) {
            return seen;
        }
        int port = seen.getPort();
        String domain = portal.domain();
        return URI.create(
                seen.getScheme() + "://" + domain + (port < 0 || domain.contains(":") ? "" : ":" + port) + "/rest/");
    }

    /** Returns the REST address of the OAuth host as the client sees it. */
    URI authHostAsSeen(Portal portal) {
        URI seen = asSeen(portal.serverEndpoint(), portal.server().uri());
        return isAuthHost(headers) && !seen.equals(portal.serverEndpoint())
                ? URI.create(seen.getScheme() + "://" + seen.getAuthority() + "/rest/")
                : seen;
    }

    private static Place place(List<String> segments) {
        String first = segments.isEmpty() ? "" : segments.get(0);
        String second = segments.size() < 2 ? "" : segments.get(1);
        if (first.equals("rest")) {
            return Place.REST;
        }
        if (first.equals("oauth")) {
            return Place.OAUTH;
        }
        if (first.startsWith(PortalFile.LINK) && segments.size() == 1) {
            return Place.LINK;
        }
        if (first.equals("auth") && (second.equals("rest") || second.equals("oauth"))) {
            return second.equals("rest") ? Place.AUTH_HOST_REST : Place.OAUTH;
        }
        return Place.NOWHERE;
    }

    String httpMethod() {
        return httpMethod;
    }

    /** Returns the portal named by the path, if any. */
    Optional<String> label() {
        return Optional.ofNullable(label);
    }

    Place place() {
        return place;
    }

    /** Returns the parts behind {@code rest/} or {@code oauth/}, or the link, without empty ones. */
    List<String> path() {
        return path;
    }

    Optional<String> header(String lowerCaseName) {
        return Optional.ofNullable(headers.get(lowerCaseName));
    }

    /** Returns all parameters, in order; the caller owns the map. */
    Map<String, JsonValue> parameters() {
        return new LinkedHashMap<>(parameters);
    }

    /** Returns one scalar parameter as text. */
    Optional<String> text(String name) {
        return Optional.ofNullable(parameters.get(name)).flatMap(RestRequest::scalar);
    }

    /** Returns the access token: the Authorization header, else {@code auth}, else {@code access_token}. */
    Optional<String> accessToken() {
        Matcher bearer = BEARER.matcher(headers.getOrDefault("authorization", ""));
        if (bearer.matches()) {
            return Optional.of(bearer.group(1));
        }
        return text("auth").or(() -> text("access_token"));
    }

    /**
     * Returns the address as the client sees it, if it reached this server through a proxy that says so in {@code
     * X-Forwarded-Proto} and {@code X-Forwarded-Host}; an address of elsewhere stays.
     *
     * @param own this server's own address
     */
    URI asSeen(URI address, URI own) {
        String proto = first("x-forwarded-proto").orElse("http").toLowerCase(Locale.ROOT);
        String host =
                first("x-forwarded-host").or(() -> first("host")).orElse("").toLowerCase(Locale.ROOT);
        boolean forwarded = headers.containsKey("x-forwarded-proto") || headers.containsKey("x-forwarded-host");
        boolean ours = address.toString().startsWith(own.toString());
        if (!forwarded
                || !ours
                || !(proto.equals("http") || proto.equals("https"))
                || !AUTHORITY.matcher(host).matches()) {
            return address;
        }
        return URI.create(proto + "://" + host + "/"
                + address.toString().substring(own.toString().length()));
    }

    /** Returns the value that the outermost of several proxies set. */
    private Optional<String> first(String lowerCaseName) {
        return header(lowerCaseName).map(value -> value.split(",", 2)[0].trim());
    }

    static Optional<String> scalar(JsonValue value) {
        return switch (value.getValueType()) {
            case STRING -> Optional.of(((JsonString) value).getString());
            case NUMBER -> Optional.of(value.toString());
            case TRUE -> Optional.of("1");
            case FALSE -> Optional.of("");
            case NULL, ARRAY, OBJECT -> Optional.empty();
        };
    }

    private static Map<String, JsonValue> bodyParameters(String httpMethod, String contentType, byte[] body) {
        String type = contentType.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
        if (body.length == 0) {
            return Map.of();
        }
        if (httpMethod.equals("POST") && (type.equals("application/json") || type.endsWith("+json"))) {
            return json(body);
        }
        if (httpMethod.equals("POST") && type.equals("multipart/form-data")) {
            return form(Multipart.asForm(contentType, body));
        }
        return form(body);
    }

    static Map<String, JsonValue> json(byte[] body) {
        try {
            JsonValue value = PhpJson.parse(body);
            return value instanceof JsonObject object ? object : Map.of();
        } catch (JsonException e) {
            // The portal ignores a broken body and continues with the query's parameters.
            return Map.of();
        }
    }

    static Map<String, JsonValue> form(byte[] form) {
        try {
            JsonStructure decoded = PhpForm.decode(form, LIMITS);
            if (decoded instanceof JsonObject object) {
                return object;
            }
            Map<String, JsonValue> list = new LinkedHashMap<>();
            decoded.asJsonArray().forEach(item -> list.put(Integer.toString(list.size()), item));
            return list;
        } catch (DecodeException e) {
            // PHP drops parameters above its limits. The simulator then ignores the whole body.
            return Map.of();
        }
    }
}
