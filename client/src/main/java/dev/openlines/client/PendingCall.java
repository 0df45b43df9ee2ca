// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.client.Transport.Answer;
import dev.openlines.model.Secret;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One call on its way: what is awaited now, and what follows. */
final class PendingCall {

    private final PortalClient portal;
    private final RestCall call;
    private final CompletableFuture<Reply> result = new CompletableFuture<>();

    /** What is awaited now, to be broken off when the result is cancelled. */
    private volatile @Nullable CompletableFuture<?> step;

    PendingCall(PortalClient portal, RestCall call) {
        this.portal = portal;
        this.call = call;
    }

    CompletableFuture<Reply> start() {
        Async.done(result, (reply, failure) -> {
            CompletableFuture<?> awaited = step;
            if (result.isCancelled() && awaited != null) {
                awaited.cancel(true);
            }
        });
        send();
        return result;
    }

    private void send() {
        Secret token = portal.accessToken;
        byte[] body = Wire.json(Wire.JSON
                .createObjectBuilder(call.params())
                .add("auth", token.reveal())
                .build());
        CompletableFuture<Answer> answer = portal.client.transport.post(
                call.method(),
                portal.endpoint.resolve(call.method()),
                "application/json",
                body,
                portal.client.callTimeout);
        step = answer;
        if (result.isCancelled()) {
            answer.cancel(true);
        }
        Async.done(answer, (received, failure) -> {
            if (failure != null) {
                result.completeExceptionally(Transport.explained(call.method(), failure));
            } else {
                answered(received, token);
            }
        });
    }

    private void answered(Answer answer, Secret token) {
        try {
            result.complete(new Reply(call.method(), Wire.read(call.method(), answer, List.of(token))));
        } catch (ClientException e) {
            result.completeExceptionally(e);
        }
    }
}
