// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.model.Printed;
import dev.openlines.model.Secret;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An event that waited in a portal's queue. The portal merges identical waiting events: if a chat is closed twice
 * between two drains, there is one event.
 *
 * @param memberId the portal
 * @param messageId a digest of event and payload, 32 characters: equal for every close of one chat; wire
 *     field {@code MESSAGE_ID}
 * @param event its code in upper case; wire field {@code EVENT_NAME}
 * @param queuedAt when it was queued; wire field {@code TIMESTAMP_X}
 * @param data the payload as JSON with its types; wire field {@code EVENT_DATA}, an empty object if the platform sent
 *     {@code false} or an empty list
 * @param userId the user who caused it, null if unknown; wire field {@code EVENT_ADDITIONAL[user_id]}
 * @see <a href="https://apidocs.bitrix24.com/api-reference/events/offline-events.html">Offline events</a>
 */
public record OfflineEvent(
        String memberId,
        String messageId,
        String event,
        Instant queuedAt,
        JsonValue data,
        @Nullable Long userId) {

    /**
     * Returns the event as the request body that the portal would have posted, so that it can take the same way as
     * every other event: through the receiver's verification into its inbox. The same event gives the same body each
     * time.
     *
     * @param applicationToken the portal's, which the receiver will check
     * @return a JSON body; it holds the token, so hand it on and do not keep it
     */
    public byte[] toDelivery(Secret applicationToken) {
        JsonObjectBuilder auth = Wire.JSON
                .createObjectBuilder()
                .add("member_id", memberId)
                .add("application_token", applicationToken.reveal());
        return Wire.json(Wire.JSON
                .createObjectBuilder()
                .add("event", event)
                .add("data", data)
                .add("ts", Long.toString(queuedAt.getEpochSecond()))
                .add("auth", auth)
                .build());
    }

    /** Returns the code and the message id on one line, not the payload. */
    @Override
    public String toString() {
        return Printed.line(event + " " + messageId);
    }

    static OfflineEvent of(String memberId, Fields row) {
        JsonValue data = row.member("EVENT_DATA").value();
        boolean nothing = JsonValue.FALSE.equals(data)
                || JsonValue.NULL.equals(data)
                || (data instanceof JsonArray list && list.isEmpty());
        Fields additional = row.member("EVENT_ADDITIONAL");
        Long user = additional.value() instanceof JsonObject
                ? additional.member("user_id").integerOrNull()
                : null;
        return new OfflineEvent(
                memberId,
                row.member("MESSAGE_ID").text(),
                row.member("EVENT_NAME").text().toUpperCase(java.util.Locale.ROOT),
                row.member("TIMESTAMP_X").time(),
                nothing ? JsonValue.EMPTY_JSON_OBJECT : data,
                user);
    }
}
