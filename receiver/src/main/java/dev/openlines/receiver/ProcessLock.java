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
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whether the user of a file is its only one. It uses a lock that the operating system frees when the process
 * dies, in any way. If the user is the only one, all earlier leases belong to dead processes.
 *
 * <p>All processes that use the file share one lock. A process that begins or ends tries to get that lock for itself
 * alone. Meanwhile it holds a second lock, so that only one process at a time does this. If several end at once, one of
 * them finds that it is the last.
 *
 * <p>Closing any channel of a file frees all locks that the process has on it, so the users in one process share a
 * channel, which the last of them closes.
 */
final class ProcessLock implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ProcessLock.class);

    private static final int NOTE_BYTES = 4096;

    /** The position of the lock that all processes share, far behind the note. */
    private static final long PRESENT = 1L << 40;

    /** The position of the lock of a process that begins or ends. */
    private static final long GATE = PRESENT + 1;

    /** The files that this process uses, by their real paths. Guarded by itself. */
    private static final Map<Path, Opened> OPENED = new HashMap<>();

    /** A file that this process uses. Guarded by {@link #OPENED}. */
    private static final class Opened {
        private final Path path;
        private final FileChannel channel;
        private @Nullable FileLock present;
        private int users;

        Opened(Path path) throws IOException {
            this.path = path;
            this.channel = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        }

        /** Takes the shared lock. Returns whether no other process has it. */
        boolean enter() throws IOException {
            try {
                FileLock gate = channel.lock(GATE, 1, false);
                try {
                    FileLock others = channel.tryLock(PRESENT, 1, false);
                    if (others != null) {
                        others.release();
                    }
                    present = channel.lock(PRESENT, 1, true);
                    return others != null;
                } finally {
                    gate.release();
                }
            } catch (OverlappingFileLockException e) {
                // Another copy of this class is in this process.
                return false;
            }
        }

        void free() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new StoreException("cannot unlock the inbox", e);
            }
        }

        /**
         * Runs an action if no other process uses the file. No other can begin to use it until the channel is closed.
         */
        void leave(Runnable ifLast) throws IOException {
            if (present == null) {
                return;
            }
            // The lock is freed with the channel.
            var unused = channel.lock(GATE, 1, false);
            present.release();
            if (channel.tryLock(PRESENT, 1, false) != null) {
                ifLast.run();
            }
        }
    }

    private final @Nullable Opened opened;
    private final boolean alone;
    private boolean closed;

    private ProcessLock(@Nullable Opened opened, boolean alone) {
        this.opened = opened;
        this.alone = alone;
    }

    /**
     * Returns a lock that never says that this process is the only user, for a store that others may share at any time.
     */
    static ProcessLock none() {
        return new ProcessLock(null, false);
    }

    /** Tries to lock a file beside another. */
    static ProcessLock beside(Path file) {
        synchronized (OPENED) {
            try {
                Path path = real(file.resolveSibling(file.getFileName() + ".lock"));
                Opened opened = OPENED.get(path);
                boolean alone = false;
                if (opened == null) {
                    opened = new Opened(path);
                    try {
                        alone = opened.enter();
                        OPENED.put(path, opened);
                    } finally {
                        if (!OPENED.containsKey(path)) {
                            opened.free();
                        }
                    }
                }
                opened.users++;
                return new ProcessLock(opened, alone);
            } catch (IOException e) {
                throw new StoreException("cannot open " + file + ": " + cause(file, e), e);
            }
        }
    }

    /** Returns the one path of a file, which is made if it is missing. Opens no file that is there. */
    private static Path real(Path path) throws IOException {
        try {
            Files.createFile(path);
        } catch (FileAlreadyExistsException e) {
            // An earlier process has made it.
        }
        return path.toRealPath();
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

    /** Tells whether the file had no other user, in this process or another, when this one began. */
    boolean alone() {
        return alone;
    }

    /** Returns the note of the last process that was the only user, or nothing if it cannot be read. */
    String note() {
        if (opened == null) {
            return "";
        }
        try {
            FileChannel channel = opened.channel;
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
        if (opened != null) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            opened.channel.truncate(0);
            while (bytes.hasRemaining()) {
                opened.channel.write(bytes, bytes.position());
            }
            opened.channel.force(true);
        }
    }

    /** Frees the file. Does nothing if it was freed before. */
    @Override
    public void close() {
        close(() -> {});
    }

    /**
     * Frees the file.
     *
     * @param ifLast an action to run first if this is the file's last user; no other user can begin meanwhile
     */
    void close(Runnable ifLast) {
        synchronized (OPENED) {
            if (opened == null || closed) {
                return;
            }
            closed = true;
            opened.users--;
            if (opened.users > 0) {
                return;
            }
            OPENED.remove(opened.path);
            // An interrupted thread can neither lock nor write.
            boolean interrupted = Thread.interrupted();
            try {
                opened.leave(ifLast);
            } catch (IOException | OverlappingFileLockException e) {
                LOG.debug("whether {} has other users is not known", opened.path, e);
            } finally {
                opened.free();
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
