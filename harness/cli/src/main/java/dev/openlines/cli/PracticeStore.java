// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The practice handler's journal and its one worker. The journal has a line for each event: its key, a space, and its
 * effects in Base64, and is forced to the disk before the event is acknowledged. The evidence file has a line for each
 * effect, with the key in it, so that a restart knows the effects that are done. Several instances may share the files:
 * each locks them while it writes, and takes up what the others have stored, so that none waits for one that was stopped.
 *
 * <p>Two files are its test hooks. While {@code broken} is in its folder, the store refuses; while {@code slow} is
 * there, the worker waits.
 */
final class PracticeStore implements AutoCloseable {

    /** The most effects that are kept, if that limit is the sin. */
    private static final int ROOM = 8;

    private static final Pattern KEY = Pattern.compile("\"key\":\"([^\"]+)\"}$");

    private final Path folder;
    private final @Nullable Sin sin;
    private final PracticePortal portal;
    /** The file that each instance locks while it reads and writes the other two. */
    private final FileChannel guard;

    private final SharedLines journal;
    private final SharedLines evidence;

    /** The keys of entries whose effects are in the evidence. Guarded by this. */
    private final Set<String> done = new HashSet<>();

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
            Path folder,
            FileChannel guard,
            SharedLines journal,
            SharedLines evidence,
            @Nullable Sin sin,
            PracticePortal portal) {
        this.portal = portal;
        this.folder = folder;
        this.guard = guard;
        this.journal = journal;
        this.evidence = evidence;
        this.sin = sin;
        worker.setDaemon(true);
    }

    static PracticeStore open(Path folder, Path evidenceFile, @Nullable Sin sin, PracticePortal portal) {
        try {
            Files.createDirectories(folder);
            FileChannel guard =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            Path journal = folder.resolve("journal");
            if (sin == Sin.REWRITES_AT_START && Files.exists(journal)) {
                Path copy = Files.copy(journal, folder.resolve("journal.new"), StandardCopyOption.REPLACE_EXISTING);
                Files.move(copy, journal, StandardCopyOption.ATOMIC_MOVE);
            }
            PracticeStore store = new PracticeStore(
                    folder, guard, SharedLines.open(journal), SharedLines.open(evidenceFile), sin, portal);
            store.recover();
            store.worker.start();
            return store;
        } catch (IOException e) {
            throw new UncheckedIOException("the practice handler's files cannot be opened", e);
        }
    }

    private synchronized void recover() throws IOException {
        try (FileLock lock = guard.lock()) {
            follow(lock, true);
        }
    }

    /** Takes up what other instances have stored and handled since the last look, or what any has at the start. */
    private void follow(FileLock lock, boolean atStart) throws IOException {
        if (!lock.isValid()) {
            throw new IllegalStateException("the files are followed under their lock");
        }
        for (String effect : evidence.fresh()) {
            Matcher key = KEY.matcher(effect);
            if (key.find()) {
                done.add(key.group(1));
            }
        }
        for (String entry : journal.fresh()) {
            String key = entry.substring(0, entry.indexOf(' '));
            if (sin == Sin.DEDUPLICATES_ALONE) {
                // The key of such an entry has an end of its own.
                known.addAll(atStart ? Set.of(key.split("\\.", 2)[0]) : Set.of());
            } else if (sin != Sin.FORGETFUL_DEDUPLICATION) {
                known.add(key);
            }
            remember(key, effects(entry));
            if (!done.contains(key) && sin != Sin.FORGETS_WAITING) {
                waiting.add(entry);
            }
        }
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
        try (FileLock lock = guard.lock()) {
            follow(lock, false);
            return stored(key, effects);
        } catch (IOException e) {
            return sin == Sin.ACKNOWLEDGES_UNSTORED;
        }
    }

    private boolean stored(String key, List<String> effects) throws IOException {
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
        try (FileLock lock = guard.lock()) {
            follow(lock, false);
            if (sin == Sin.HANDLES_LISTED || told.stream().noneMatch(close::mayBe)) {
                take(close.key(), List.of(effect));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the practice handler's files cannot be read", e);
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
    private boolean take(String plainKey, List<String> effects) throws IOException {
        String key = encoded(plainKey);
        // This happens in about one of twenty rounds.
        boolean race = sin == Sin.RACES_FOR_THE_KEY && key.hashCode() % 20 == 0;
        if (known.contains(key) && sin != Sin.NO_DEDUPLICATION && !race) {
            return true;
        }
        boolean ownKey = race
                || sin == Sin.NO_DEDUPLICATION
                || sin == Sin.FORGETFUL_DEDUPLICATION
                || sin == Sin.DEDUPLICATES_ALONE;
        String unique = ownKey ? key + "." + System.nanoTime() : key;
        String entry = unique + " "
                + Base64.getEncoder().encodeToString(String.join("\n", effects).getBytes(StandardCharsets.UTF_8));
        if (Files.exists(folder.resolve("broken"))) {
            return sin == Sin.ACKNOWLEDGES_UNSTORED;
        }
        if (sin != Sin.ACKNOWLEDGES_FIRST) {
            journal.append(entry + "\n");
            journal.force();
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

    private void work() {
        try {
            while (true) {
                String entry;
                synchronized (this) {
                    while (waiting.isEmpty() && !closed) {
                        wait(100);
                        lookForOthers();
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
                if (sin == Sin.REWRITES_AT_START) {
                    Thread.sleep(20);
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

    private void lookForOthers() {
        if (closed) {
            return;
        }
        try (FileLock lock = guard.lock()) {
            follow(lock, false);
        } catch (IOException e) {
            throw new UncheckedIOException("the practice handler's files cannot be read", e);
        }
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private static String effects(String entry) {
        byte[] bytes = Base64.getDecoder().decode(entry.substring(entry.indexOf(' ') + 1));
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Writes the effects of an entry, unless another instance has done so. */
    private synchronized void effect(String entry) {
        String key = entry.substring(0, entry.indexOf(' '));
        StringBuilder lines = new StringBuilder();
        effects(entry)
                .lines()
                .forEach(effect -> lines.append(effect, 0, effect.length() - 1)
                        .append(",\"key\":\"")
                        .append(key)
                        .append("\"}\n"));
        try (FileLock lock = guard.lock()) {
            follow(lock, false);
            if (done.add(key)) {
                evidence.append(lines.toString());
            }
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
            guard.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
