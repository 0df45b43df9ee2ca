// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.ArrayList;
import java.util.Arrays;
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
    static void ofEqualRequests(CaseRun run) throws InterruptedException {
        ExecutorService senders = Executors.newFixedThreadPool(FIRST, task -> {
            Thread thread = new Thread(task, "contract-race");
            thread.setDaemon(true);
            return thread;
        });
        try {
            for (int round = 0; round < ROUNDS; round++) {
                EventBody event = run.event();
                int number = round == 0 ? FIRST : OTHERS;
                boolean all = true;
                for (Reply reply : at(run, senders, run.request(event).bytes(), number)) {
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

    private static List<Reply> at(CaseRun run, ExecutorService senders, byte[] request, int number)
            throws InterruptedException {
        int first = run.reserve(number);
        CyclicBarrier together = new CyclicBarrier(number);
        List<Future<Reply>> replies = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            int own = first + i;
            replies.add(senders.submit(() -> one(run, request, own, together)));
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

    private static Reply one(CaseRun run, byte[] request, int number, CyclicBarrier together)
            throws InterruptedException, BrokenBarrierException {
        int last = request.length - 1;
        try (Connection connection = run.open()) {
            connection.write(Arrays.copyOf(request, last));
            together.await();
            return run.seen(
                    connection
                            .write(Arrays.copyOfRange(request, last, request.length))
                            .read(run.run().patience()),
                    number);
        }
    }
}
