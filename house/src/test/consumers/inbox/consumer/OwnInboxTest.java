// SPDX-License-Identifier: Apache-2.0
package consumer;

import dev.openlines.receiver.Backlog;
import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.DeadLetters;
import dev.openlines.receiver.LeaseRequest;
import dev.openlines.receiver.LeasedDelivery;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Settlement;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.StoreResult;
import dev.openlines.receiver.TrustChange;
import dev.openlines.receiver.TrustLog;
import dev.openlines.receiver.VerifiedDelivery;
import dev.openlines.tck.LeasingInboxContract;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** An application's own inbox, in memory, shown to keep the contract by the published tests. */
class OwnInboxTest implements LeasingInboxContract {

    private final TreeMap<Long, Row> rows = new TreeMap<>();
    private final List<TrustLog.Row> trusted = new ArrayList<>();

    @Override
    public LeasingInbox open() {
        return new InMemory(rows, trusted);
    }

    private static final class Row {
        private final long id;
        private final VerifiedDelivery delivery;
        private final List<DeadLetter.Attempt> history = new ArrayList<>();
        private String state = "waiting";
        private Instant notBefore;
        private Instant finishedAt = Instant.MIN;
        private String owner = "";
        private String reason = "";
        private int attempts;
        private long leases;

        Row(long id, VerifiedDelivery delivery) {
            this.id = id;
            this.delivery = delivery;
            this.notBefore = delivery.receivedAt();
        }

        boolean due(LeaseRequest request) {
            return state.equals("waiting")
                    && (!notBefore.isAfter(request.now()) || notBefore.isAfter(request.latest()));
        }

        boolean heldBy(LeasedDelivery lease) {
            return state.equals("waiting") && owner.equals(lease.owner()) && leases == lease.lease();
        }

        LeasedDelivery lease(LeaseRequest request) {
            attempts++;
            leases++;
            owner = request.owner();
            notBefore = request.until();
            return new LeasedDelivery(
                    id,
                    delivery.memberId(),
                    delivery.event(),
                    delivery.idempotencyKey(),
                    delivery.payload(),
                    delivery.receivedAt(),
                    attempts,
                    leases,
                    owner);
        }

        void settle(Settlement settlement, Instant now) {
            owner = "";
            if (settlement instanceof Settlement.Done) {
                finish("done", "", now);
            } else if (settlement instanceof Settlement.Dead dead) {
                history.add(new DeadLetter.Attempt(attempts, now, "dead", dead.reason()));
                finish("dead", dead.reason(), now);
            } else if (settlement instanceof Settlement.Retry retry) {
                history.add(new DeadLetter.Attempt(attempts, now, "retry", retry.reason()));
                notBefore = retry.at();
            } else {
                attempts--;
                notBefore = Instant.MIN;
            }
        }

        void finish(String newState, String newReason, Instant now) {
            state = newState;
            reason = newReason;
            finishedAt = now;
        }

        DeadLetter letter() {
            return new DeadLetter(
                    id,
                    delivery.memberId(),
                    delivery.event(),
                    delivery.idempotencyKey(),
                    delivery.payload(),
                    delivery.receivedAt(),
                    finishedAt,
                    reason,
                    attempts,
                    history);
        }
    }

    private static final class InMemory implements LeasingInbox {

        private final TreeMap<Long, Row> rows;
        private final List<TrustLog.Row> trusted;
        private volatile boolean closed;

        InMemory(TreeMap<Long, Row> rows, List<TrustLog.Row> trusted) {
            this.rows = rows;
            this.trusted = trusted;
        }

        private <T> T locked(Supplier<T> work) {
            if (closed) {
                throw new StoreException("the inbox is closed", null);
            }
            synchronized (rows) {
                return work.get();
            }
        }

        private Stream<Row> in(String state) {
            return rows.values().stream().filter(row -> row.state.equals(state));
        }

        @Override
        public CompletionStage<StoreResult> store(VerifiedDelivery delivery) {
            try {
                return CompletableFuture.completedStage(locked(() -> stored(delivery)));
            } catch (StoreException e) {
                return CompletableFuture.failedStage(e);
            }
        }

        private StoreResult stored(VerifiedDelivery delivery) {
            Optional<Row> same = rows.values().stream()
                    .filter(row -> row.delivery.idempotencyKey().equals(delivery.idempotencyKey()))
                    .findFirst();
            if (same.isEmpty()) {
                long id = rows.isEmpty() ? 1 : rows.lastKey() + 1;
                rows.put(id, new Row(id, delivery));
                return StoreResult.STORED;
            }
            return delivery.sameContent(same.get().delivery.payload())
                    ? StoreResult.DUPLICATE
                    : StoreResult.CONFLICT;
        }

        @Override
        public List<LeasedDelivery> lease(LeaseRequest request) {
            return locked(() -> {
                List<Row> due = in("waiting")
                        .filter(row -> row.due(request))
                        .filter(row -> !request.ordered() || first(row))
                        .sorted(Comparator.comparing((Row row) -> row.notBefore).thenComparing(row -> row.id))
                        .limit(request.max())
                        .toList();
                return due.stream()
                        .map(row -> row.lease(request))
                        .sorted(Comparator.comparing(LeasedDelivery::id))
                        .toList();
            });
        }

        private boolean first(Row row) {
            List<String> keys = row.delivery.orderKeys();
            Predicate<Row> earlier = other -> other.id < row.id
                    && other.delivery.orderKeys().stream().anyMatch(keys::contains);
            return in("waiting").noneMatch(earlier);
        }

        @Override
        public void renew(Collection<LeasedDelivery> leases, Instant until) {
            locked(() -> {
                for (LeasedDelivery lease : leases) {
                    Row row = rows.get(lease.id());
                    row.notBefore = row.heldBy(lease) ? until : row.notBefore;
                }
                return leases;
            });
        }

        @Override
        public CompletionStage<Boolean> settle(LeasedDelivery lease, Settlement settlement, Instant now) {
            return CompletableFuture.completedStage(locked(() -> {
                Row row = rows.get(lease.id());
                boolean mine = row.heldBy(lease);
                if (mine) {
                    row.settle(settlement, now);
                }
                return mine;
            }));
        }

        @Override
        public Backlog backlog() {
            return locked(() -> new Backlog(
                    in("waiting").count(),
                    in("dead").count(),
                    in("waiting")
                            .map(row -> row.delivery.receivedAt())
                            .min(Comparator.naturalOrder())
                            .orElse(null)));
        }

        @Override
        public List<TrustLog.Row> trusted() {
            return locked(() -> List.copyOf(trusted));
        }

        @Override
        public void trust(TrustChange change) {
            locked(() -> trusted.add(
                    new TrustLog.Row(change.memberId(), change.installed(), Instant.MAX, trusted.size() + 1)));
        }

        @Override
        public DeadLetters deadLetters() {
            return new Letters();
        }

        @Override
        public int purge(Instant finishedBefore) {
            return locked(() -> {
                List<Row> old = in("done")
                        .filter(row -> row.finishedAt.isBefore(finishedBefore))
                        .toList();
                old.forEach(row -> rows.remove(row.id));
                return old.size();
            });
        }

        @Override
        public void probe() {
            locked(() -> rows);
        }

        @Override
        public void close() {
            closed = true;
        }

        /** Forgets as the interface's default does. */
        private final class Letters implements DeadLetters {

            @Override
            public List<DeadLetter> list(long after, int max) {
                return locked(() -> in("dead")
                        .filter(row -> row.id > after)
                        .limit(max)
                        .map(Row::letter)
                        .toList());
            }

            @Override
            public Optional<DeadLetter> show(long id) {
                return locked(
                        () -> in("dead").filter(row -> row.id == id).map(Row::letter).findFirst());
            }

            @Override
            public boolean requeue(long id, Instant now) {
                return decide(id, "waiting", "requeued", now);
            }

            @Override
            public boolean discard(long id, Instant now) {
                return decide(id, "done", "discarded", now);
            }

            private boolean decide(long id, String state, String outcome, Instant now) {
                return locked(() -> {
                    Row row = rows.get(id);
                    if (row == null || !row.state.equals("dead")) {
                        return false;
                    }
                    row.finish(state, "", now);
                    row.attempts = 0;
                    row.notBefore = now;
                    row.history.add(new DeadLetter.Attempt(0, now, outcome, ""));
                    return true;
                });
            }
        }
    }
}
