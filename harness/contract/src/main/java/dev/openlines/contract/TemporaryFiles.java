// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Finds files that a handler on this machine may have left in the folder for temporary files. */
final class TemporaryFiles {

    private static final long LARGEST = 1 << 20;

    private TemporaryFiles() {}

    /**
     * Returns whether a fresh file directly in that folder holds the text. Reports of the suite itself are elsewhere.
     */
    static boolean hold(String text) {
        Path folder = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
        long recent = System.currentTimeMillis() - 600_000;
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> !file.getFileName().toString().startsWith("openlines-"))
                    .filter(Files::isRegularFile)
                    .filter(Files::isReadable)
                    .anyMatch(file -> holds(file, text, recent));
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean holds(Path file, String text, long recent) {
        try {
            return Files.getLastModifiedTime(file).toMillis() >= recent
                    && Files.size(file) <= LARGEST
                    && new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text);
        } catch (IOException e) {
            return false;
        }
    }
}
