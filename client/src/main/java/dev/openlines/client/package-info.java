// SPDX-License-Identifier: Apache-2.0
/**
 * The application's side: it calls a portal's REST API and subscribes to events. Start at {@link
 * dev.openlines.client.RestClient} and {@link dev.openlines.client.PortalClient}.
 *
 * <p>All types are safe to share between threads. Nothing is null unless marked so. A failed call
 * ends in a {@link dev.openlines.client.ClientException}; its asynchronous form completes with the
 * same exception. Tokens travel in request bodies, never in addresses, and appear in no message,
 * {@code toString} or log.
 *
 * <p>The records are read-only views of replies: their accessors are API, their constructors are not.
 */
@NullMarked
package dev.openlines.client;

import org.jspecify.annotations.NullMarked;
