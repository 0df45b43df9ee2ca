// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Duration;

/**
 * What a sender may take of a {@link HttpPort}.
 *
 * @param head how long a request's line and headers may take, from the connection or the first byte after the
 *     answer before
 * @param body how long its body may take
 * @param idle how long nothing may come or go
 * @param requests how many requests may be read and answered at a time
 */
record HttpLimits(Duration head, Duration body, Duration idle, int requests) {

    static final HttpLimits DEFAULT =
            new HttpLimits(Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(30), Gate.DEFAULT);
}
