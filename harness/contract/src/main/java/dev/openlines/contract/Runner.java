// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs the selected cases lane by lane. Several short ones run at a time, together with those that mostly wait. If a
 * case fails there in a way that load may explain, it is run again alone before the failure counts.
 */
final class Runner {

    private static final int CIRCUIT = 3;

    /** The time without a new effect after which a queue is taken for empty. */
    private static final Duration STILL = Duration.ofSeconds(3);

    /** The case of the plain good event. */
    private static final String FIRST = "OSF-C-001";

    private final Run run;
    private final List<ContractCase> selected;
    private final Consumer<String> progress;

    private final Instant begun = Instant.now();
    private final long begunNanos = System.nanoTime();

    /** The run that counts for each case, by id. Guarded by this. */
    private final Map<String, CaseRun> runs = new LinkedHashMap<>();

    private final Map<String, String> inCompany = new LinkedHashMap<>();
    private final Map<String, String> notRun = new LinkedHashMap<>();
    private final AtomicInteger unreachable = new AtomicInteger();
    private final AtomicInteger finished = new AtomicInteger();
    private final Set<String> running = new ConcurrentSkipListSet<>();

    /** The time of the last line of progress. */
    private volatile long told = System.nanoTime();

    private volatile @Nullable String stopped;
    private volatile boolean handlerGone;
    private volatile @Nullable RuntimeException fault;
    private final List<String> remarks = new CopyOnWriteArrayList<>();
    private final Trust trust;

    /** The case after which good events are no longer acknowledged. */
    private volatile @Nullable String brokenSince;

    Runner(Run run, List<ContractCase> selected, Consumer<String> progress) {
        this.run = run;
        this.selected = selected;
        this.progress = progress;
        trust = new Trust(run);
    }

    /** Runs all cases. Ends early if the handler is gone, the time is over or the thread is interrupted. */
    ContractReport go() {
        Thread lulls = thread(this::fillLulls);
        lulls.start();
        try {
            return judge();
        } finally {
            lulls.interrupt();
        }
    }

    private ContractReport judge() {
        Thread main = Thread.currentThread();
        ExecutorService waiting = Executors.newCachedThreadPool(Runner::thread);
        Thread clock = thread(() -> watchTheClock(main));
        try {
            if (!selected.isEmpty()) {
                if (!ready()) {
                    handlerGone = true;
                    stopped = "the handler never became ready" + why();
                    return report();
                }
                run.effects().begin();
                warnOfOldEffects();
                clock.start();
                probe();
                lanes(waiting);
            }
        } catch (InterruptedException e) {
            stopped = stopped == null ? "interrupted" : stopped;
        } finally {
            clock.interrupt();
            waiting.shutdownNow();
        }
        finish();
        return report();
    }

    /** Returns the facts about the handler's process, without secrets, or its address if it was started by others. */
    private String why() {
        HandlerProcess process = run.process();
        return process == null
                ? ": no connection to " + run.settings().handler.getAuthority()
                        + "; is it started, and is the port right?"
                : ": " + run.masked(process.trouble());
    }

    private static Thread thread(Runnable task) {
        Thread thread = new Thread(task, "contract");
        thread.setDaemon(true);
        return thread;
    }

    private void tell(String line) {
        told = System.nanoTime();
        progress.accept(line);
    }

    /** Names the cases that run whenever no other line has come for a while, so that a long one is not silent. */
    private void fillLulls() {
        try {
            while (true) {
                long left = run.settings().lull.toNanos() - (System.nanoTime() - told);
                if (left > 0) {
                    TimeUnit.NANOSECONDS.sleep(left);
                } else {
                    tell(running.isEmpty() ? "waiting for the handler" : "running: " + String.join(", ", running));
                }
            }
        } catch (InterruptedException e) {
            // The run ended.
        }
    }

    private void watchTheClock(Thread main) {
        Duration limit = run.settings().timeLimit;
        if (limit == null) {
            return;
        }
        try {
            Thread.sleep(limit.toMillis());
            stopped = "the time limit of " + limit.toSeconds() + " s was reached";
            main.interrupt();
        } catch (InterruptedException e) {
            // The run ended in time.
        }
    }

    private boolean ready() throws InterruptedException {
        HandlerProcess process = run.process();
        if (process != null) {
            return process.start();
        }
        long end = System.nanoTime() + run.settings().readyWithin.toNanos();
        while (!run.reachable()) {
            if (System.nanoTime() > end) {
                return false;
            }
            Thread.sleep(100);
        }
        return true;
    }

    private void warnOfOldEffects() {
        int old = run.effects().old();
        if (old > 0) {
            warn("the evidence has effects from before the run, " + old + " of them, which do not count: remove it, and"
                    + " give the handler a fresh store");
        }
    }

    private void warn(String remark) {
        remarks.add(remark);
        tell("WARNING: " + remark);
    }

    /** Sends one good event before all cases, so that a wrong token or path is reported at once. */
    private void probe() throws InterruptedException {
        Probe probe = new Probe(run);
        probe.go().forEach(this::warn);
        run.quiet(probe.quiet());
        if (probe.silent()) {
            handlerGone = true;
            stopped = "the handler takes connections and does not answer";
            throw new InterruptedException(stopped);
        }
        trust.held(probe.acknowledged());
        if (!probe.acknowledged() && !run.settings().goOn) {
            firstEventFailed();
        }
    }

    /** Runs only the first case, because most others would fail for the same reason. */
    private void firstEventFailed() throws InterruptedException {
        List<ContractCase> first =
                selected.stream().filter(one -> one.id().equals(FIRST)).toList();
        oneByOne(first);
        if (current(first).stream().noneMatch(one -> !one.failed())) {
            stopped = "the first good event was not acknowledged; --go-on runs the other cases all the same";
            throw new InterruptedException(stopped);
        }
    }

    private List<ContractCase> in(Lane lane) {
        return selected.stream().filter(one -> one.lane() == lane).toList();
    }

    private void lanes(ExecutorService waiting) throws InterruptedException {
        List<java.util.concurrent.Future<?>> lasting = new ArrayList<>();
        in(Lane.LONG).forEach(one -> lasting.add(waiting.submit(() -> attempt(one, 0))));
        ExecutorService quick = Executors.newFixedThreadPool(run.settings().jobs, Runner::thread);
        try {
            in(Lane.QUICK).forEach(one -> quick.execute(() -> attempt(one, 0)));
            quick.shutdown();
            while (!quick.awaitTermination(1, TimeUnit.SECONDS)) {
                checkStop();
            }
        } finally {
            quick.shutdownNow();
        }
        settle(in(Lane.QUICK));
        oneByOne(in(Lane.ALONE));
        for (java.util.concurrent.Future<?> one : lasting) {
            try {
                one.get();
            } catch (java.util.concurrent.ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            }
        }
        settle(in(Lane.LONG));
        again();
        oneByOne(in(Lane.PROCESS));
        List<ContractCase> last = new ArrayList<>(in(Lane.LAST));
        // The case that ends all trust has the lowest number.
        java.util.Collections.reverse(last);
        oneByOne(last);
    }

    private void checkStop() throws InterruptedException {
        if (stopped != null) {
            throw new InterruptedException(stopped);
        }
    }

    private void oneByOne(List<ContractCase> cases) throws InterruptedException {
        for (ContractCase one : cases) {
            attempt(one, 0);
            checkStop();
            settle(List.of(one));
            lookAtTrust(List.of(one));
        }
    }

    /** Checks whether the portal is still trusted. Only a failure can have ended the trust. */
    private void lookAtTrust(List<ContractCase> cases) throws InterruptedException {
        for (CaseRun failed : current(cases)) {
            if (failed.failed()
                    && failed.contractCase().lane() != Lane.LAST
                    && !handlerGone
                    && !trust.holdsAfter(failed)) {
                brokenSince = failed.contractCase().id();
            }
        }
    }

    private void settle(List<ContractCase> cases) throws InterruptedException {
        checkStop();
        run.settle(current(cases));
    }

    private synchronized List<CaseRun> current(List<ContractCase> cases) {
        return cases.stream()
                .flatMap(one -> Stream.ofNullable(runs.get(one.id())))
                .toList();
    }

    /**
     * Runs the cases again, alone, that failed at the same time as others because an answer was late or missing. Only a
     * second failure counts.
     */
    private void again() throws InterruptedException {
        List<ContractCase> repeated = new ArrayList<>();
        for (Lane lane : List.of(Lane.QUICK, Lane.ALONE, Lane.LONG)) {
            for (CaseRun one : current(in(lane))) {
                if (one.worthRepeating()) {
                    repeated.add(one.contractCase());
                    inCompany.put(
                            one.contractCase().id(),
                            String.join("; ", one.result().failures()));
                }
            }
        }
        for (ContractCase one : repeated) {
            attempt(one, 1);
            checkStop();
        }
        settle(repeated);
    }

    private void attempt(ContractCase one, int number) {
        if (stopped != null) {
            skip(one, stopped);
            return;
        }
        try {
            if (run.answers().silent()) {
                handlerGone = true;
                stopped = "the handler no longer answers";
                skip(one, stopped);
                return;
            }
            if (!run.reachable()) {
                if (unreachable.incrementAndGet() >= CIRCUIT) {
                    handlerGone = true;
                    stopped = "the handler no longer takes connections";
                }
                skip(one, "the handler no longer takes connections");
                return;
            }
            unreachable.set(0);
            CaseRun caseRun = new CaseRun(run, one, number);
            String since = brokenSince;
            if (since != null) {
                caseRun.since(since);
            }
            synchronized (this) {
                runs.put(one.id(), caseRun);
            }
            running.add(one.id());
            try {
                one.run(caseRun);
            } finally {
                running.remove(one.id());
            }
            caseRun.done();
            HandlerProcess process = run.process();
            if (process != null && one.lane() != Lane.PROCESS && run.died()) {
                String ended = run.masked(process.ended());
                // Another case beside this one may have ended it.
                caseRun.failUnlessBusy("a handler that survives", ended);
                tell("WARNING: after " + one.id() + " " + ended);
                if (!process.start()) {
                    stopped = "the handler's process ended and does not start again" + why();
                    handlerGone = true;
                }
            }
            tick(one, number);
        } catch (InterruptedException e) {
            String why = stopped;
            skip(one, why == null ? "interrupted" : why);
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            fault = e;
            skip(one, "a fault of the suite: " + e);
        }
    }

    /** Reports one step of progress. Cases that run once more have been counted. */
    private void tick(ContractCase one, int number) {
        tell(
                number > 0
                        ? "again, alone: " + one.id()
                        : finished.incrementAndGet() + "/" + selected.size() + " " + one.id());
    }

    private synchronized void skip(ContractCase one, String reason) {
        notRun.put(one.id(), reason);
    }

    private void finish() {
        List<CaseRun> all;
        synchronized (this) {
            all = new ArrayList<>(runs.values());
        }
        try {
            if (!all.isEmpty() && !handlerGone) {
                Thread.interrupted();
                Thread.sleep(run.quiet().toMillis());
                if (run.intermediary().isQueue()) {
                    run.effects().awaitStill(STILL, run.settings().settle);
                }
            }
            run.effects().refresh();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        all.forEach(CaseRun::finish);
        for (ContractCase one : in(Lane.AFTER)) {
            attemptAfter(one);
        }
    }

    private void attemptAfter(ContractCase one) {
        CaseRun caseRun = new CaseRun(run, one, 0);
        try {
            one.run(caseRun);
            caseRun.done();
            tick(one, 0);
            if (stopped != null) {
                caseRun.notObserved("the rest of the run: " + stopped);
            }
            synchronized (this) {
                runs.put(one.id(), caseRun);
            }
        } catch (InterruptedException e) {
            skip(one, "interrupted");
        }
    }

    /** Returns the results so far as a complete report. */
    ContractReport partial(String reason) {
        String before = stopped;
        stopped = before == null ? reason : before;
        run.effects().refresh();
        List<CaseRun> all;
        synchronized (this) {
            all = new ArrayList<>(runs.values());
        }
        all.forEach(CaseRun::look);
        return report();
    }

    private synchronized ContractReport report() {
        List<CaseResult> results = new ArrayList<>();
        Map<String, CaseRun> details = new LinkedHashMap<>(runs);
        for (ContractCase one : selected) {
            CaseRun caseRun = runs.get(one.id());
            if (notRun.containsKey(one.id())) {
                results.add(none(one, Verdict.NOT_OBSERVED, String.valueOf(notRun.get(one.id()))));
            } else if (caseRun == null) {
                results.add(none(one, Verdict.NOT_OBSERVED, stopped == null ? "it did not run" : stopped));
            } else {
                results.add(withCompany(caseRun.result()));
            }
        }
        Set<String> all = new LinkedHashSet<>(remarks);
        all.addAll(run.effects().remarks());
        return new ContractReport(
                run,
                begun,
                Duration.ofNanos(System.nanoTime() - begunNanos),
                results,
                details,
                List.copyOf(all),
                stopped,
                handlerGone,
                fault);
    }

    private CaseResult withCompany(CaseResult result) {
        String before = inCompany.get(result.id());
        if (before == null || result.verdict() == Verdict.FAIL) {
            return result;
        }
        List<String> warnings = new ArrayList<>(result.warnings());
        warnings.add("alone it held; beside other cases: " + before);
        return new CaseResult(
                result.contractCase(),
                result.verdict(),
                result.failures(),
                warnings,
                result.missing(),
                result.reproduce(),
                result.begun(),
                result.took());
    }

    private CaseResult none(ContractCase one, Verdict verdict, String reason) {
        return new CaseResult(one, verdict, List.of(), List.of(), List.of(reason), "", begun, Duration.ZERO);
    }
}
