// SPDX-License-Identifier: Apache-2.0
/** The receiver inside a Spring Boot application. */
@NullMarked
package dev.openlines.examples.springboot;

import org.jspecify.annotations.NullMarked;
