// SPDX-License-Identifier: Apache-2.0
/** An archive of closed chats with a live page. */
@NullMarked
package dev.openlines.examples.closedchats;

import org.jspecify.annotations.NullMarked;
