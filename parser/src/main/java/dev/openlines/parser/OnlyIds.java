// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Recognizes the data of events that only name the object which changed. */
final class OnlyIds {

    /** The word that events of tasks have in place of values that they do not contain. */
    private static final byte[] UNDEFINED = "undefined".getBytes(US_ASCII);

    /** The beginning of the name of a flag next to the ids of a task, which tells nothing about the change. */
    private static final String FLAG = "IS_ACCESSIBLE_";

    private OnlyIds() {}

    /** Returns whether each leaf is an id within a block of fields, a flag, or undefined, and at least one is an id. */
    static boolean are(@Nullable Node data) {
        if (data == null || !data.isArray()) {
            return false;
        }
        boolean any = false;
        for (Node block = data.firstChild(); block != null; block = block.nextSibling()) {
            if (block.isText(UNDEFINED)) {
                continue;
            }
            if (!block.isArray() || !block.key().startsWith("FIELDS")) {
                return false;
            }
            for (Node field = block.firstChild(); field != null; field = field.nextSibling()) {
                if (field.isText(UNDEFINED) || field.key().startsWith(FLAG)) {
                    continue;
                }
                if (field.isArray() || !isId(field.key())) {
                    return false;
                }
                any = true;
            }
        }
        return any;
    }

    private static boolean isId(String key) {
        String name = key.toUpperCase(Locale.ROOT);
        return name.equals("ID") || name.endsWith("_ID");
    }
}
