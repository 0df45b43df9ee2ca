// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.OneLine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether this process is the only user of a file, by a lock that the operating system frees when the process
 * dies, in any way. If so, all leases from before belong to dead processes.
 *
 * <p>There are two locks. One process has the first as long as it lives. All have the second together, so that a process
 * that comes when the first has ended sees whether another one is still there.
 */
final class ProcessLock implements AutoCloseable {

    private static final int NOTE_BYTES = 4096;

    /** The position of the second lock, far behind the note. */
    private static final long PRESENT = 1L << 40;

    private final @Nullable FileChannel channel;
    private final @Nullable FileLock lock;

    private ProcessLock(@Nullable FileChannel channel, @Nullable FileLock lock) {
        this.channel = channel;
        this.lock = lock;
    }

    /** Returns a lock that is never ours, for a store which others may share at any time. */
    static ProcessLock none() {
        return new ProcessLock(null, null);
    }

    /** Tries to lock a file beside another. */
    static ProcessLock beside(Path file) {
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    file.resolveSibling(file.getFileName() + ".lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            return new ProcessLock(channel, first(channel));
        } catch (OverlappingFileLockException e) {
            return new ProcessLock(channel, null);
        } catch (IOException e) {
            throw new StoreException("cannot open " + file + ": " + cause(file, e), e);
        }
    }

    /** Returns the first lock, or null if another process has it or the second. Then has the second, with the others. */
    private static @Nullable FileLock first(FileChannel channel) throws IOException {
        FileLock first = channel.tryLock(0, PRESENT, false);
        if (first != null) {
            FileLock others = channel.tryLock(PRESENT, 1, false);
            if (others == null) {
                first.release();
                first = null;
            } else {
                others.release();
            }
        }
        // For a moment the first process has it for itself.
        channel.lock(PRESENT, 1, true);
        return first;
    }

    private static String cause(Path file, IOException e) {
        if (e instanceof NoSuchFileException) {
            return "there is no folder " + file.getParent();
        }
        if (e instanceof AccessDeniedException) {
            return "this process may not write in the folder " + file.getParent();
        }
        return OneLine.of(String.valueOf(e.getMessage()), 200);
    }

    boolean alone() {
        return lock != null;
    }

    /** Returns what the last process that was alone has noted, or nothing if that cannot be read. */
    String note() {
        if (channel == null) {
            return "";
        }
        try {
            ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(channel.size(), NOTE_BYTES));
            while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) >= 0) {
                // reads on
            }
            return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    /** Notes a text for the next process, durably. */
    void note(String text) throws IOException {
        if (channel != null) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            channel.truncate(0);
            while (bytes.hasRemaining()) {
                channel.write(bytes, bytes.position());
            }
            channel.force(true);
        }
    }

    @Override
    public void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw new StoreException("cannot unlock the inbox", e);
        }
    }
}
