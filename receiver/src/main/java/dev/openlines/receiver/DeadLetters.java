// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The dead letters of an inbox, for a person to look at and to decide about. Every method blocks, and
 * throws a {@link StoreException} if the store is down.
 */
public interface DeadLetters {

    /**
     * Lists dead letters by id.
     *
     * @param after only those with a greater id, 0 for the first
     * @param max how many at most
     * @return dead letters without their history
     */
    List<DeadLetter> list(long after, int max);

    /**
     * Shows one.
     *
     * @param id its id
     * @return the dead letter with its history, or empty if no dead letter has that id
     */
    Optional<DeadLetter> show(long id);

    /**
     * Gives a dead letter back to the handlers, with the full number of attempts. Its history stays.
     *
     * @param id its id
     * @param now the caller's time
     * @return false if no dead letter has that id
     */
    boolean requeue(long id, Instant now);

    /**
     * Gives a dead letter up. It then counts as done, so another delivery of its event is still a duplicate.
     *
     * @param id its id
     * @param now the caller's time
     * @return false if no dead letter has that id
     */
    boolean discard(long id, Instant now);

    /**
     * Forgets letters that died before a time, with their history; other events stay. In a SQL inbox their keys go
     * with them: an event that is sent again after that is a new one. This default discards them one by one.
     *
     * @param diedBefore forget letters that died before this time
     * @return how many were forgotten
     */
    default int purge(Instant diedBefore) {
        int count = 0;
        List<DeadLetter> letters = list(0, 100);
        while (!letters.isEmpty()) {
            for (DeadLetter letter : letters) {
                if (letter.diedAt().isBefore(diedBefore) && discard(letter.id(), diedBefore)) {
                    count++;
                }
            }
            letters = list(letters.get(letters.size() - 1).id(), 100);
        }
        return count;
    }
}
