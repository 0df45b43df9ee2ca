// SPDX-License-Identifier: Apache-2.0
/**
 * The application's side: it gets into portals and stays in, calls their REST API, subscribes to events, and
 * finds out why none arrive. Start at {@link dev.openlines.client.RestClient}, one per application, and {@link
 * dev.openlines.client.PortalClient}, one per portal.
 *
 * <ul>
 *   <li>{@link dev.openlines.client.OAuth} turns installations and users' consent into a {@link
 *       dev.openlines.client.Grant} that a {@link dev.openlines.client.TokenStore} keeps.
 *   <li>{@link dev.openlines.client.PortalClient#call(String, java.util.Map)} and its kin call; {@link
 *       dev.openlines.client.OpenLines} reads what a handler needs when a chat closes, and lists sessions.
 *   <li>{@link dev.openlines.client.Subscriptions} makes what is bound what is wanted; {@link
 *       dev.openlines.client.OfflineQueue} fetches what waited.
 *   <li>{@link dev.openlines.client.Doctor} says why nothing arrives.
 * </ul>
 *
 * <p>All types are safe to share between threads. Nothing is null unless marked so. A failed call
 * ends in a {@link dev.openlines.client.ClientException}; its asynchronous form completes with the
 * same exception. Tokens travel in request bodies, never in addresses, and appear in no message,
 * {@code toString} or log. This package logs nothing: what happens is in what it returns and throws.
 *
 * <p>The records are read-only views of replies: their accessors are API, their constructors are not.
 *
 * <pre>{@code
 * RestClient client = RestClient.builder()
 *         .application(clientId, clientSecret, TokenStore.sqlite(folder.resolve("tokens.db"), TokenSeal.of(keyset)))
 *         .build();
 * }</pre>
 */
@NullMarked
package dev.openlines.client;

import org.jspecify.annotations.NullMarked;
