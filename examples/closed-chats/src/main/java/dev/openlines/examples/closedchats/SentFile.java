// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import org.jspecify.annotations.Nullable;

/**
 * A file that was sent with a message. Its content stays on the portal.
 *
 * @param name as the sender named it
 * @param type the platform's kind, such as {@code image}
 * @param size in bytes
 * @param address the portal's page for people who are signed in there, null if not known
 */
record SentFile(
        String name, String type, long size, @Nullable String address) {

    /** Returns the size in words; public for templates. */
    public String sizeText() {
        if (size < 1024) {
            return size == 1 ? "1 byte" : size + " bytes";
        }
        return size < 1024 * 1024 ? size / 1024 + " KiB" : size / (1024 * 1024) + " MiB";
    }

    /** Leaves the name out. */
    @Override
    public String toString() {
        return "file of " + size + " bytes";
    }
}
