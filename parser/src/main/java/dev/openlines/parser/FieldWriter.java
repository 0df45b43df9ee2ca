// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import org.jspecify.annotations.Nullable;

/** Receives the fields of an event in wire order. Null values are left out, as PHP does. */
interface FieldWriter {

    /** Begins a block under a name, or under the next index within a list. */
    void open(@Nullable String name);

    /** Begins a list under a name, or under the next index within a list. */
    void openList(@Nullable String name);

    /** Ends the block or list begun last. */
    void close();

    /** Writes text; the name is null within a list. */
    void text(@Nullable String name, @Nullable String value);

    /** Writes an integer; the name is null within a list. */
    void number(@Nullable String name, @Nullable Long value);
}
