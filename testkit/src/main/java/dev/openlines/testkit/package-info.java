// SPDX-License-Identifier: Apache-2.0
/**
 * Code that the tests of every module share, such as conditions for outside tools and the seed of the random order.
 * Internal: never published, and never in a main dependency.
 */
@NullMarked
package dev.openlines.testkit;

import org.jspecify.annotations.NullMarked;
