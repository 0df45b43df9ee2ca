// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Calls the REST API of one portal. Light: a few references, no thread, no connection of its own.
 *
 * @see <a href="https://apidocs.bitrix24.com/sdk/general-principles.html">How REST calls work</a>
 */
public final class PortalClient {

    final RestClient client;
    private final Access access;

    PortalClient(RestClient client, Access access) {
        this.client = client;
        this.access = access;
    }

    /**
     * Calls a method and waits for its reply. Blocks for at most the timeouts of the {@link RestClient}.
     * An interrupt breaks the call off: the thread stays interrupted and the call fails.
     *
     * @param method such as {@code profile}
     * @param params as {@link RestCall#of(String, Map)} takes them
     * @return the reply of a successful call
     * @throws RestException where the platform refused
     * @throws NoAnswerException where there was no answer
     * @throws UnexpectedReplyException where the answer cannot be read
     * @throws ReinstallRequiredException where the portal no longer lets the application in
     * @throws AddressRefusedException where the portal's host is not public
     */
    public Reply call(String method, Map<String, ?> params) {
        return call(RestCall.of(method, params));
    }

    /**
     * Calls and waits, as {@link #call(String, Map)} does.
     *
     * @param call what to call
     * @return the reply of a successful call
     */
    public Reply call(RestCall call) {
        return Async.await(call.method(), callAsync(call));
    }

    /**
     * Starts a call. The future completes on a thread of the HTTP client: do not block in what follows
     * it.
     *
     * @param method such as {@code profile}
     * @param params as {@link RestCall#of(String, Map)} takes them
     * @return completes with the reply or fails with a {@link ClientException}; cancelling it breaks
     *     the call off
     */
    public CompletableFuture<Reply> callAsync(String method, Map<String, ?> params) {
        return callAsync(RestCall.of(method, params));
    }

    /**
     * Starts a call, as {@link #callAsync(String, Map)} does.
     *
     * @param call what to call
     * @return completes with the reply or fails with a {@link ClientException}
     */
    public CompletableFuture<Reply> callAsync(RestCall call) {
        return new PendingCall(client, access, call).start();
    }

    /**
     * Returns the application's subscriptions to this portal's events.
     *
     * @return a view; asks nothing yet
     */
    public Subscriptions subscriptions() {
        return new Subscriptions(this);
    }

    /** Returns the portal's address or member id. */
    @Override
    public String toString() {
        return access.name();
    }
}
