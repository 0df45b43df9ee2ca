// SPDX-License-Identifier: Apache-2.0
/**
 * A receiver in a Spring Boot application: {@link dev.openlines.spring.OpenlinesAutoConfiguration} makes its parts from
 * the settings that begin with {@code openlines}, and {@link dev.openlines.spring.OpenLinesHandler} marks the methods
 * that handle events.
 */
@NullMarked
package dev.openlines.spring;

import org.jspecify.annotations.NullMarked;
