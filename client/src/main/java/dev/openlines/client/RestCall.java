// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import jakarta.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One call of a REST method: its name, its parameters, and whether it may be sent twice. */
public final class RestCall {

    private static final Pattern METHOD = Pattern.compile("[A-Za-z0-9_]+(\\.[A-Za-z0-9_]+)*");

    /** Methods that only read, in addition to those whose names end in {@code .get} or {@code .list}. */
    private static final Set<String> READING = Set.of("profile", "app.info", "scope", "events", "server.time");

    /** The name looks like that of a reading method, but the method takes events out of the queue. */
    private static final String TAKING = "event.offline.get";

    private final String method;
    private final JsonObject params;
    private final boolean idempotent;
    private final @Nullable String list;

    private RestCall(String method, JsonObject params, boolean idempotent, @Nullable String list) {
        this.method = method;
        this.params = params;
        this.idempotent = idempotent;
        this.list = list;
    }

    /**
     * Returns a call without parameters.
     *
     * @param method such as {@code profile}
     * @return a call
     * @throws IllegalArgumentException if the name is not words with dots between
     */
    public static RestCall of(String method) {
        return of(method, Map.of());
    }

    /**
     * Returns a call. Methods known to read, by their names, are idempotent from the start.
     *
     * @param method such as {@code imopenlines.dialog.get}
     * @param params names to texts, numbers, booleans, nulls, maps, lists or {@link
     *     jakarta.json.JsonValue}s, copied; many methods want the names in upper case
     * @return a call
     * @throws IllegalArgumentException if the name is not words with dots between, or a parameter
     *     has no JSON form
     */
    public static RestCall of(String method, Map<String, ?> params) {
        if (!METHOD.matcher(method).matches()) {
            throw new IllegalArgumentException("expected a method such as event.bind but found " + method.length()
                    + " characters of another form");
        }
        return new RestCall(
                method, Wire.JSON.createObjectBuilder(params).build(), reads(method.toLowerCase(Locale.ROOT)), null);
    }

    /**
     * Returns the same call with your promise that sending it twice has no more effect than sending it once. After an
     * attempt with an unknown outcome, only such a call is sent again.
     *
     * @return an idempotent call
     */
    public RestCall idempotent() {
        return new RestCall(method, params, true, list);
    }

    /**
     * Returns the same call of a method whose entries are in a member of the result, as those of {@code crm.item.list}
     * are in {@code items}, for {@link PortalClient#list(RestCall)}.
     *
     * @param member the member's name
     * @return a call
     */
    public RestCall listing(String member) {
        return new RestCall(method, params, idempotent, Objects.requireNonNull(member, "member"));
    }

    /** Returns the entries of a page. */
    List<Fields> entries(Fields result) {
        return list == null ? result.elements() : result.member(list).elements();
    }

    /** Returns this call for another page. */
    RestCall startingAt(long start) {
        return new RestCall(
                method,
                Wire.JSON.createObjectBuilder(params).add("start", start).build(),
                idempotent,
                list);
    }

    /**
     * Returns the method's name.
     *
     * @return as given
     */
    public String method() {
        return method;
    }

    /**
     * Returns the parameters, without any token.
     *
     * @return as given
     */
    public JsonObject params() {
        return params;
    }

    /**
     * Tells whether the call may be sent twice.
     *
     * @return whether it only reads, or was marked as idempotent
     */
    public boolean isIdempotent() {
        return idempotent;
    }

    /** Returns the method and the number of parameters. */
    @Override
    public String toString() {
        return method + " with " + params.size() + " parameters";
    }

    private static boolean reads(String method) {
        return !method.equals(TAKING)
                && (READING.contains(method) || method.endsWith(".get") || method.endsWith(".list"));
    }
}
