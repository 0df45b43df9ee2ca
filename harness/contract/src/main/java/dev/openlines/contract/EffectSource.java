// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;

/** A source of a handler's effects. Called repeatedly, by one thread at a time. */
@FunctionalInterface
public interface EffectSource {

    /**
     * Returns all effects so far, old ones included, in any order. May block for a short time.
     *
     * @return a collection that no longer changes; the same effect as often as it happened
     * @throws IOException if they cannot be read now; the suite asks again
     */
    Collection<Effect> effects() throws IOException;

    /**
     * Reads the form of the command line's {@code --evidence}.
     *
     * @param text {@code file:PATH} of JSON lines, {@code url:URL} that answers with JSON lines or an array of
     *     objects, or {@code cmd:COMMAND}, a shell command that prints them
     * @return a source
     * @throws IllegalArgumentException if it has none of these forms
     */
    static EffectSource of(String text) {
        return EffectSources.of(text);
    }

    /**
     * Reads a file of JSON lines that the handler appends to.
     *
     * @param file the file, which need not exist yet
     * @return a source that continues from its last place
     */
    static EffectSource file(Path file) {
        return EffectSources.file(file);
    }
}
