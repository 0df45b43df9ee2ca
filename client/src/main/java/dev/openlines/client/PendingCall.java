// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.client.Transport.Answer;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.PhpForm;
import jakarta.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call in progress: the step that it waits for, and the next one.
 *
 * <p>If it is certain that it did not run, or if it may run twice, it is sent again until the client's patience ends.
 * It is also sent again once with a renewed token, and once to a renamed portal's new address.
 */
final class PendingCall {

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final RestClient client;
    private final Access access;
    private final RestCall call;
    private final long giveUpAt;
    private final CompletableFuture<RestReply> result = new CompletableFuture<>();

    private int attempts;
    private boolean renewed;
    private boolean moved;

    /** The step that is running, to be cancelled when the result is cancelled. */
    private volatile @Nullable CompletableFuture<?> step;

    /** Set if the call leaves room for other calls. */
    private final boolean yields;

    /** The calling thread if it blocks on the result (it then runs the first attempt itself), or null. */
    private final @Nullable Thread waiting;

    PendingCall(RestClient client, Access access, RestCall call, boolean yields, @Nullable Thread waiting) {
        this.client = client;
        this.yields = yields;
        this.waiting = waiting;
        this.access = access;
        this.call = call;
        this.giveUpAt = client.now() + client.patience.toNanos();
    }

    CompletableFuture<RestReply> start() {
        Async.done(result, (reply, failure) -> {
            CompletableFuture<?> awaited = step;
            if (result.isCancelled() && awaited != null) {
                awaited.cancel(true);
            }
        });
        next(access.ticket(), this::queue);
        return result;
    }

    /** Waits for a step and goes on, or ends the call with the step's failure. */
    private <T> void next(CompletableFuture<T> awaited, Consumer<T> then) {
        step = awaited;
        if (result.isCancelled()) {
            awaited.cancel(true);
            return;
        }
        Async.done(awaited, (value, failure) -> {
            try {
                if (failure != null) {
                    failed(null, Transport.explained(call.method(), failure));
                } else if (!result.isDone()) {
                    then.accept(value);
                }
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
    }

    /** Waits for the portal's bucket to have room. */
    private void queue(Ticket ticket) {
        LeakyBucket bucket = client.bucket(ticket.endpoint());
        long now = client.now();
        long wait = bucket.take(now, yields);
        if (wait == 0) {
            send(ticket);
            return;
        }
        if (now + wait - giveUpAt > 0) {
            bucket.giveBack(now);
            result.completeExceptionally(new NoAnswerException(
                    call.method(),
                    "the portal's rate limit does not allow this call within " + client.patience,
                    false,
                    null));
            return;
        }
        CompletableFuture<Void> room = client.after(wait);
        Async.done(room, (nothing, failure) -> {
            if (failure != null) {
                bucket.giveBack(client.now());
            }
        });
        next(room, nothing -> send(ticket));
    }

    private void send(Ticket ticket) {
        JsonObject params = ticket.isWebhook()
                ? call.params()
                : Wire.JSON
                        .createObjectBuilder(call.params())
                        .add("auth", ticket.token().reveal())
                        .build();
        boolean form = client.format == BodyFormat.FORM;
        URI address = ticket.address(call.method());
        String type = form ? "application/x-www-form-urlencoded" : "application/json";
        byte[] body = form ? PhpForm.encode(params) : Wire.json(params);
        CompletableFuture<Answer> answer = Thread.currentThread() == waiting
                ? client.transport.postHere(call.method(), address, type, body, client.callTimeout)
                : client.transport.post(call.method(), address, type, body, client.callTimeout);
        step = answer;
        if (result.isCancelled()) {
            answer.cancel(true);
        }
        Async.done(answer, (received, failure) -> {
            try {
                if (failure != null) {
                    failed(ticket, Transport.explained(call.method(), failure));
                } else {
                    answered(ticket, received);
                }
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
    }

    private void answered(Ticket ticket, Answer answer) {
        // A webhook's code goes to no other host.
        boolean mayFollow = answer.status == 302 && !moved && !ticket.isWebhook();
        URI elsewhere = mayFollow ? client.renamed(ticket.endpoint(), answer) : null;
        if (elsewhere != null) {
            moved = true;
            next(access.moved(ticket, elsewhere), this::queue);
            return;
        }
        try {
            result.complete(new RestReply(call.method(), Wire.read(call.method(), answer, List.of(ticket.token()))));
        } catch (ClientException e) {
            failed(ticket, e);
        }
    }

    private void failed(@Nullable Ticket ticket, ClientException failure) {
        if (ticket == null || result.isDone()) {
            result.completeExceptionally(failure);
        } else if (failure instanceof RestException refusal && expired(refusal) && !renewed) {
            renewed = true;
            next(access.renewed(ticket, refusal), this::queue);
        } else if (failure instanceof RetriableRestException refusal) {
            if (refusal.is(ErrorCode.QUERY_LIMIT_EXCEEDED)) {
                client.bucket(ticket.endpoint()).full(client.now());
            }
            again(failure, refusal.mayHaveRun(), refusal.retryAfter());
        } else if (failure instanceof NoAnswerException lost) {
            again(failure, lost.mayHaveRun(), FIRST_PAUSE);
        } else {
            result.completeExceptionally(failure);
        }
    }

    private static boolean expired(RestException refusal) {
        return refusal.is(ErrorCode.EXPIRED_TOKEN) || refusal.is(ErrorCode.INVALID_TOKEN);
    }

    private void again(ClientException failure, boolean mayHaveRun, Duration atLeast) {
        attempts++;
        long pause = Math.max(atLeast.toNanos(), client.backoff(attempts, FIRST_PAUSE, LONGEST_PAUSE));
        // The wait is up to a quarter longer, so that calls that failed together are not repeated together.
        pause += (long) (pause * ThreadLocalRandom.current().nextDouble() / 4);
        boolean inTime = client.now() + pause - giveUpAt < 0;
        if (!inTime || (mayHaveRun && !call.isIdempotent())) {
            result.completeExceptionally(failure);
            return;
        }
        next(client.after(pause), nothing -> next(access.ticket(), this::queue));
    }
}
