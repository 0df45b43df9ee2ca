// SPDX-License-Identifier: Apache-2.0
/**
 * The part of the receiver's inside that the artifacts of this project share: the memory of requests, and the end of a
 * process whose memory is exhausted. Not for applications.
 */
@NullMarked
package dev.openlines.receiver.spi;

import org.jspecify.annotations.NullMarked;
