// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The evidence so far, by chat, without effects from before the run. Thread-safe. */
final class EffectBook {

    private final @Nullable EffectSource source;
    private final Predicate<String> named;
    private final Map<Effect, Integer> before = new HashMap<>();
    private Map<String, List<Effect>> byChat = Map.of();
    private List<Effect> latest = List.of();
    private @Nullable String trouble;
    private boolean begun = true;

    /** Creates a book that has begun. {@code named} tells the chats that a request of the run has named. */
    EffectBook(@Nullable EffectSource source, Predicate<String> named) {
        this.source = source;
        this.named = named;
    }

    boolean exists() {
        return source != null;
    }

    /**
     * Marks the present effects as older than the run. If the evidence becomes readable only later, the effects of chats
     * that the run has not named are the older ones.
     */
    synchronized void begin() {
        begun = false;
        refresh();
    }

    /** Returns how many effects are known to be older than the run. */
    synchronized int old() {
        return before.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Returns why the evidence could not be read at the last look, or null if it could. */
    synchronized @Nullable String trouble() {
        return trouble;
    }

    /** Returns remarks about the evidence itself, for a reader of the report. */
    synchronized List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        if (trouble != null) {
            remarks.add("the evidence of effects cannot be read: " + trouble);
        } else if (source instanceof EvidenceFile file && !file.exists()) {
            remarks.add(
                    "the evidence file " + file + " is not there: a wrong path, or a handler that never did anything");
        } else if (source instanceof EvidenceFile file && file.unreadable() > 0) {
            remarks.add("the evidence file has lines that are no JSON objects, " + file.unreadable() + " of them");
        }
        return remarks;
    }

    synchronized void refresh() {
        if (source == null) {
            return;
        }
        List<Effect> all = read();
        if (trouble == null && !begun) {
            begun = true;
            all.stream()
                    .filter(effect -> !named.test(Objects.requireNonNullElse(effect.chatId(), "")))
                    .forEach(effect -> before.merge(effect, 1, Integer::sum));
        }
        if (trouble != null || (all.isEmpty() && !byChat.isEmpty()) || all.equals(latest)) {
            return;
        }
        latest = all;
        Map<Effect, Integer> old = new HashMap<>(before);
        Map<String, List<Effect>> now = new HashMap<>();
        for (Effect effect : all) {
            if (old.merge(effect, -1, Integer::sum) < 0) {
                now.computeIfAbsent(Objects.requireNonNullElse(effect.chatId(), ""), chat -> new ArrayList<>())
                        .add(effect);
            }
        }
        byChat = now;
    }

    private List<Effect> read() {
        if (source == null) {
            return List.of();
        }
        try {
            List<Effect> effects = List.copyOf(source.effects());
            trouble = null;
            return effects;
        } catch (IOException | RuntimeException e) {
            // The user's source may fail in any way, which is no fault of the suite.
            trouble = String.valueOf(e.getMessage());
            return List.of();
        }
    }

    /** Effects as of the last look. */
    synchronized List<Effect> of(String chatId) {
        return List.copyOf(byChat.getOrDefault(Objects.requireNonNullElse(Effect.plain(chatId), ""), List.of()));
    }

    synchronized Set<String> chats() {
        return Set.copyOf(byChat.keySet());
    }

    /** Waits until no effect was added for some time, such as when a queue has delivered everything. */
    void awaitStill(Duration still, Duration atMost) throws InterruptedException {
        long end = System.nanoTime() + atMost.toNanos();
        List<Effect> before;
        do {
            before = now();
            List<Effect> last = before;
            await(() -> !now().equals(last), still);
        } while (!now().equals(before) && System.nanoTime() < end);
    }

    private synchronized List<Effect> now() {
        return latest;
    }

    /** Reads the evidence repeatedly, at growing intervals, until the condition holds or the time is over. */
    boolean await(java.util.function.BooleanSupplier condition, Duration atMost) throws InterruptedException {
        long end = System.nanoTime() + atMost.toNanos();
        long wait = 10;
        while (true) {
            long began = System.nanoTime();
            refresh();
            // A slow source, such as a command over many files, must not use up the machine's time, which the handler
            // needs.
            wait = Math.max(wait, (System.nanoTime() - began) / 1_000_000);
            if (condition.getAsBoolean()) {
                return true;
            }
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            Thread.sleep(Math.min(wait, left));
            wait = Math.min(wait * 2, Math.max(250, wait));
        }
    }
}
