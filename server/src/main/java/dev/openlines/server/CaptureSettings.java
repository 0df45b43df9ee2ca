// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.receiver.spi.OneLine;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The settings of captures.
 *
 * @param folder the folder of the captures
 * @param each how many of each event's code are kept
 */
record CaptureSettings(Path folder, int each) {

    private static final String FOLDER = "OPENLINES_CAPTURES";
    private static final String EACH = "OPENLINES_CAPTURES_EACH";

    static final List<String> NAMES = List.of(FOLDER, EACH);

    private static final int USUAL = 3;
    private static final int MOST = 10;

    CaptureSettings {
        if (each < 1 || each > MOST) {
            throw new IllegalArgumentException("expected 1 to " + MOST + " captures of each event but found " + each);
        }
    }

    /**
     * Reads the settings; empty if requests are not captured.
     *
     * @throws ConfigurationException if one is wrong
     */
    static Optional<CaptureSettings> of(Map<String, String> values) {
        String folder = values.getOrDefault(FOLDER, "");
        String each = values.getOrDefault(EACH, "");
        if (folder.isBlank() && !each.isBlank()) {
            throw Settings.none(FOLDER);
        }
        try {
            return folder.isBlank()
                    ? Optional.empty()
                    : Optional.of(
                            new CaptureSettings(Path.of(folder), each.isBlank() ? USUAL : Integer.parseInt(each)));
        } catch (InvalidPathException e) {
            throw new ConfigurationException(
                    FOLDER + ": expected the name of a folder, found \"" + OneLine.of(folder, 60) + "\": "
                            + e.getReason(),
                    null);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    EACH + ": expected a number from 1 to " + MOST + ", found \"" + OneLine.of(each, 60) + '"', null);
        }
    }
}
