// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Duration;

/**
 * What senders may take of an {@link HttpPort}.
 *
 * @param head how long a request's line and headers may take, from the connection or the first byte after the
 *     answer before
 * @param body how long its body may take
 * @param idle how long nothing may come or go
 * @param room how many bytes all requests together may hold, see {@link Gate}
 */
record HttpLimits(Duration head, Duration body, Duration idle, long room) {

    static final HttpLimits DEFAULT =
            new HttpLimits(Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(30), Gate.room());
}
