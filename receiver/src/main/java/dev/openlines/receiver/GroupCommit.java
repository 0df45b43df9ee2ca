// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.LastResort;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread with one connection that makes everything waiting durable with one commit.
 *
 * <p>While a commit is on its way to the disk, work gathers in the queue; the next commit takes all of it, up to
 * {@value #BATCH} pieces. Replies complete after the commit, on this thread. A commit waits for the disk unless all of
 * its work is of a {@link Kind} that a loss of power may undo. When a commit fails because of one row, its pieces are
 * tried again one by one; when it fails because of the store, all of them fail, the connection is dropped and the next
 * piece opens another.
 */
final class GroupCommit implements AutoCloseable {

    static final int BATCH = 512;

    /** The longest time that lazy work waits for other work to share its commit. */
    private static final long LINGER_NANOS = 1_000_000;

    private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);

    /** A piece of work; it runs again if the commit it took part in failed. */
    interface Work<T> {
        T run(Connection connection) throws SQLException;
    }

    /** The promise that a commit keeps to a piece of work. */
    enum Kind {
        /** It is on the disk before its reply. */
        DURABLE,
        /**
         * It outlives this process before its reply, but not a loss of power before the next durable commit. On
         * PostgreSQL it is durable.
         */
        WRITTEN,
        /** Durable in the same way, and it may wait a moment for other work. */
        LAZY
    }

    /** Work that is done once for all its inputs in a commit. It belongs to one writer and runs on its thread. */
    abstract static class Together<I, T> {

        private final List<Part<I, T>> parts = new ArrayList<>();
        private final boolean repeatable;

        /**
         * Makes work without inputs.
         *
         * @param repeatable whether the work finds out by itself that it was done before. It then runs again if the
         *     connection was lost during the commit
         */
        Together(boolean repeatable) {
            this.repeatable = repeatable;
        }

        /** Does the work, and returns the result for each input. */
        abstract List<T> run(Connection connection, List<I> inputs) throws SQLException;

        /** Runs after the commit and before its replies. */
        void committed() {}

        /** Runs after the replies to a commit. */
        void replied() {}

        private void runParts(Connection connection) throws SQLException {
            List<T> results =
                    run(connection, parts.stream().map(part -> part.input).toList());
            for (int i = 0; i < parts.size(); i++) {
                parts.get(i).known = results.get(i);
            }
        }
    }

    private final SqlDialect dialect;
    private final long patienceNanos;
    private final BlockingQueue<Piece<?>> queue = new LinkedBlockingQueue<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Thread thread;
    private @Nullable Connection connection;
    /** True if the connection's next commit waits for the disk. */
    private boolean durable;
    /** Set if the last commit may have reached the store. */
    private boolean committing;
    /** Set if another process held the lock of the file for longer than this waits. */
    private boolean locked;

    /**
     * Prepares the thread.
     *
     * @param patience how long the pieces of a commit that failed are tried one by one
     */
    GroupCommit(SqlDialect dialect, Duration patience) {
        this.dialect = dialect;
        this.patienceNanos = patience.toNanos();
        this.thread = LastResort.thread(this::run, "openlines-inbox");
    }

    void start() {
        thread.start();
    }

    <T> CompletableFuture<T> submit(Work<T> work) {
        return submit(Kind.DURABLE, work);
    }

    <T> CompletableFuture<T> submit(Kind kind, Work<T> work) {
        return submit(new Piece<>(kind, work));
    }

    <I, T> CompletableFuture<T> submit(Kind kind, Together<I, T> together, I input) {
        return submit(new Part<>(kind, together, input));
    }

    private <T> CompletableFuture<T> submit(Piece<T> piece) {
        queue.add(piece);
        if (closed.get() && queue.remove(piece)) {
            piece.reply.completeExceptionally(new StoreException("the inbox is closed", null));
        }
        return piece.reply;
    }

    int waiting() {
        return queue.size();
    }

    /** Runs everything that was submitted before, then ends the thread. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            queue.add(new Piece<>(Kind.DURABLE, ignored -> Boolean.TRUE));
        }
        Threads.join(thread);
    }

    private void run() {
        List<Piece<?>> batch = new ArrayList<>();
        try {
            // After close() this waits for no more work: a late submit may have taken back what it had added.
            for (Piece<?> first = queue.take(); first != null; first = closed.get() ? queue.poll() : queue.take()) {
                batch.add(first);
                queue.drainTo(batch, BATCH - 1);
                linger(batch);
                commit(batch);
                batch.clear();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("no code interrupts this thread", e);
        } finally {
            drop();
        }
    }

    /** Waits for other work while all of a batch can wait. */
    private void linger(List<Piece<?>> batch) throws InterruptedException {
        long end = System.nanoTime() + LINGER_NANOS;
        while (batch.size() < BATCH && batch.stream().allMatch(piece -> piece.kind == Kind.LAZY)) {
            Piece<?> next = queue.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (next == null) {
                return;
            }
            batch.add(next);
            queue.drainTo(batch, BATCH - batch.size());
        }
    }

    private void commit(List<Piece<?>> batch) {
        boolean used = connection != null;
        committing = false;
        Set<Together<?, ?>> sorts;
        try {
            sorts = run(batch);
        } catch (Throwable e) {
            LastResort.check(e);
            // An Error is caught too: if this thread ended, callers that wait for it would wait for ever.
            failed(batch, e, used);
            return;
        }
        sorts.forEach(Together::committed);
        batch.forEach(Piece::succeed);
        sorts.forEach(Together::replied);
    }

    /** Commits, and returns the work that was done together. */
    private Set<Together<?, ?>> run(List<Piece<?>> batch) throws SQLException {
        dialect.watch().before();
        Connection open = connection;
        if (open == null) {
            open = dialect.connections().open();
            connection = open;
            durable = true;
        }
        boolean needed = batch.stream().anyMatch(piece -> piece.kind == Kind.DURABLE);
        if (needed != durable) {
            dialect.durable(open, needed);
            durable = needed;
        }
        dialect.begin(open);
        Set<Together<?, ?>> sorts = together(open, batch);
        for (Piece<?> piece : batch) {
            piece.run(open);
        }
        committing = true;
        open.commit();
        dialect.watch().after();
        if (locked) {
            locked = false;
            dialect.patient(open);
        }
        return sorts;
    }

    private static Set<Together<?, ?>> together(Connection open, List<Piece<?>> batch) throws SQLException {
        Set<Together<?, ?>> sorts = new LinkedHashSet<>();
        try {
            for (Piece<?> piece : batch) {
                if (piece instanceof Part<?, ?> part) {
                    sorts.add(part.join());
                }
            }
            for (Together<?, ?> sort : sorts) {
                sort.runParts(open);
            }
        } finally {
            sorts.forEach(sort -> sort.parts.clear());
        }
        return sorts;
    }

    private void failed(List<Piece<?>> batch, Throwable e, boolean used) {
        if (used && dialect.lostConnection(e)) {
            again(batch, e);
        } else if (undo() && batch.size() > 1 && blamesRow(e)) {
            oneByOne(batch);
        } else {
            fail(batch, e);
        }
    }

    /**
     * Runs a commit once more on a fresh connection: a database or what is in front of it may cut one that has been
     * idle. If it was lost while it committed, only repeatable work runs again, such as storing an event.
     */
    private void again(List<Piece<?>> batch, Throwable e) {
        LOG.debug("reason=reconnecting", e);
        List<Piece<?>> rest = batch;
        if (committing) {
            rest = batch.stream().filter(Piece::repeatable).toList();
            fail(batch.stream().filter(piece -> !piece.repeatable()).toList(), e);
        }
        drop();
        if (!rest.isEmpty()) {
            commit(rest);
        }
    }

    /**
     * Runs the pieces one by one until the store fails or patience ends, as when another process keeps the file locked.
     * Then the rest fails at once, and does not wait piece by piece.
     */
    private void oneByOne(List<Piece<?>> batch) {
        long begun = System.nanoTime();
        for (int i = 0; i < batch.size(); i++) {
            if (connection == null || System.nanoTime() - begun > patienceNanos) {
                fail(batch.subList(i, batch.size()), new SQLException("the store was lost or locked meanwhile"));
                return;
            }
            commit(List.of(batch.get(i)));
        }
    }

    private boolean blamesRow(Throwable e) {
        return e instanceof SQLException sql ? dialect.blamesRow(sql) : e instanceof RuntimeException;
    }

    private void fail(List<Piece<?>> batch, Throwable e) {
        if (connection != null && e instanceof SQLException sql && dialect.isLocked(sql)) {
            // The next pieces need not wait as long.
            locked = true;
            dialect.impatient(connection);
        } else if (!blamesRow(e)) {
            drop();
        }
        StoreException failure = e instanceof StoreException store
                ? store
                : StoreException.because("cannot write to " + dialect.place(), e);
        batch.forEach(piece -> piece.reply.completeExceptionally(failure));
    }

    private boolean undo() {
        if (connection == null) {
            return false;
        }
        try {
            connection.rollback();
            return true;
        } catch (SQLException | RuntimeException e) {
            // Catch everything that a driver throws: this thread must not end.
            LOG.debug("rollback failed, the connection is dropped", e);
            drop();
            return false;
        }
    }

    private void drop() {
        if (connection != null) {
            try {
                if (!dialect.watch().overwritten()) {
                    connection.close();
                }
            } catch (SQLException | RuntimeException e) {
                LOG.debug("closing a connection failed", e);
            }
            connection = null;
            dialect.watch().closed();
        }
    }

    /**
     * One piece of work and the reply that its caller waits for. Only the reply is used outside of the writer thread.
     */
    private static class Piece<T> {
        private final Kind kind;
        private final Work<T> work;
        private final CompletableFuture<T> reply = new CompletableFuture<>();
        private @Nullable T result;

        Piece(Kind kind, Work<T> work) {
            this.kind = kind;
            this.work = work;
        }

        void run(Connection connection) throws SQLException {
            result = work.run(connection);
        }

        /** Tells whether it may run again if it is unknown whether it was committed. */
        boolean repeatable() {
            return false;
        }

        void succeed() {
            reply.complete(result);
        }
    }

    /** A piece of work that is done together with others. Its result is known before its turn comes. */
    private static final class Part<I, T> extends Piece<T> {
        private final Together<I, T> together;
        private final I input;
        private @Nullable T known;

        Part(Kind kind, Together<I, T> together, I input) {
            super(kind, ignored -> {
                throw new IllegalStateException("expected work that is done together");
            });
            this.together = together;
            this.input = input;
        }

        Together<I, T> join() {
            together.parts.add(this);
            return together;
        }

        @Override
        boolean repeatable() {
            return together.repeatable;
        }

        @Override
        void run(Connection connection) {
            super.result = Objects.requireNonNull(known);
        }
    }
}
