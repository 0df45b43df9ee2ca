// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.Gate;
import java.time.Duration;

/**
 * The time and memory that senders may take. Each adapter applies the limits that it can: those for servlets and the
 * JDK's server leave headers and idle connections to their server.
 *
 * @param head how long a request's line and headers may take, counted from the connection, or from the first byte after
 *     the previous answer
 * @param body how long the body may take
 * @param idle how long a connection may be without any traffic
 * @param room how many bytes all unanswered requests together may hold, connections and headers included
 */
public record HttpLimits(Duration head, Duration body, Duration idle, long room) {

    /** Ten seconds for the head, ten for the body, thirty idle, a third of the heap. */
    public static final HttpLimits DEFAULT =
            new HttpLimits(Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(30), Gate.room());
}
