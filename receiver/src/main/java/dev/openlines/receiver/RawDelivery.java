// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A request as it came. Nothing in it is verified.
 *
 * @param method the HTTP method as sent, such as {@code POST}
 * @param contentType the {@code Content-Type} header as sent, or null if there is none
 * @param body the whole body. Not copied: the caller gives it away
 * @param traceparent the {@code traceparent} header as sent, such as a proxy adds, or null if there is none
 * @param source the address of the sender, such as {@code 203.0.113.7}, or null if it is unknown. Behind a proxy it is
 *     the proxy's address, unless the adapter knows the sender's
 */
@SuppressWarnings("ArrayRecordComponent") // Carries bytes from adapter to core; never compared.
public record RawDelivery(
        String method,
        @Nullable String contentType,
        byte[] body,
        @Nullable String traceparent,
        @Nullable String source) {

    public RawDelivery {
        Objects.requireNonNull(method, "method");
        Objects.requireNonNull(body, "body");
    }

    /**
     * Makes a request without a trace and with an unknown sender.
     *
     * @param method the HTTP method as sent, such as {@code POST}
     * @param contentType the {@code Content-Type} header as sent, or null if there is none
     * @param body the whole body. Not copied: the caller gives it away
     */
    public RawDelivery(String method, @Nullable String contentType, byte[] body) {
        this(method, contentType, body, null, null);
    }

    /**
     * Names the length of the body but not its content, which holds tokens.
     *
     * @return method and number of bytes
     */
    @Override
    public String toString() {
        return "RawDelivery[" + body.length + " bytes]";
    }
}
