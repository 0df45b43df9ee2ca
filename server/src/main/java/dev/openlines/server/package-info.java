// SPDX-License-Identifier: Apache-2.0
/**
 * A whole receiver in one call: endpoint on Jetty, inbox, dispatcher. Start at {@link
 * dev.openlines.server.ReceiverServer#builder}; {@link dev.openlines.server.Settings} reads what an operator has set.
 *
 * <pre>{@code
 * try (ReceiverServer server = ReceiverServer.builder(handlers)
 *         .settings(Settings.fromEnvironment())
 *         .start()) {
 *     System.out.println("receiver ready at " + server.url());
 *     server.join();
 * }
 * }</pre>
 */
@NullMarked
package dev.openlines.server;

import org.jspecify.annotations.NullMarked;
