// SPDX-License-Identifier: Apache-2.0
/**
 * A whole receiver in one call: endpoint on Jetty, inbox, dispatcher. Start at {@link
 * dev.openlines.server.ReceiverServer}.
 *
 * <pre>{@code
 * Handlers handlers =
 *         Handlers.on(OnSessionFinish.class, Quickstart::closed).otherwise((event, context) -> {});
 * try (ReceiverServer server = ReceiverServer.start(ReceiverConfig.fromEnvironment(System.getenv()), handlers)) {
 *     System.out.println("receiver ready at " + server.url());
 *     server.join();
 * }
 * }</pre>
 */
@NullMarked
package dev.openlines.server;

import org.jspecify.annotations.NullMarked;
