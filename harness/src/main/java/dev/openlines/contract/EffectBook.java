// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the evidence says so far, by chat, without what it said before the run. Thread-safe. */
final class EffectBook {

    private final @Nullable EffectSource source;
    private final Map<Effect, Integer> before = new HashMap<>();
    private Map<String, List<Effect>> byChat = Map.of();
    private final Set<String> unreadable = new HashSet<>();
    private boolean everRead;

    EffectBook(@Nullable EffectSource source) {
        this.source = source;
    }

    boolean exists() {
        return source != null;
    }

    /** What happened before the run is not the run's. */
    synchronized void begin() {
        for (Effect effect : read()) {
            before.merge(effect, 1, Integer::sum);
        }
    }

    /** Why the evidence could never be read; null where it could. */
    synchronized @Nullable String trouble() {
        return everRead || unreadable.isEmpty() ? null : unreadable.iterator().next();
    }

    synchronized void refresh() {
        if (source == null) {
            return;
        }
        Collection<Effect> all = read();
        if (all.isEmpty() && !byChat.isEmpty()) {
            return;
        }
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

    private Collection<Effect> read() {
        if (source == null) {
            return List.of();
        }
        try {
            Collection<Effect> effects = source.effects();
            everRead = true;
            return effects;
        } catch (IOException e) {
            unreadable.add(String.valueOf(e.getMessage()));
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

    /** Looks again and again, at growing intervals, until the condition holds or the time is over. */
    boolean await(java.util.function.BooleanSupplier condition, Duration atMost) throws InterruptedException {
        long end = System.nanoTime() + atMost.toNanos();
        long wait = 10;
        while (true) {
            refresh();
            if (condition.getAsBoolean()) {
                return true;
            }
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            Thread.sleep(Math.min(wait, left));
            wait = Math.min(wait * 2, 250);
        }
    }
}
