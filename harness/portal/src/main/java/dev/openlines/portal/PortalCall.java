// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request that reached a portal, as its journal keeps it: secrets are masked.
 *
 * @param at when it came, by the machine's clock
 * @param method the REST method in lower case, or {@code oauth/token} and {@code oauth/authorize}
 * @param parameters the parameters as JSON, tokens as {@code ***}
 * @param userId the portal user that it was made for, 0 if it was not authorized
 * @param status HTTP status of the answer
 * @param errorCode the answer's {@code error}, null if there is none
 * @param declared false if the portal has no such method and the test declared none
 * @param provenance the source of the answer's shape
 * @param took how long the answer took
 * @param fault the fault that happened to it, or null if there was none
 */
public record PortalCall(
        Instant at,
        String method,
        String parameters,
        long userId,
        int status,
        @Nullable String errorCode,
        boolean declared,
        Provenance provenance,
        Duration took,
        @Nullable String fault) {

    /**
     * Returns the code of the error answered.
     *
     * @return the code, empty for a success
     */
    public Optional<String> error() {
        return Optional.ofNullable(errorCode);
    }
}
