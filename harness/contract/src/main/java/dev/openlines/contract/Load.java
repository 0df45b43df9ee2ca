// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Many requests, a limited number at a time, each on its own connection and each sent at most once. */
final class Load {

    private final CaseRun run;
    private final int concurrency;
    private final List<byte[]> requests = new ArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    private final List<Thread> threads = new ArrayList<>();
    private @Nullable Reply[] replies = new Reply[0];
    private int first;
    private volatile boolean stopped;

    Load(CaseRun run, int concurrency) {
        this.run = run;
        this.concurrency = concurrency;
    }

    void add(byte[] request) {
        requests.add(request);
    }

    int size() {
        return requests.size();
    }

    /** Returns how many requests have begun. */
    int begun() {
        return Math.min(next.get(), requests.size());
    }

    /** Starts sending, each request no sooner than its place in the queue times the interval. */
    void begin(Duration interval) {
        replies = new Reply[requests.size()];
        first = run.exchanges().reserve(requests.size());
        long begun = System.nanoTime();
        for (int i = 0; i < Math.min(concurrency, requests.size()); i++) {
            Thread thread = new Thread(() -> work(begun, interval.toNanos()), "contract-load-" + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    private void work(long begun, long interval) {
        try {
            for (int i = next.getAndIncrement(); i < requests.size() && !stopped; i = next.getAndIncrement()) {
                long wait = (begun + i * interval - System.nanoTime()) / 1_000_000;
                if (wait > 0 && !run.dry()) {
                    Thread.sleep(wait);
                }
                try (Connection connection = run.open()) {
                    replies[i] = run.seen(connection.write(requests.get(i)).read(run.patience()), first + i);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops sending. Requests that are on their way continue. */
    void stop() {
        stopped = true;
    }

    /** Returns all replies in the order of the requests, null for those never sent. */
    @Nullable
    Reply[] all() throws InterruptedException {
        for (Thread thread : threads) {
            thread.join();
        }
        return Arrays.copyOf(replies, replies.length);
    }

    /** Returns the replies to the requests that were sent. */
    List<Reply> await() throws InterruptedException {
        List<Reply> sent = new ArrayList<>();
        for (Reply reply : all()) {
            if (reply != null) {
                sent.add(reply);
            }
        }
        return sent;
    }
}
