// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a call of {@code event.test}, which proves that events of a portal reach the application.
 *
 * @param header the fields that every event has; its auth has an access and a refresh token
 * @param query the parameters of that call; wire field {@code data[QUERY]}, in the form that
 *     {@link UnknownEvent#data()} describes. Null if the call had none
 * @param languageId the portal's language; wire field {@code data[LANGUAGE_ID]}
 * @see <a href="https://apidocs.bitrix24.com/api-reference/events/test-handler.html">event.test</a>
 */
public record OnAppTest(
        EventHeader header,
        @Nullable Object query,
        @Nullable String languageId) implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONAPPTEST";

    public OnAppTest {
        Objects.requireNonNull(header, "header");
        query = UnknownEvent.copyOf(query);
    }

    /**
     * Describes the size of the query but not its contents.
     *
     * @return such as {@code OnAppTest[header=…, query=a map of 1, languageId=en]}
     */
    @Override
    public String toString() {
        return "OnAppTest[header=" + header + ", query=" + UnknownEvent.describe(query) + ", languageId=" + languageId
                + "]";
    }
}
