// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The practice handler's journal and its one worker. The journal has a line for each event: its key, a space, and its
 * effects in Base64, and is forced to the disk before the event is acknowledged. The evidence file has a line for each
 * effect, with the key in it, so that a restart knows the effects that are done.
 *
 * <p>Two files are its test hooks. While {@code broken} is in its folder, the store refuses; while {@code slow} is
 * there, the worker waits.
 */
final class PracticeStore implements AutoCloseable {

    /** The most effects that are kept, if that limit is the sin. */
    private static final int ROOM = 8;

    private final Path folder;
    private final @Nullable Sin sin;
    private final PracticePortal portal;
    private final FileChannel journal;
    private final FileChannel evidence;

    /** Guarded by this. */
    private final Set<String> known = new HashSet<>();
    /** The closes from events, and those that were found in the portal's list. Guarded by this. */
    private final List<PracticeClose> told = new ArrayList<>();

    private final List<PracticeClose> found = new ArrayList<>();

    private final Deque<String> waiting = new ArrayDeque<>();
    private boolean working;
    private boolean closed;
    private final Thread worker = new Thread(this::work, "practice-worker");

    private PracticeStore(
            Path folder, FileChannel journal, FileChannel evidence, @Nullable Sin sin, PracticePortal portal) {
        this.portal = portal;
        this.folder = folder;
        this.journal = journal;
        this.evidence = evidence;
        this.sin = sin;
        worker.setDaemon(true);
    }

    static PracticeStore open(Path folder, Path evidenceFile, @Nullable Sin sin, PracticePortal portal) {
        try {
            Files.createDirectories(folder);
            FileChannel journal = lines(folder.resolve("journal"));
            FileChannel evidence = lines(evidenceFile);
            PracticeStore store = new PracticeStore(folder, journal, evidence, sin, portal);
            store.recover(Files.readString(folder.resolve("journal")), Files.readString(evidenceFile));
            store.worker.start();
            return store;
        } catch (IOException e) {
            throw new UncheckedIOException("the practice handler's files cannot be opened", e);
        }
    }

    /** Opens the lines of a file. A line that a crash has cut off does not count. */
    private static FileChannel lines(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        byte[] all = Files.readAllBytes(file);
        int end = all.length;
        while (end > 0 && all[end - 1] != '\n') {
            end--;
        }
        channel.truncate(end);
        channel.position(end);
        return channel;
    }

    private void recover(String journaled, String done) {
        journaled.lines().forEach(entry -> {
            String key = entry.substring(0, entry.indexOf(' '));
            if (sin != Sin.FORGETFUL_DEDUPLICATION) {
                known.add(key);
            }
            remember(key, effects(entry));
            if (!done.contains(key) && sin != Sin.FORGETS_WAITING) {
                waiting.add(entry);
            }
        });
    }

    /** Writes bytes to a file next to the journal, because a sin asks for it. */
    synchronized void keep(byte[] bytes) {
        try {
            Files.write(folder.resolve("kept"), bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException("the practice handler's file cannot be written", e);
        }
    }

    /**
     * Stores an event once. Returns false if that fails. If the close of the event was found before, the event has no
     * effect any more.
     */
    synchronized boolean event(String key, List<String> effects) {
        List<String> fresh = new ArrayList<>();
        for (String effect : effects) {
            PracticeClose close = PracticeClose.of(effect);
            String claim = close == null || known.contains(encoded(key)) ? null : unclaimed(close);
            if (claim == null || sin == Sin.HANDLES_LATE) {
                fresh.add(effect);
            } else if (!take(claim, List.of())) {
                return false;
            }
        }
        return take(key, fresh);
    }

    /** Returns the key that claims the latest found close that may belong to an event, or null if there is none. */
    private @Nullable String unclaimed(PracticeClose event) {
        return found.stream()
                .filter(close -> close.mayBe(event) && !known.contains(encoded(close.claim())))
                .max(Comparator.comparingLong(PracticeClose::at))
                .map(PracticeClose::claim)
                .orElse(null);
    }

    /** Stores a close that the portal lists, unless its event has come or it was found before. */
    synchronized void found(PracticeClose close, String effect) {
        if (sin == Sin.HANDLES_LISTED || told.stream().noneMatch(close::mayBe)) {
            take(close.key(), List.of(effect));
        }
    }

    /** Remembers the closes of an entry of the journal. */
    private void remember(String key, String effects) {
        boolean listed = new String(Base64.getUrlDecoder().decode(key.split("\\.")[0]), StandardCharsets.UTF_8)
                .startsWith(PracticeClose.FOUND);
        effects.lines().map(PracticeClose::of).filter(Objects::nonNull).forEach((listed ? found : told)::add);
    }

    private static String encoded(String plainKey) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(plainKey.getBytes(StandardCharsets.UTF_8));
    }

    /** Stores an entry once. Returns false if that fails. */
    private boolean take(String plainKey, List<String> effects) {
        String key = encoded(plainKey);
        // This happens in about one of twenty rounds.
        boolean race = sin == Sin.RACES_FOR_THE_KEY && key.hashCode() % 20 == 0;
        if (known.contains(key) && sin != Sin.NO_DEDUPLICATION && !race) {
            return true;
        }
        String unique = race || sin == Sin.NO_DEDUPLICATION || sin == Sin.FORGETFUL_DEDUPLICATION
                ? key + "." + System.nanoTime()
                : key;
        String entry = unique + " "
                + Base64.getEncoder().encodeToString(String.join("\n", effects).getBytes(StandardCharsets.UTF_8));
        if (Files.exists(folder.resolve("broken"))) {
            return sin == Sin.ACKNOWLEDGES_UNSTORED;
        }
        if (sin != Sin.ACKNOWLEDGES_FIRST) {
            try {
                write(journal, entry + "\n");
                journal.force(false);
            } catch (IOException e) {
                return sin == Sin.ACKNOWLEDGES_UNSTORED;
            }
        }
        known.add(key);
        remember(key, String.join("\n", effects));
        if (sin != Sin.DROPS_WHEN_BUSY || waiting.size() < ROOM) {
            waiting.add(entry);
        }
        notifyAll();
        return true;
    }

    /** Waits until everything is done, or for half a minute. */
    synchronized void awaitIdle() throws InterruptedException {
        long end = System.nanoTime() + 30_000_000_000L;
        while ((working || !waiting.isEmpty()) && System.nanoTime() < end) {
            wait(100);
        }
    }

    private static void write(FileChannel to, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            to.write(bytes);
        }
    }

    private void work() {
        try {
            while (true) {
                String entry;
                synchronized (this) {
                    while (waiting.isEmpty() && !closed) {
                        wait();
                    }
                    if (closed) {
                        return;
                    }
                    entry = waiting.remove();
                    working = true;
                }
                while (Files.exists(folder.resolve("slow"))) {
                    Thread.sleep(100);
                    if (isClosed()) {
                        return;
                    }
                }
                if (sin == Sin.ACKNOWLEDGES_FIRST || sin == Sin.DROPS_WHEN_BUSY || sin == Sin.FORGETS_WAITING) {
                    // Waiting events are in memory only.
                    Thread.sleep(2);
                }
                if (portal.lets(effects(entry))) {
                    effect(entry);
                }
                synchronized (this) {
                    working = false;
                    notifyAll();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private static String effects(String entry) {
        byte[] bytes = Base64.getDecoder().decode(entry.substring(entry.indexOf(' ') + 1));
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private void effect(String entry) {
        int space = entry.indexOf(' ');
        String effects = effects(entry);
        StringBuilder lines = new StringBuilder();
        effects.lines()
                .forEach(effect -> lines.append(effect, 0, effect.length() - 1)
                        .append(",\"key\":\"")
                        .append(entry, 0, space)
                        .append("\"}\n"));
        try {
            write(evidence, lines.toString());
        } catch (IOException e) {
            throw new UncheckedIOException("the evidence cannot be written", e);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            worker.join(2_000);
            journal.close();
            evidence.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
