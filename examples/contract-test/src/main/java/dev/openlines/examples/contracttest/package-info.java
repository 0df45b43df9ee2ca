// SPDX-License-Identifier: Apache-2.0
/** A handler whose project tests it. */
@NullMarked
package dev.openlines.examples.contracttest;

import org.jspecify.annotations.NullMarked;
