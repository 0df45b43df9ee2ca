// SPDX-License-Identifier: Apache-2.0
/** To be described by the first type of this package. */
@NullMarked
package dev.openlines.client;

import org.jspecify.annotations.NullMarked;
