// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Following futures so that cancelling what a caller holds cancels what it waits for. */
final class Async {

    private Async() {}

    /** Follows a call with a reading of its reply. */
    static <A, B extends @Nullable Object> CompletableFuture<B> then(
            CompletableFuture<A> call, Function<A, B> reading) {
        return handle(call, (reply, failure) -> {
            if (failure != null) {
                throw failure;
            }
            return reading.apply(reply);
        });
    }

    /** Goes on like {@link #then}, also after a failure. The failure is null after success. */
    static <A, B extends @Nullable Object> CompletableFuture<B> handle(
            CompletableFuture<A> call, BiFunction<A, @Nullable ClientException, B> outcome) {
        CompletableFuture<B> made = new CompletableFuture<>();
        done(call, (reply, failure) -> {
            try {
                made.complete(outcome.apply(reply, failure == null ? null : Transport.explained("call", failure)));
            } catch (RuntimeException e) {
                made.completeExceptionally(e);
            }
        });
        cancels(made, call);
        return made;
    }

    /** Cancels one future when the other is cancelled. */
    static void cancels(CompletableFuture<?> made, CompletableFuture<?> call) {
        done(made, (value, failure) -> {
            if (made.isCancelled()) {
                call.cancel(true);
            }
        });
    }

    /**
     * Returns a future that completes after a while, on a thread that must not be blocked. Cancelling it frees its
     * timer.
     */
    static CompletableFuture<Void> after(long time, TimeUnit unit) {
        return new CompletableFuture<Void>().completeOnTimeout(null, time, unit);
    }

    /** Runs an action at the end of a future; the action itself must not fail. */
    static <T> void done(CompletableFuture<T> future, BiConsumer<T, @Nullable Throwable> action) {
        var unused = future.whenComplete(action);
    }

    /** Waits for a future; an interrupt cancels it. */
    static <T extends @Nullable Object> T await(String method, CompletableFuture<T> pending) {
        try {
            return pending.get();
        } catch (InterruptedException e) {
            pending.cancel(true);
            Thread.currentThread().interrupt();
            throw new NoAnswerException(method, "the waiting thread was interrupted", true, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ClientException failure) {
                throw failure;
            }
            throw new IllegalStateException(method + ": unexpected failure", e.getCause());
        }
    }
}
