// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A filter of chats; every text may be empty for all.
 *
 * @param words words or beginnings of words of the transcript, which must all occur
 * @param line the line's name
 * @param connector the channel's code
 * @param operator the operator's name
 */
record Filter(String words, String line, String connector, String operator) {

    /** The text between words, here and in the index of transcripts. */
    static final Pattern BETWEEN_WORDS = Pattern.compile("[^\\p{L}\\p{N}\\p{M}]+");

    static final Filter ALL = new Filter("", "", "", "");

    /** Tells whether every chat matches; public for templates. */
    public boolean isAll() {
        return equals(ALL);
    }

    /** Returns the words to search for, without characters that have a meaning in a full-text query. */
    List<String> searchWords() {
        List<String> found = new ArrayList<>();
        for (String word : BETWEEN_WORDS.split(words)) {
            if (!word.isEmpty() && found.size() < 20) {
                found.add(word);
            }
        }
        return found;
    }
}
