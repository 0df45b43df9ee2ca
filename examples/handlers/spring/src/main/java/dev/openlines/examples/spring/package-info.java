// SPDX-License-Identifier: Apache-2.0
/** A right handler in Spring MVC, to copy. */
@NullMarked
package dev.openlines.examples.spring;

import org.jspecify.annotations.NullMarked;
