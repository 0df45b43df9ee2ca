// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The application was paid for on a portal, or its paid or trial time was extended. The documentation
 * shows it without tokens; no request was seen.
 *
 * @param header the fields that every event has
 * @param appCode the application's code, as in {@code vendor.application}; wire field {@code data[CODE]}
 * @param version the version installed, any text; wire field {@code data[VERSION]}
 * @param status how the application is paid now; wire field {@code data[STATUS]}
 * @param paymentExpired whether the paid or trial time is over; wire field {@code
 *     data[PAYMENT_EXPIRED]}, Y or N
 * @param days how many days of it are left, at least 0; wire field {@code data[DAYS]}
 * @param languageId the portal's language; wire field {@code data[LANGUAGE_ID]}
 * @see <a href="https://apidocs.bitrix24.com/api-reference/common/events/on-app-payment.html">OnAppPayment</a>
 */
public record OnAppPayment(
        EventHeader header,
        @Nullable String appCode,
        @Nullable String version,
        @Nullable AppStatus status,
        @Nullable Boolean paymentExpired,
        @Nullable Long days,
        @Nullable String languageId)
        implements Event {

    /** The event's code on the wire. */
    public static final String CODE = "ONAPPPAYMENT";

    public OnAppPayment {
        Objects.requireNonNull(header, "header");
    }
}
