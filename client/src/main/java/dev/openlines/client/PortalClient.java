// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import jakarta.json.JsonValue;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Calls the REST API of one portal. An instance is small: a few references, without a thread or connection of its own.
 *
 * @see <a href="https://apidocs.bitrix24.com/sdk/general-principles.html">How REST calls work</a>
 */
public final class PortalClient {

    final RestClient client;
    private final Access access;
    private final boolean yields;

    PortalClient(RestClient client, Access access) {
        this(client, access, false);
    }

    private PortalClient(RestClient client, Access access, boolean yields) {
        this.client = client;
        this.access = access;
        this.yields = yields;
    }

    /**
     * Returns a client of the same portal for work that is not urgent. Its calls use half of the burst that {@link
     * RestClient.Builder#rate} allows, and leave the other half to other calls.
     *
     * @return another client with the same access
     */
    public PortalClient yielding() {
        return new PortalClient(client, access, true);
    }

    /** Returns the portal's REST address. */
    CompletableFuture<URI> endpoint() {
        return Async.then(access.ticket(), Ticket::endpoint);
    }

    /**
     * Calls a method without parameters and waits, as {@link #call(String, Map)} does.
     *
     * @param method such as {@code profile}
     * @return the reply of a successful call
     */
    public RestReply call(String method) {
        return call(RestCall.of(method));
    }

    /**
     * Calls a method and waits for its reply. Blocks for at most the timeouts of the {@link RestClient}.
     * An interrupt breaks the call off: the thread stays interrupted and the call fails.
     *
     * @param method such as {@code profile}
     * @param params as {@link RestCall#of(String, Map)} takes them
     * @return the reply of a successful call
     * @throws RestException if the platform refused
     * @throws NoAnswerException if there was no answer
     * @throws UnexpectedReplyException if the answer cannot be read
     * @throws ReinstallRequiredException if the portal no longer lets the application in
     * @throws AddressRefusedException if the portal's host is not public
     */
    public RestReply call(String method, Map<String, ?> params) {
        return call(RestCall.of(method, params));
    }

    /**
     * Calls and waits, as {@link #call(String, Map)} does.
     *
     * @param call the call
     * @return the reply of a successful call
     */
    public RestReply call(RestCall call) {
        return Async.await(
                call.method(), new PendingCall(client, access, call, yields, Thread.currentThread()).start());
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
    public CompletableFuture<RestReply> callAsync(String method, Map<String, ?> params) {
        return callAsync(RestCall.of(method, params));
    }

    /**
     * Starts a call, as {@link #callAsync(String, Map)} does.
     *
     * @param call the call
     * @return completes with the reply or fails with a {@link ClientException}
     */
    public CompletableFuture<RestReply> callAsync(RestCall call) {
        return new PendingCall(client, access, call, yields, null).start();
    }

    /**
     * Lists all entries of a method that answers in pages, one call a page. Blocks.
     *
     * @param call a listing method; its {@code start} is set here. If the entries are in a member of the result, name
     *     it with {@link RestCall#listing}
     * @return the entries of all pages, in order
     * @throws UnexpectedReplyException also if a page leads back to one before it
     */
    public List<JsonValue> list(RestCall call) {
        return Async.await(call.method(), listAsync(call));
    }

    /**
     * Lists all entries of a method that answers in pages, each as a type of yours. Blocks.
     *
     * @param call as {@link #list(RestCall)} takes it
     * @param type the type to bind each entry to, as {@link RestReply#as(Class)} does
     * @param <T> the same
     * @return the entries of all pages, in order
     * @throws UnexpectedReplyException also if an entry does not fit
     */
    public <T> List<T> list(RestCall call, Class<T> type) {
        return list(call).stream()
                .map(entry -> RestReply.bound(call.method(), "$.result[]", entry, type))
                .toList();
    }

    /**
     * Lists all entries of a method that answers in pages, as {@link #list(RestCall)} does.
     *
     * @param call a listing method; its {@code start} is set here
     * @return completes with the entries of all pages, in order; cancelling it breaks the listing off
     */
    public CompletableFuture<List<JsonValue>> listAsync(RestCall call) {
        CompletableFuture<List<JsonValue>> all = new CompletableFuture<>();
        page(call, 0, new ArrayList<>(), all);
        return all;
    }

    private void page(RestCall call, long start, List<JsonValue> entries, CompletableFuture<List<JsonValue>> all) {
        CompletableFuture<Long> page = Async.then(callAsync(start == 0 ? call : call.startingAt(start)), reply -> {
            call.entries(reply.fields()).forEach(entry -> entries.add(entry.value()));
            long next = reply.next().orElse(0L);
            if (next != 0 && next <= start) {
                throw new UnexpectedReplyException(call.method(), "a later page", "an earlier one", "$.next");
            }
            return next;
        });
        Async.cancels(all, page);
        Async.done(page, (next, failure) -> {
            if (failure != null) {
                all.completeExceptionally(Transport.explained(call.method(), failure));
            } else if (next == 0) {
                all.complete(List.copyOf(entries));
            } else if (!all.isDone()) {
                page(call, next, entries, all);
            }
        });
    }

    /**
     * Calls up to 50 methods at once. Blocks.
     *
     * @param batch the calls
     * @return the outcome of each; the batch as a whole fails as {@link #call(String, Map)} does
     */
    public BatchReply batch(Batch batch) {
        return Async.await("batch", batchAsync(batch));
    }

    /**
     * Calls up to 50 methods at once, as {@link #batch} does.
     *
     * @param batch the calls
     * @return completes with the outcome of each
     */
    public CompletableFuture<BatchReply> batchAsync(Batch batch) {
        return Async.then(callAsync(batch.call()), reply -> new BatchReply(reply, batch));
    }

    /**
     * Returns the portal's queue of offline events.
     *
     * @return the default queue; it calls the portal only when it is used
     * @throws IllegalStateException if this client has a token instead of a grant: drained events
     *     need to name their portal
     */
    public OfflineQueue offlineQueue() {
        return new OfflineQueue(this, access.memberId(), null);
    }

    /**
     * Returns one of the application's own queues of offline events.
     *
     * @param connector the key it was bound with
     * @return that queue; it calls the portal only when it is used
     * @throws IllegalStateException as {@link #offlineQueue()}
     */
    public OfflineQueue offlineQueue(String connector) {
        return new OfflineQueue(this, access.memberId(), connector);
    }

    /**
     * Returns typed readings of what a handler needs when a chat closes.
     *
     * @return a view; it calls the portal only when it is used
     */
    public OpenLines openLines() {
        return new OpenLines(this);
    }

    /**
     * Returns the calls on the portal's CRM that handlers of closed chats make.
     *
     * @return a view; it calls the portal only when it is used
     */
    public Crm crm() {
        return new Crm(this);
    }

    /**
     * Returns the application's own connectors on this portal.
     *
     * @return a view; it calls the portal only when it is used
     */
    public Connectors connectors() {
        return new Connectors(this);
    }

    /**
     * Returns the application's subscriptions to this portal's events.
     *
     * @return a view; it calls the portal only when it is used
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
