// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.parser.Dialect;
import java.net.URI;

/**
 * One row that {@code event.bind} made: an event and the address that the portal delivers it to.
 *
 * @param id the row's number on its portal; events carry it as {@code event_handler_id}
 * @param event the event's code in upper case
 * @param handler the address of deliveries, as bound
 * @param authType id of the portal user whose token the events carry, 0 for the user who causes them; wire field {@code
 *     auth_type}
 * @param dialect the published shape this subscription gets its events in
 */
public record PortalSubscription(int id, String event, URI handler, long authType, Dialect dialect) {}
