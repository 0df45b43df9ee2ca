// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.net.URI;
import java.util.concurrent.CompletableFuture;

/** The access for calls of a portal: a token or a webhook of the caller, or a stored grant. */
sealed interface Access {

    /** Returns the ticket to try now. */
    CompletableFuture<Ticket> ticket();

    /**
     * Returns another ticket after one was refused as expired. Fails with {@code refusal} if there is none.
     */
    CompletableFuture<Ticket> renewed(Ticket refused, RestException refusal);

    /** Returns this ticket for a portal that was renamed. */
    CompletableFuture<Ticket> moved(Ticket ticket, URI newEndpoint);

    /** Returns the portal's stable identity. */
    String memberId();

    /** Returns the name that people see. It has no secrets. */
    String name();

    /** A fixed token or webhook. */
    record Fixed(Ticket fixed) implements Access {

        @Override
        public CompletableFuture<Ticket> ticket() {
            return CompletableFuture.completedFuture(fixed);
        }

        @Override
        public CompletableFuture<Ticket> renewed(Ticket refused, RestException refusal) {
            return CompletableFuture.failedFuture(refusal);
        }

        @Override
        public CompletableFuture<Ticket> moved(Ticket ticket, URI newEndpoint) {
            return CompletableFuture.completedFuture(new Ticket(newEndpoint, ticket.token()));
        }

        @Override
        public String memberId() {
            throw new IllegalStateException("expected a client by a portal's member id but found one by a token");
        }

        @Override
        public String name() {
            return fixed.endpoint().toString();
        }
    }

    /** A grant of the token store, refreshed as needed. */
    record Granted(String memberId, Grants grants) implements Access {

        @Override
        public CompletableFuture<Ticket> ticket() {
            return grants.current(memberId);
        }

        @Override
        public CompletableFuture<Ticket> renewed(Ticket refused, RestException refusal) {
            return grants.renewed(memberId, refused.token());
        }

        @Override
        public CompletableFuture<Ticket> moved(Ticket ticket, URI newEndpoint) {
            return grants.moved(memberId, newEndpoint);
        }

        @Override
        public String name() {
            return "portal " + memberId;
        }
    }
}
