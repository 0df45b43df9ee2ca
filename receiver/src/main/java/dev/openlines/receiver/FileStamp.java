// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells a file from others, and from itself before it was written to.
 *
 * @param key the device and the number of the file; a word if the file system has no numbers; empty if it is missing
 */
record FileStamp(String key, long size, long modified) {

    static final FileStamp MISSING = new FileStamp("", -1, 0);

    static FileStamp of(Path file) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new FileStamp(
                    Objects.requireNonNullElse(attributes.fileKey(), "file").toString(),
                    attributes.size(),
                    attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS));
        } catch (NoSuchFileException | NotDirectoryException e) {
            return MISSING;
        }
    }

    /** Tells whether a stored stamp has this size and time. The number of a device may change. */
    boolean sameTime(String written) {
        return written.endsWith(", size=" + size + ", modified=" + modified + "]");
    }

    boolean missing() {
        return size < 0;
    }

    // A record's own methods are generated when they are first called, which took about 50 ms of a receiver's start.

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FileStamp stamp
                && key.equals(stamp.key)
                && size == stamp.size
                && modified == stamp.modified;
    }

    @Override
    public int hashCode() {
        return Objects.hash(key, size, modified);
    }

    /** Returns the text that notes beside an inbox hold. */
    @Override
    public String toString() {
        return "FileStamp[key=" + key + ", size=" + size + ", modified=" + modified + "]";
    }
}
