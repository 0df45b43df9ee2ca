// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Equal requests that become complete at the same moment, because each connection holds back its last byte until all
 * are ready. Ninety rounds miss a race that occurs in one of twenty rounds only once in a hundred runs.
 */
final class Race {

    private static final int ROUNDS = 90;
    private static final int FIRST = 20;
    private static final int OTHERS = 8;

    private Race() {}

    /** Runs case 502. */
    @Case(
            id = 502,
            level = MUST,
            needs = {H, E},
            lane = Lane.ALONE,
            sends = "the same bytes twenty times at once, then eight times at once in 89 more rounds",
            requires = "answer 2xx each time, have one effect of each round",
            source = "practice: two workers, one event")
    static void ofEqualRequests(CaseRun run) throws InterruptedException {
        ExecutorService senders = senders(FIRST);
        try {
            for (int round = 0; round < ROUNDS; round++) {
                EventBody event = run.event();
                int number = round == 0 ? FIRST : OTHERS;
                boolean all = true;
                for (Reply reply : at(run, senders, event, Collections.nCopies(number, run.wire()))) {
                    all &= run.acked(reply, "one of " + number + " equal requests at once");
                }
                run.effects(event, 1, "equal requests at once");
                if (!all) {
                    return;
                }
            }
        } finally {
            senders.shutdownNow();
        }
    }

    /** Runs the part of case 608 that sends to both instances at once. */
    static void atTwoInstances(CaseRun run, Wire one, Wire other) throws InterruptedException {
        ExecutorService senders = senders(2);
        try {
            for (int round = 0; round < ROUNDS; round++) {
                EventBody event = run.event();
                boolean all = true;
                for (Reply reply : at(run, senders, event, List.of(one, other))) {
                    all &= run.acked(reply, "the same event at two instances at once");
                }
                run.effects(event, 1, "the same event at two instances at once");
                if (!all) {
                    return;
                }
            }
        } finally {
            senders.shutdownNow();
        }
    }

    private static ExecutorService senders(int number) {
        return Executors.newFixedThreadPool(number, task -> {
            Thread thread = new Thread(task, "contract-race");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Sends the event on each of the wires at the same moment. */
    private static List<Reply> at(CaseRun run, ExecutorService senders, EventBody event, List<Wire> wires)
            throws InterruptedException {
        int first = run.exchanges().reserve(wires.size());
        CyclicBarrier together = new CyclicBarrier(wires.size());
        List<Future<Reply>> replies = new ArrayList<>();
        for (int i = 0; i < wires.size(); i++) {
            Wire wire = wires.get(i);
            int own = first + i;
            byte[] request = Request.post(wire.target(), event.bytes()).bytes();
            replies.add(senders.submit(() -> one(run, wire, request, own, together)));
        }
        List<Reply> all = new ArrayList<>();
        for (Future<Reply> reply : replies) {
            try {
                all.add(reply.get());
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            }
        }
        return all;
    }

    private static Reply one(CaseRun run, Wire wire, byte[] request, int number, CyclicBarrier together)
            throws InterruptedException, BrokenBarrierException {
        int last = request.length - 1;
        try (Connection connection = run.open(wire)) {
            connection.write(Arrays.copyOf(request, last));
            together.await();
            return run.seen(
                    connection
                            .write(Arrays.copyOfRange(request, last, request.length))
                            .read(run.patience()),
                    number);
        }
    }
}
