// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

/** The published shapes of an open line's event, which are recognized by their content. */
public enum Dialect {
    /** The shape in the server's source: {@code DATA} is one object, with {@code chat[chat_id]} and {@code line}. */
    PLATFORM("platform"),

    /**
     * The example of the vendor's pages from November 2024 to May 2026: a list, the line under
     * {@code user}.
     */
    DOCS_2024("docs-2024"),

    /** The parameter table of the same pages: one object, with {@code chat[id]} and {@code line}. */
    DOCS_2024_TABLE("docs-2024-table"),

    /** The vendor's pages from July 2026: a list, with {@code session} and {@code user}, without line. */
    DOCS_2026("docs-2026");

    private final String label;

    Dialect(String label) {
        this.label = label;
    }

    /**
     * Returns the dialect with a label.
     *
     * @param label such as {@code docs-2024-table}
     * @return the dialect
     * @throws IllegalArgumentException if no dialect has this label
     */
    public static Dialect of(String label) {
        for (Dialect dialect : values()) {
            if (dialect.label.equals(label)) {
                return dialect;
            }
        }
        throw new IllegalArgumentException(
                "expected one of platform, docs-2024, docs-2024-table, docs-2026 as dialect");
    }

    /**
     * Returns the name that command lines and reports use.
     *
     * @return such as {@code docs-2024-table}
     */
    public String label() {
        return label;
    }
}
