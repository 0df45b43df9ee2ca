// SPDX-License-Identifier: Apache-2.0
/**
 * Receives the events of Bitrix24 portals without losing one: verify, keep, acknowledge; then work,
 * retry, park.
 *
 * <p>{@link dev.openlines.receiver.ReceiverServer} is a whole receiver in one call. Those who have a
 * server already put {@link dev.openlines.receiver.JettyReceiver} or another adapter in front of
 * {@link dev.openlines.receiver.Receiver}, which knows no transport.
 *
 * <p>The order is fixed and the types keep it: bytes become a {@link
 * dev.openlines.receiver.RawDelivery}, only {@link dev.openlines.receiver.Portals} turns one into a
 * {@link dev.openlines.receiver.VerifiedDelivery}, only that can be stored in an {@link
 * dev.openlines.receiver.Inbox}, and only what an inbox leases out is handled.
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
package dev.openlines.receiver;

import org.jspecify.annotations.NullMarked;
