// SPDX-License-Identifier: Apache-2.0
/** What decoding costs beside its peers, in one run. */
package dev.openlines.benchmarks;
