// SPDX-License-Identifier: Apache-2.0
/** What decoding and calling cost beside their peers, in one run. */
package dev.openlines.benchmarks;
