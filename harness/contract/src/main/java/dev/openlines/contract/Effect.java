// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.math.BigDecimal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One effect in the evidence of the handler under test: that a chat of a portal was closed. Ids are text, exactly as in
 * the evidence, but without leading zeros.
 *
 * @param chatId the chat; null if the handler named none
 * @param memberId the portal; null if the evidence does not have it
 * @param lineId the open line; null if the evidence does not have it
 * @param connectorId the connector's code; null if the evidence does not have it
 * @param lineName the open line's name; null if the evidence does not have it
 */
public record Effect(
        @Nullable String chatId,
        @Nullable String memberId,
        @Nullable String lineId,
        @Nullable String connectorId,
        @Nullable String lineName) {

    /** Only reads. */
    public Effect {
        chatId = plain(chatId);
        lineId = plain(lineId);
    }

    /**
     * Makes the effect of a chat, for a handler tested inside the same process.
     *
     * @param memberId the portal
     * @param chatId the chat
     * @return an effect without line and connector
     */
    public static Effect of(String memberId, long chatId) {
        return new Effect(Long.toString(chatId), memberId, null, null, null);
    }

    static Effect read(JsonObject line) {
        return new Effect(
                text(line, "chat_id"),
                text(line, "member_id"),
                text(line, "line_id"),
                text(line, "connector_id"),
                text(line, "line_name"));
    }

    private static @Nullable String text(JsonObject line, String name) {
        JsonValue value = line.get(name);
        if (value instanceof JsonString string) {
            return string.getString();
        }
        if (value instanceof JsonNumber number) {
            return whole(number.bigDecimalValue()).orElse(number.toString());
        }
        return value == null || value.getValueType() == JsonValue.ValueType.NULL ? null : value.toString();
    }

    private static Optional<String> whole(BigDecimal number) {
        boolean whole = number.precision() - number.scale() < 500
                && number.remainder(BigDecimal.ONE).signum() == 0;
        return whole ? Optional.of(number.toBigInteger().toString()) : Optional.empty();
    }

    /** Removes leading zeros, which have no meaning, and changes nothing else. */
    static @Nullable String plain(@Nullable String id) {
        return id == null ? null : id.replaceFirst("^0+(?=[0-9])", "");
    }
}
