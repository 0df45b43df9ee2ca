// SPDX-License-Identifier: Apache-2.0
/** The smallest application. */
@NullMarked
package dev.openlines.examples.quickstart;

import org.jspecify.annotations.NullMarked;
