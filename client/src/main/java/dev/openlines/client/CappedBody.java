// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** Collects a response body, and breaks off one that is longer than allowed. */
final class CappedBody implements HttpResponse.BodySubscriber<byte[]> {

    private final int limit;
    private final CompletableFuture<byte[]> body = new CompletableFuture<>();
    private byte[] collected = new byte[0];
    private int size;
    private volatile Flow.@Nullable Subscription subscription;

    CappedBody(int limit) {
        this.limit = limit;
    }

    /** Breaks off a body that has not ended by now. */
    void giveUp() {
        if (body.completeExceptionally(new IOException("expected the whole reply in time"))) {
            Flow.Subscription open = subscription;
            if (open != null) {
                open.cancel();
            }
        }
    }

    @Override
    public CompletionStage<byte[]> getBody() {
        return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
        subscription = newSubscription;
        newSubscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        for (ByteBuffer buffer : buffers) {
            int more = buffer.remaining();
            if (more > limit - size) {
                Flow.Subscription open = subscription;
                if (open != null) {
                    open.cancel();
                }
                body.completeExceptionally(new IOException("expected a reply of at most " + limit + " bytes"));
                return;
            }
            if (collected.length - size < more) {
                collected = Arrays.copyOf(collected, Math.max(size + more, Math.min(limit, 2 * collected.length)));
            }
            buffer.get(collected, size, more);
            size += more;
        }
    }

    @Override
    public void onError(Throwable failure) {
        body.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        body.complete(size == collected.length ? collected : Arrays.copyOf(collected, size));
    }
}
