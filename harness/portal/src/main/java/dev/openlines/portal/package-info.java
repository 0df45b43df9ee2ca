// SPDX-License-Identifier: Apache-2.0
/**
 * A simulated Bitrix24 portal, for tests and for the desk. Start at {@link
 * dev.openlines.portal.PortalServer}, or in a JUnit test at {@link dev.openlines.portal.SimulatedPortal}.
 *
 * <pre>{@code
 * Delivery delivery = portal.openLine("Support").openChat().close().get(0);
 *
 * assertThat(delivery.acknowledged()).isTrue();
 * }</pre>
 */
@NullMarked
package dev.openlines.portal;

import org.jspecify.annotations.NullMarked;
