// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a file is ours alone, by a lock that the operating system frees when its process dies,
 * however it dies. Who is alone knows that whatever was leased before is nobody's.
 */
final class ProcessLock implements AutoCloseable {

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
                    StandardOpenOption.WRITE);
            return new ProcessLock(channel, channel.tryLock());
        } catch (OverlappingFileLockException e) {
            return new ProcessLock(channel, null);
        } catch (IOException e) {
            throw new StoreException("cannot lock " + file, e);
        }
    }

    boolean alone() {
        return lock != null;
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
