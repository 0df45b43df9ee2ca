// SPDX-License-Identifier: Apache-2.0
/** One closed chat, end to end, on one machine. */
@NullMarked
package dev.openlines.examples.demo;

import org.jspecify.annotations.NullMarked;
