// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.ModelPortal.Close;
import dev.openlines.testkit.Bodies;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The offline queue of a portal: equal events that wait are one record, whose time is that of the last. */
final class ModelQueue implements OfflineQueues {

    final List<Queued> rows = new CopyOnWriteArrayList<>();

    /** Before so many events are cleared the process dies. */
    int clearsLeft = Integer.MAX_VALUE;

    @Nullable
    String refusal;

    @Nullable
    RuntimeException failure;

    final AtomicInteger drains = new AtomicInteger();

    /** An action to run when a drain has begun. */
    Runnable begun = () -> {};

    /** Queues the event of a close, so many seconds after it. */
    void note(Close close, long after) {
        note(finish(close.chat(), close.at() + after));
    }

    void note(Queued event) {
        rows.removeIf(row -> row.event().equals(event.event()) && row.data().equals(event.data()));
        rows.add(event);
    }

    static Queued finish(long chat, long second) {
        Envelope posted =
                Envelope.parse(Bodies.finish(chat).getBytes(StandardCharsets.UTF_8), BodyFormat.FORM, Limits.DEFAULT);
        return new Queued(
                OnSessionFinish.CODE,
                Instant.ofEpochSecond(second),
                Objects.requireNonNull(posted.raw().get("data")));
    }

    @Override
    public Set<String> portals() {
        return Set.of(ModelPortal.MEMBER);
    }

    @Override
    public Drained drain(String memberId, Consumer<Queued> sink) {
        drains.incrementAndGet();
        begun.run();
        if (failure != null) {
            throw failure;
        }
        if (refusal != null) {
            return new Drained(0, refusal);
        }
        int failed = 0;
        for (Queued row : List.copyOf(rows)) {
            try {
                sink.accept(row);
            } catch (StoreException e) {
                throw e;
            } catch (RuntimeException e) {
                failed++;
                continue;
            }
            if (clearsLeft-- == 0) {
                throw new IllegalStateException("killed between storing and clearing");
            }
            rows.remove(row);
        }
        return new Drained(failed, null);
    }
}
