// SPDX-License-Identifier: Apache-2.0
/**
 * What the tests of every module share: tests that need an outside tool, and the seed of the random
 * order. Internal: never published, never in a main dependency.
 */
@NullMarked
package dev.openlines.testkit;

import org.jspecify.annotations.NullMarked;
