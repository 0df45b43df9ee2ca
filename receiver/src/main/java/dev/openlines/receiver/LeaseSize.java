// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Tells how many events a dispatcher leases: as many as its workers handle in {@value #NANOS} nanoseconds, so that quick
 * handlers do not wait for the next commit, and slow ones do not keep events from other nodes. Large events are leased
 * in small numbers. Any thread may call the methods.
 */
final class LeaseSize {

    static final int LEAST_PER_WORKER = 8;
    static final int MOST_PER_WORKER = 64;

    /** The most for all workers, unless their least numbers are more: as many as are settled in one commit. */
    static final int MOST = GroupCommit.BATCH;

    static final long NANOS = 100_000_000;

    /** The part of the heap that leased payloads may take, beyond the least number of events. */
    static final int HEAP_PART = 16;

    private static final int BYTES_PER_CHARACTER = 2;

    /** An event changes a moving average by one part of these. */
    private static final int PARTS = 16;

    private final int workers;
    private final long characters;
    /** The moving average of the time that an attempt takes, in nanoseconds. */
    private final AtomicLong took = new AtomicLong(NANOS / LEAST_PER_WORKER);
    /** The length of the longest payloads of late, in characters. */
    private final AtomicLong longest = new AtomicLong(1);

    /**
     * Begins with the least number of events.
     *
     * @param workers how many events are handled at the same time
     * @param heap the size of the heap in bytes
     */
    LeaseSize(int workers, long heap) {
        this.workers = workers;
        this.characters = heap / HEAP_PART / BYTES_PER_CHARACTER;
    }

    void leased(LeasedDelivery delivery) {
        longest.accumulateAndGet(delivery.payload().length(), (before, now) -> Math.max(now, before - before / PARTS));
    }

    /** Counts an attempt that has ended. A single slow one among quick ones changes little. */
    void attempted(long nanos) {
        took.accumulateAndGet(Math.min(nanos, NANOS), (before, now) -> before + (now - before) / PARTS);
    }

    /** Returns the number of events to lease for all workers. */
    int most() {
        long quick = Math.min(MOST, Math.min(MOST_PER_WORKER, NANOS / Math.max(1, took.get())) * workers);
        return (int) Math.max((long) LEAST_PER_WORKER * workers, Math.min(quick, characters / longest.get()));
    }
}
