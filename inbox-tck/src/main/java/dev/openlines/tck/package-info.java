// SPDX-License-Identifier: Apache-2.0
/**
 * The tests that every inbox must pass. An inbox of your own passes them by a test class that implements {@link
 * dev.openlines.tck.LeasingInboxContract}, or {@link dev.openlines.tck.InboxContract} if it has no leases.
 */
@NullMarked
package dev.openlines.tck;

import org.jspecify.annotations.NullMarked;
