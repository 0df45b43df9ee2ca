// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Instant;
import java.util.List;

/**
 * An event that no attempt will handle until an operator requeues it.
 *
 * @param id the event's place in the inbox
 * @param memberId the portal that sent it
 * @param event the event's code
 * @param idempotencyKey the key that is equal for repeated deliveries of the event, 64 hexadecimal digits
 * @param payload the event as canonical JSON without credentials; it holds what people wrote
 * @param receivedAt when it was received
 * @param diedAt when it became a dead letter
 * @param reason why
 * @param attempts how often it was given to a handler
 * @param history every attempt that failed, the oldest first
 */
public record DeadLetter(
        long id,
        String memberId,
        String event,
        String idempotencyKey,
        String payload,
        Instant receivedAt,
        Instant diedAt,
        String reason,
        int attempts,
        List<Attempt> history) {

    public DeadLetter {
        history = List.copyOf(history);
    }

    /**
     * Names the event, not its content.
     *
     * @return id, code and number of attempts
     */
    @Override
    public String toString() {
        return "dead letter " + id + " " + event + " attempts " + attempts;
    }

    /**
     * An attempt that failed.
     *
     * @param number which attempt, from 1; 0 for a decision between attempts
     * @param at when it ended
     * @param outcome {@code retry} or {@code dead}; {@code requeued} or {@code discarded} by an operator
     * @param reason why
     */
    public record Attempt(int number, Instant at, String outcome, String reason) {}
}
