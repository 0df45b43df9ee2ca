// SPDX-License-Identifier: Apache-2.0
/**
 * What the artifacts of this project share of the receiver's inside: the memory of requests, and the end of a process
 * whose memory is exhausted. Not for applications.
 */
@NullMarked
package dev.openlines.receiver.spi;

import org.jspecify.annotations.NullMarked;
