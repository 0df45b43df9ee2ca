// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/** Writes files that only their owner may read. */
final class PrivateFile {

    private PrivateFile() {}

    /** Writes a text to a file, and replaces an existing one. */
    static void write(Path file, String text) {
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] own = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder == null) {
                throw CommandFailure.badInput("the file " + file + " cannot be written");
            }
            Files.createDirectories(folder);
            Path whole = Files.createTempFile(folder, ".openlines", ".tmp", own);
            try {
                Files.writeString(whole, text);
                Files.move(whole, file, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(whole);
            }
        } catch (IOException e) {
            throw CommandFailure.badInput("the file " + file + " cannot be written");
        }
    }
}
