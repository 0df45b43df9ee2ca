// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.parser.PhpForm;
import jakarta.json.JsonObjectBuilder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Up to 50 calls in one, run by the portal in order. A call's parameters may refer to the result of one
 * before it, by {@link #reference}. Immutable: each method returns another batch.
 *
 * <p>A batch is sent again after an attempt of unknown outcome only if all its calls are idempotent.
 *
 * @see <a href="https://apidocs.bitrix24.com/api-reference/how-to-call-rest-api/batch.html">batch</a>
 */
public final class Batch {

    /** The most calls that a batch may hold. */
    public static final int MAX_CALLS = 50;

    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_]{1,64}");

    private final Map<String, RestCall> calls;
    private final boolean halt;

    private Batch(Map<String, RestCall> calls, boolean halt) {
        this.calls = calls;
        this.halt = halt;
    }

    /**
     * Returns a batch without calls, which continues after a call that failed.
     *
     * @return an empty batch
     */
    public static Batch empty() {
        return new Batch(Map.of(), false);
    }

    /**
     * Returns a reference to the result of an earlier call, to be used as a parameter's whole value.
     *
     * @param key the earlier call's
     * @param path members and indexes within its result, such as {@code "0", "ID"}; none for the whole result
     * @return such as {@code $result[first][0][ID]}
     * @throws IllegalArgumentException if a key or a step is not letters, digits and underscores
     */
    public static String reference(String key, String... path) {
        StringBuilder reference =
                new StringBuilder("$result[").append(checked(key)).append(']');
        for (String step : path) {
            reference.append('[').append(checked(step)).append(']');
        }
        return reference.toString();
    }

    /**
     * Adds a call.
     *
     * @param key names its result: letters, digits and underscores, not seen in this batch before
     * @param call any call but a batch
     * @return a longer batch
     * @throws IllegalArgumentException if the key is malformed or taken, the batch is full, or the call
     *     is a batch
     */
    public Batch with(String key, RestCall call) {
        if (calls.containsKey(checked(key))) {
            throw new IllegalArgumentException("expected a key of its own for each call but found " + key + " twice");
        }
        if (calls.size() == MAX_CALLS) {
            throw new IllegalArgumentException("expected at most " + MAX_CALLS + " calls in a batch but found more");
        }
        if (call.method().equalsIgnoreCase("batch")) {
            throw new IllegalArgumentException("expected no batch within a batch but found one");
        }
        Map<String, RestCall> more = new LinkedHashMap<>(calls);
        more.put(key, call);
        return new Batch(more, halt);
    }

    /**
     * Returns the same batch, but one that stops at the first call that fails.
     *
     * @return a batch that halts
     */
    public Batch haltOnError() {
        return new Batch(calls, true);
    }

    Map<String, RestCall> calls() {
        return calls;
    }

    RestCall call() {
        JsonObjectBuilder commands = Wire.JSON.createObjectBuilder();
        calls.forEach((key, call) -> {
            String query = new String(PhpForm.encode(call.params()), StandardCharsets.US_ASCII);
            commands.add(key, query.isEmpty() ? call.method() : call.method() + "?" + query);
        });
        RestCall batch = RestCall.of("batch", Map.of("halt", halt ? 1 : 0, "cmd", commands.build()));
        return calls.values().stream().allMatch(RestCall::isIdempotent) ? batch.idempotent() : batch;
    }

    private static String checked(String key) {
        if (!KEY.matcher(key).matches()) {
            throw new IllegalArgumentException("expected letters, digits and underscores but found a key of "
                    + key.length() + " other characters");
        }
        return key;
    }
}
