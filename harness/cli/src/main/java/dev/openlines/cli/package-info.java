// SPDX-License-Identifier: Apache-2.0
/**
 * The command line, {@code openlines.jar}, and the practice handler with its mutants. Nothing here is public: what it
 * does is in {@code openlines --help}.
 */
@NullMarked
package dev.openlines.cli;

import org.jspecify.annotations.NullMarked;
