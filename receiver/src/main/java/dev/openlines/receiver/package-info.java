// SPDX-License-Identifier: Apache-2.0
/**
 * Receives the events of Bitrix24 portals without losing one: verifies, stores and acknowledges them, then hands
 * each to your code.
 *
 * <p>{@code dev.openlines.server.ReceiverServer} in {@code openlines-server} is a whole receiver in one call. An
 * application that has a server of its own puts {@link dev.openlines.receiver.ReceiverServlet} or another adapter
 * in front of {@link dev.openlines.receiver.Receiver}, which knows no transport.
 *
 * <p>The order is fixed and the types keep it: bytes become a {@link
 * dev.openlines.receiver.RawDelivery}, only {@link dev.openlines.receiver.Portals} turns one into a
 * {@link dev.openlines.receiver.VerifiedDelivery}, only that can be stored in an {@link
 * dev.openlines.receiver.Inbox}, and only what an inbox leases out is handled.
 *
 * <pre>{@code
 * Handlers handlers = Handlers.on(OnSessionFinish.class, Quickstart::closed).ignoringOthers();
 * }</pre>
 */
@NullMarked
package dev.openlines.receiver;

import org.jspecify.annotations.NullMarked;
