// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * A portal that sends events while others attack, twenty a second unless a test says otherwise. It sends fewer if the
 * receiver answers slowly, and never two with one number.
 */
public final class SteadyPortal implements AutoCloseable {

    private static final int SENDERS = 4;
    private static final int EVENTS_A_SECOND = 20;

    private final ScheduledExecutorService senders = Executors.newScheduledThreadPool(SENDERS);
    private final Semaphore sending = new Semaphore(SENDERS);
    private final Map<Integer, String> answers = new ConcurrentHashMap<>();
    private final AtomicInteger last = new AtomicInteger();
    private final IntFunction<String> sender;
    private final Supplier<String> state;
    private final int eventsASecond;

    /**
     * Makes a portal that sends nothing yet.
     *
     * @param sender sends the event with a number from 1 on, and returns its status, or what happened instead
     */
    public SteadyPortal(IntFunction<String> sender) {
        this(sender, EVENTS_A_SECOND);
    }

    /** Makes a portal that sends nothing yet, and then so many events a second. */
    public SteadyPortal(IntFunction<String> sender, int eventsASecond) {
        this.sender = sender;
        this.state = this::toString;
        this.eventsASecond = eventsASecond;
    }

    /** Makes a portal that sends nothing yet, and says more if a wait fails. */
    public SteadyPortal(IntFunction<String> sender, Supplier<String> state) {
        this.sender = sender;
        this.state = state;
        this.eventsASecond = EVENTS_A_SECOND;
    }

    /** Begins to send. */
    public void start() {
        for (int i = 0; i < SENDERS; i++) {
            var unused = senders.scheduleAtFixedRate(
                    this::sendInTurn,
                    i * 1000L / eventsASecond,
                    SENDERS * 1000L / eventsASecond,
                    TimeUnit.MILLISECONDS);
        }
    }

    private void sendInTurn() {
        sending.acquireUninterruptibly();
        try {
            sendNow();
        } finally {
            sending.release();
        }
    }

    /** Sends an event now. Returns its status, or what happened instead. */
    public String sendNow() {
        int number = last.incrementAndGet();
        String answer;
        try {
            answer = sender.apply(number);
        } catch (RuntimeException e) {
            answer = e.toString();
        }
        answers.put(number, answer);
        return answer;
    }

    /** Sets the number of the next event. */
    public void startWith(int number) {
        last.set(number - 1);
    }

    /** Sends nothing until {@link #resume}, and returns when every event was answered. */
    public void suspend() {
        sending.acquireUninterruptibly(SENDERS);
    }

    /** Goes on. Returns the number of the first event that is sent from now on. */
    public int resume() {
        int first = last.get() + 1;
        sending.release(SENDERS);
        return first;
    }

    /** Sends no more, and returns when the last event was answered. */
    public void rest() {
        senders.shutdown();
        Await.until(state, senders::isTerminated);
    }

    /** Waits until so many more events were answered than now. */
    public void awaitAnswers(int more) {
        int before = answers.size();
        Await.until(state, () -> answers.size() >= before + more);
    }

    /** Returns how many events were sent and not answered yet. */
    public int unanswered() {
        return last.get() - answers.size();
    }

    /** Returns the statuses by the numbers of the events, as they are now. */
    public Map<Integer, String> answers() {
        return Map.copyOf(answers);
    }

    /** Returns the statuses that events got from this number on. */
    public Set<String> answersFrom(int first) {
        return answers.entrySet().stream()
                .filter(answer -> answer.getKey() >= first)
                .map(Map.Entry::getValue)
                .collect(Collectors.toSet());
    }

    /** Returns how often each status came. */
    @Override
    public String toString() {
        Map<String, Integer> statuses = new TreeMap<>();
        answers.values().forEach(answer -> statuses.merge(answer, 1, Integer::sum));
        return statuses.toString();
    }

    /** Ends at once, whatever was not answered. */
    @Override
    public void close() {
        senders.shutdownNow();
    }
}
