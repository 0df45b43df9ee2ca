// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Oracle.C;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Two instances of the handler on one store: 608 and 615. The suite starts and stops the second one. */
final class Instances {

    private static final Duration STOP = Duration.ofSeconds(30);
    private static final int ONE_AFTER_THE_OTHER = 10;

    /** The pause between two events while an instance starts, and the most events in that time. */
    private static final Duration PAUSE = Duration.ofMillis(50);

    private static final int MOST_MEANWHILE = 1_000;

    private static final int BURST = 400;
    private static final int AT_A_TIME = 16;

    private Instances() {}

    @Case(
            id = 608,
            level = MUST,
            needs = {H, E, C},
            profile = Profile.DURABLE,
            declared = Declaration.INSTANCES,
            lane = Lane.PROCESS,
            sends = "the same bytes to two instances on one store, at once and one after the other",
            requires = "acknowledge each and have one effect",
            source = "practice: a balancer picks the instance")
    static void sameBytes(CaseRun run) throws InterruptedException {
        HandlerProcess second = second(run);
        if (!run.dry() && (second == null || !started(run, second))) {
            return;
        }
        Wire one = run.wire();
        Wire other = second == null ? one : second.wire();
        try {
            Race.atTwoInstances(run, one, other);
            for (int i = 0; i < ONE_AFTER_THE_OTHER; i++) {
                EventBody event = run.event();
                Wire first = i % 2 == 0 ? one : other;
                run.acked(send(run, first, event), "an event at one of two instances");
                run.acked(send(run, first == one ? other : one, event), "the same event at the other instance");
                run.effects(event, 1, "the same event at two instances, one after the other");
            }
        } finally {
            if (second != null) {
                second.stop(STOP);
            }
        }
        run.alive();
    }

    @Case(
            id = 615,
            level = MUST,
            needs = {H, E, C},
            profile = Profile.DURABLE,
            declared = Declaration.INSTANCES,
            lane = Lane.PROCESS,
            sends = "a burst while a new instance starts and the old one is stopped, and back; what the old one"
                    + " refuses or closes goes to the new one",
            requires = "acknowledge each event in one of the two and have one effect of it",
            source = "practice: rolling restarts; nothing is sent again by the platform")
    static void rollingRestart(CaseRun run) throws InterruptedException {
        HandlerProcess first = Resilience.process(run);
        HandlerProcess second = second(run);
        if (!run.dry() && (first == null || second == null)) {
            return;
        }
        Wire one = run.wire();
        Wire other = second == null ? one : second.wire();
        try {
            if (replace(run, first, one, second, other)) {
                replace(run, second, other, first, one);
            }
        } finally {
            if (first != null && second != null) {
                boolean unused = first.alive() || Resilience.restart(run, first);
                second.kill();
            }
        }
        run.alive();
    }

    /** Starts the new instance while events come, and stops the old one in a burst. Returns false if that fails. */
    private static boolean replace(
            CaseRun run, @Nullable HandlerProcess old, Wire from, @Nullable HandlerProcess fresh, Wire to)
            throws InterruptedException {
        if (fresh != null && !startedMeanwhile(run, fresh, from)) {
            return false;
        }
        Switch events = new Switch(run, from, to);
        events.begin(run.dry() ? 1 : BURST);
        events.awaitHalf();
        events.turn();
        boolean ended = old == null || old.stop(STOP).isPresent();
        events.end();
        if (!ended) {
            run.fail("the end of the old instance within 30 s of the signal", "it had to be killed");
        }
        return true;
    }

    /** Starts an instance while the other one gets an event now and then. */
    private static boolean startedMeanwhile(CaseRun run, HandlerProcess fresh, Wire others)
            throws InterruptedException {
        AtomicBoolean over = new AtomicBoolean();
        Thread trickle = thread(() -> {
            for (int i = 0; i < MOST_MEANWHILE && !over.get(); i++) {
                EventBody event = run.event();
                run.acked(send(run, others, event), "an event while another instance starts");
                run.effects(event, 1, "each event while another instance starts");
                Thread.sleep(PAUSE.toMillis());
            }
        });
        try {
            return started(run, fresh);
        } finally {
            over.set(true);
            trickle.join();
        }
    }

    private static boolean started(CaseRun run, HandlerProcess fresh) throws InterruptedException {
        boolean ready = fresh.start();
        if (!ready) {
            run.fail("a second instance that becomes ready", fresh.trouble());
            fresh.kill();
        }
        return ready;
    }

    private static @Nullable HandlerProcess second(CaseRun run) {
        HandlerProcess second = run.secondInstance();
        if (second == null && !run.dry()) {
            run.notObserved("a second instance (C): --instances says that two may run on one store");
        }
        return second;
    }

    private static Reply send(CaseRun run, Wire to, EventBody event) {
        return run.send(to, Request.post(to.target(), event.bytes()));
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    private static Thread thread(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "contract-instances");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /**
     * The balancer's part of a rolling restart. Each event goes to one instance. If that one is the old one and refuses
     * it with 502 or 503 or closes the connection without an answer, the event goes to the new one.
     */
    private static final class Switch {

        private final CaseRun run;
        private final Wire from;
        private final Wire to;
        private final List<EventBody> events = new ArrayList<>();
        private final List<Thread> threads = new ArrayList<>();
        private final CountDownLatch half;
        private volatile Wire now;
        private int next;

        Switch(CaseRun run, Wire from, Wire to) {
            this.run = run;
            this.from = from;
            this.to = to;
            now = from;
            half = new CountDownLatch(run.dry() ? 1 : BURST / 2);
        }

        void begin(int number) {
            for (int i = 0; i < number; i++) {
                events.add(run.event());
            }
            for (int i = 0; i < AT_A_TIME; i++) {
                threads.add(thread(this::work));
            }
        }

        void awaitHalf() throws InterruptedException {
            half.await();
        }

        void turn() {
            now = to;
        }

        void end() throws InterruptedException {
            for (Thread thread : threads) {
                thread.join();
            }
        }

        private synchronized @Nullable EventBody take() {
            return next < events.size() ? events.get(next++) : null;
        }

        private void work() {
            for (EventBody event = take(); event != null; event = take()) {
                Wire first = now;
                Reply reply = send(run, first, event);
                half.countDown();
                if (first == from && from != to && passedOn(reply)) {
                    reply = send(run, to, event);
                }
                boolean acknowledged = run.acked(reply, "each event of a rolling restart, from one of the instances");
                run.expect(new Expectation(
                        event.chatId(),
                        run.identity().memberId(),
                        acknowledged ? 1 : 0,
                        1,
                        "each acknowledged event of a rolling restart"));
            }
        }

        private static boolean passedOn(Reply reply) {
            String failure = reply.failure();
            return reply.status() == 502
                    || reply.status() == 503
                    || (failure != null && !failure.startsWith(Reply.NO_ANSWER));
        }
    }
}
