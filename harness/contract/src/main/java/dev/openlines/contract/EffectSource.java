// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.util.Collection;

/** Where the suite reads a handler's effects. Called again and again, by one thread at a time. */
@FunctionalInterface
public interface EffectSource {

    /**
     * Returns all effects so far, old ones included, in any order. May block for a short time.
     *
     * @return a collection that no longer changes; the same effect as often as it happened
     * @throws IOException if they cannot be read now; the suite asks again
     */
    Collection<Effect> effects() throws IOException;
}
