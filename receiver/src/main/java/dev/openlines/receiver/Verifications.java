// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.EventAuth;
import dev.openlines.model.OnAppUninstall;
import dev.openlines.parser.EventDecoder;
import dev.openlines.receiver.spi.LastResort;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks an {@link InstallationCheck}, and keeps events for an hour that cannot be checked now: because the check cannot
 * tell, all its threads are busy, or the {@link FailureBudget} is used up. In this way forged installations can neither
 * keep genuine ones out nor make this process flood others.
 *
 * <p>Kept events are checked when the budget allows: those of known portals first, then those of the source address
 * whose last turn is longest ago. When no more can be kept, the source with the most kept events loses its newest one
 * to a source with fewer.
 */
final class Verifications {

    static final int THREADS = 4;
    static final int WAITING = 16;
    static final Duration TIME = Duration.ofHours(1);
    static final int MOST_UNKNOWN = 800;
    static final int MOST_KNOWN = 200;
    static final int OF_ONE_PORTAL_AND_SOURCE = 4;

    /** Pending writes to the check's map. */
    private static final int WRITES = 100;

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);
    private static final Logger LOG = LoggerFactory.getLogger(Verifications.class);

    /** The result for an event. */
    enum Outcome {
        VERIFIED,
        UNVERIFIED,
        /** Durable, and checked again later. */
        KEPT,
        /** Not durable; checked again if it is remembered in memory. */
        LATER
    }

    private final InstallationCheck check;
    private final InstantSource clock;
    private final Function<UncheckedEvent, CompletionStage<?>> store;
    private final ReplyLog log = new ReplyLog(System::nanoTime);
    private final EventDecoder decoder = EventDecoder.lenient();
    private final FailureBudget budget = new FailureBudget();
    private final ThreadPoolExecutor checks;
    private final ScheduledThreadPoolExecutor keeper;
    private final AtomicInteger writes = new AtomicInteger();
    /** Guarded by this. */
    private final List<UncheckedEvent> kept = new ArrayList<>();
    /** The last turn of each source that has kept events. Guarded by this. */
    private final Map<String, Long> turns = new HashMap<>();

    private long turn;
    private int running;
    private boolean looking;

    /**
     * Makes a queue, and takes over the kept events.
     *
     * @param store stores events that were verified after their answer
     * @param known whether a portal is known
     */
    Verifications(
            InstallationCheck check,
            InstantSource clock,
            Function<UncheckedEvent, CompletionStage<?>> store,
            Predicate<String> known) {
        this.check = check;
        this.clock = clock;
        this.store = store;
        checks = new ThreadPoolExecutor(
                THREADS, THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads("openlines-verify"));
        checks.allowCoreThreadTimeOut(true);
        keeper = new ScheduledThreadPoolExecutor(1, threads("openlines-kept"));
        keeper.setKeepAliveTime(10, TimeUnit.SECONDS);
        keeper.allowCoreThreadTimeOut(true);
        check.kept().forEach((id, record) -> kept.add(UncheckedEvent.of(id, record, known)));
        synchronized (this) {
            lookSoon();
        }
    }

    /** Checks an event now, or keeps it. The result completes on a thread that may block. */
    CompletableFuture<Outcome> ask(UncheckedEvent event) {
        CompletableFuture<Outcome> answer = new CompletableFuture<>();
        synchronized (this) {
            if (running < THREADS + WAITING && budget(event)) {
                start(event, answer);
                return answer;
            }
        }
        if (event.page) {
            answer.complete(Outcome.LATER);
        } else {
            keepSoon(event, answer);
        }
        return answer;
    }

    /** Drops events that are too old, and starts the checks that may run now. */
    void look() {
        List<UncheckedEvent> old;
        synchronized (this) {
            Instant now = clock.instant();
            old = kept.stream()
                    .filter(event -> !event.running && !now.isBefore(event.receivedAt.plus(TIME)))
                    .toList();
            kept.removeAll(old);
            List<UncheckedEvent> due = kept.stream()
                    .filter(event -> !event.running && !now.isBefore(event.due))
                    .sorted(order())
                    .toList();
            Set<String> served = new HashSet<>();
            for (UncheckedEvent event : due) {
                if (running < THREADS && !served.contains(event.source) && (event.verified || budget(event))) {
                    served.add(event.source);
                    turns.put(event.source, ++turn);
                    start(event, null);
                }
            }
            turns.keySet().retainAll(kept.stream().map(event -> event.source).toList());
        }
        for (UncheckedEvent event : old) {
            forget(event);
            neverVerified(event);
        }
    }

    /** Tells whether no check is running. */
    synchronized boolean idle() {
        return running == 0;
    }

    private Comparator<UncheckedEvent> order() {
        return Comparator.<UncheckedEvent, Boolean>comparing(event -> !event.known)
                .thenComparing(event -> turns.getOrDefault(event.source, 0L))
                .thenComparing(event -> event.receivedAt);
    }

    private boolean budget(UncheckedEvent event) {
        return budget.take(event.source, portal(event), event.known, clock.millis());
    }

    /**
     * Returns the name of the portal's budget. An installer page has a budget for its sender alone, because a page is
     * not kept for later.
     */
    private static String portal(UncheckedEvent event) {
        return event.page ? event.memberId + '\n' + event.source : event.memberId;
    }

    /** Starts a check. Called with the lock. */
    private void start(UncheckedEvent event, @Nullable CompletableFuture<Outcome> answer) {
        running++;
        event.running = true;
        checks.execute(() -> {
            try {
                check(event, answer);
            } finally {
                synchronized (this) {
                    running--;
                    event.running = false;
                    lookSoon();
                }
            }
        });
    }

    private void check(UncheckedEvent event, @Nullable CompletableFuture<Outcome> answer) {
        Outcome outcome;
        try {
            outcome = event.verified ? Outcome.VERIFIED : outcome(event);
        } catch (Throwable e) {
            LastResort.check(e);
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            log.bounded("reason=not-checked", e);
            outcome = Outcome.LATER;
        }
        if (outcome == Outcome.VERIFIED && !event.verified) {
            budget.giveBack(event.source, portal(event), event.known);
        }
        if (answer != null) {
            if (outcome == Outcome.LATER && !event.page) {
                pause(event);
                keep(event, answer);
            } else {
                answer.complete(outcome);
            }
        } else if (outcome == Outcome.VERIFIED) {
            event.verified = true;
            storeLate(event);
        } else if (outcome == Outcome.UNVERIFIED) {
            drop(event);
        } else {
            pause(event);
        }
    }

    /** Asks the check; {@link Outcome#LATER} for an uninstallation whose grant still works. */
    private Outcome outcome(UncheckedEvent event) throws Exception {
        if (event.envelope.event().equals(OnAppUninstall.CODE)) {
            return check.uninstalled(event.memberId) ? Outcome.VERIFIED : Outcome.LATER;
        }
        EventAuth claim = decoder.decode(event.envelope).event().header().auth();
        if (event.page) {
            Optional<URI> portal = check.verifyPage(claim);
            event.portal = portal.orElse(null);
            if (portal.isEmpty()) {
                log.bounded("reason=page-refused" + (event.known ? " portal=" + shown(event.memberId) : ""), null);
            }
            return portal.isPresent() ? Outcome.VERIFIED : Outcome.UNVERIFIED;
        }
        InstallationCheck.Answer answer = check.verify(claim);
        if (answer == InstallationCheck.Answer.VERIFIED) {
            LOG.info("reason=verified portal={}", event.memberId);
            return Outcome.VERIFIED;
        }
        // In the first case the check has confirmed that the portal exists. In the second it is known.
        if (answer == InstallationCheck.Answer.NOT_ADMINISTRATOR) {
            log.bounded("reason=unverified because=not-administrator portal=" + shown(event.memberId), null);
        } else if (event.known) {
            log.bounded("reason=unverified because=refused portal=" + shown(event.memberId), null);
        } else {
            LOG.debug("reason=unverified because=refused");
        }
        return Outcome.UNVERIFIED;
    }

    private void neverVerified(UncheckedEvent event) {
        String portal = event.known ? " portal=" + shown(event.memberId) : "";
        if (event.envelope.event().equals(OnAppUninstall.CODE)) {
            log.bounded("reason=uninstall-unverified" + portal, null);
        } else {
            log.bounded("reason=never-verified" + portal, null);
        }
    }

    private static String shown(String memberId) {
        return memberId.matches("[0-9A-Za-z_-]{1,64}") ? memberId : "?";
    }

    private synchronized void pause(UncheckedEvent event) {
        Duration doubled = FIRST_PAUSE.multipliedBy(1L << Math.min(event.attempts++, 10));
        event.due = clock.instant().plus(doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled);
    }

    private void storeLate(UncheckedEvent event) {
        CompletionStage<?> stored;
        try {
            stored = store.apply(event);
        } catch (RuntimeException e) {
            stored = CompletableFuture.failedStage(e);
        }
        var unused = stored.whenComplete((result, failure) -> {
            if (failure == null) {
                drop(event);
            } else {
                log.bounded("reason=not-checked", failure);
                pause(event);
            }
        });
    }

    private void drop(UncheckedEvent event) {
        synchronized (this) {
            kept.remove(event);
        }
        keeper.execute(() -> forget(event));
    }

    private void keepSoon(UncheckedEvent event, CompletableFuture<Outcome> answer) {
        if (writes.incrementAndGet() > WRITES) {
            writes.decrementAndGet();
            answer.complete(Outcome.LATER);
            return;
        }
        keeper.execute(() -> {
            writes.decrementAndGet();
            keep(event, answer);
        });
    }

    private void keep(UncheckedEvent event, CompletableFuture<Outcome> answer) {
        List<UncheckedEvent> evicted = new ArrayList<>();
        boolean room;
        boolean checking = false;
        synchronized (this) {
            room = event.small() && room(event, evicted);
            if (room) {
                // This is read only after the record exists. Otherwise the record would stay.
                checking = event.running;
                event.running = true;
                kept.add(event);
            }
        }
        evicted.forEach(this::forget);
        if (!room) {
            answer.complete(Outcome.LATER);
            return;
        }
        String id = clock.millis() + "-" + UUID.randomUUID();
        boolean durable;
        try {
            check.kept().put(id, event.record());
            durable = true;
        } catch (UnsupportedOperationException e) {
            durable = false;
        } catch (RuntimeException e) {
            log.bounded("reason=not-kept", e);
            durable = false;
        }
        synchronized (this) {
            event.id = durable ? id : null;
            event.running = checking;
            lookSoon();
        }
        answer.complete(durable ? Outcome.KEPT : Outcome.LATER);
    }

    /** Tells whether another event can be kept, and which one must go for it. Called with the lock. */
    private boolean room(UncheckedEvent event, List<UncheckedEvent> evicted) {
        List<UncheckedEvent> same =
                kept.stream().filter(other -> other.known == event.known).toList();
        Map<String, List<UncheckedEvent>> bySource = new HashMap<>();
        same.forEach(other ->
                bySource.computeIfAbsent(other.source, key -> new ArrayList<>()).add(other));
        List<UncheckedEvent> mine = bySource.getOrDefault(event.source, List.of());
        long ofPortal = mine.stream()
                .filter(other -> other.memberId.equals(event.memberId))
                .count();
        if (ofPortal >= OF_ONE_PORTAL_AND_SOURCE) {
            return false;
        }
        if (same.size() < (event.known ? MOST_KNOWN : MOST_UNKNOWN)) {
            return true;
        }
        List<UncheckedEvent> most =
                bySource.values().stream().max(Comparator.comparing(List::size)).orElse(List.of());
        for (int i = most.size() - 1; most.size() > mine.size() + 1 && i >= 0; i--) {
            if (!most.get(i).running) {
                evicted.add(most.get(i));
                kept.remove(most.get(i));
                return true;
            }
        }
        return false;
    }

    /** Removes the record. If that fails, the event is checked again after a restart. */
    private void forget(UncheckedEvent event) {
        try {
            if (event.id != null) {
                check.kept().remove(event.id);
            }
        } catch (RuntimeException e) {
            log.bounded("reason=not-kept", e);
        }
    }

    /** Schedules another look in a second, if an event is kept. Called with the lock. */
    private void lookSoon() {
        if (!looking && !kept.isEmpty()) {
            looking = true;
            var unused = keeper.schedule(
                    () -> {
                        synchronized (this) {
                            looking = false;
                        }
                        look();
                        synchronized (this) {
                            lookSoon();
                        }
                    },
                    1,
                    TimeUnit.SECONDS);
        }
    }

    private static ThreadFactory threads(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> {
            Thread thread = LastResort.thread(task, name + "-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
