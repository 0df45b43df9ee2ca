// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A file of lines that several processes append to. Each holds a lock of its own from {@link #fresh()} to the end of
 * {@link #append}, which the caller takes. A line that a crash has cut off does not count. Not thread-safe.
 */
final class SharedLines implements AutoCloseable {

    private final FileChannel file;

    /** The end of the last complete line that was read or written. */
    private long end;

    private SharedLines(FileChannel file) {
        this.file = file;
    }

    static SharedLines open(Path path) throws IOException {
        return new SharedLines(
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
    }

    /** Returns the lines that were added since the last call and not by {@link #append} here. */
    List<String> fresh() throws IOException {
        ByteBuffer added = ByteBuffer.allocate(Math.toIntExact(Math.max(0, file.size() - end)));
        long at = end;
        for (int n = 0; n >= 0 && added.hasRemaining(); at += Math.max(n, 0)) {
            n = file.read(added, at);
        }
        int length = added.position();
        while (length > 0 && added.get(length - 1) != '\n') {
            length--;
        }
        end += length;
        return new String(added.array(), 0, length, StandardCharsets.UTF_8)
                .lines()
                .toList();
    }

    /** Adds whole lines after the last complete one. */
    void append(String lines) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(lines.getBytes(StandardCharsets.UTF_8));
        file.truncate(end);
        long at = end;
        while (bytes.hasRemaining()) {
            at += file.write(bytes, at);
        }
        end = at;
    }

    void force() throws IOException {
        file.force(false);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
