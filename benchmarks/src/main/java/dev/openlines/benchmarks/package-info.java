// SPDX-License-Identifier: Apache-2.0
/** Benchmarks of decoding and calling beside their peers, in one run. */
package dev.openlines.benchmarks;
