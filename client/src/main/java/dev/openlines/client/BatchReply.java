// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.client.Transport.Answer;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.net.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The outcome of each call of a {@link Batch}. */
public final class BatchReply {

    private final RestReply reply;
    private final Batch batch;

    BatchReply(RestReply reply, Batch batch) {
        this.reply = reply;
        this.batch = batch;
    }

    /**
     * Returns the whole answer.
     *
     * @return the answer as it came
     */
    public JsonObject raw() {
        return reply.raw();
    }

    /**
     * Returns the reply of one call.
     *
     * @param key the call's
     * @return its reply, with its own {@code next} and {@code total}
     * @throws RestException if the call failed; its type and {@link RestException#code} say how, its
     *     status is that of the whole batch
     * @throws UnexpectedReplyException if the answer does not mention the call, as after a halt
     * @throws IllegalArgumentException if the batch has no such call
     */
    public RestReply reply(String key) {
        RestCall call = batch.calls().get(key);
        if (call == null) {
            throw new IllegalArgumentException("the batch has no call with the key \"" + key + "\", its keys are "
                    + String.join(", ", batch.calls().keySet()));
        }
        Fields all = reply.fields();
        JsonValue error = part(all, "result_error", key);
        if (error instanceof JsonObject refused) {
            HttpHeaders none = HttpHeaders.of(Map.of(), (name, value) -> true);
            Wire.read(call.method(), new Answer(200, none, Wire.json(refused)), List.of());
        }
        JsonValue result = part(all, "result", key);
        if (result == null) {
            throw new UnexpectedReplyException(
                    call.method(), "a result or an error", "nothing", "$.result.result." + key);
        }
        JsonObjectBuilder one = Wire.JSON.createObjectBuilder().add("result", result);
        for (String name : List.of("next", "total")) {
            JsonValue value = part(all, "result_" + name, key);
            if (value != null) {
                one.add(name, value);
            }
        }
        return new RestReply(call.method(), one.build());
    }

    /** Returns a part. PHP prints a map as a list if its keys are 0, 1, 2 …, or if it is empty. */
    private static @org.jspecify.annotations.Nullable JsonValue part(Fields all, String name, String key) {
        JsonValue part = all.member(name).value();
        if (part instanceof JsonObject map) {
            return map.get(key);
        }
        if (part instanceof JsonArray list && key.matches("[0-9]{1,2}")) {
            int index = Integer.parseInt(key);
            return index < list.size() ? new ArrayList<>(list).get(index) : null;
        }
        return null;
    }
}
