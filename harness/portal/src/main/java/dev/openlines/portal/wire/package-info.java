// SPDX-License-Identifier: Apache-2.0
/**
 * Raw HTTP and the shapes of events: what the portal's sender, the contract suite and the command line share.
 */
@NullMarked
package dev.openlines.portal.wire;

import org.jspecify.annotations.NullMarked;
