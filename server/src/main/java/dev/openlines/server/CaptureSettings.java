// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import java.nio.file.Path;

/**
 * The settings of captures.
 *
 * @param folder the folder of the captures
 * @param each how many of each event's code are kept
 */
record CaptureSettings(Path folder, int each) {

    /** The largest number of captures of one event's code. */
    static final int MOST = 10;

    CaptureSettings {
        if (each < 1 || each > MOST) {
            throw new IllegalArgumentException("expected 1 to " + MOST + " captures of each event but found " + each);
        }
    }
}
