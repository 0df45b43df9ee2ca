// SPDX-License-Identifier: Apache-2.0
/** Receivers in front, workers behind a topic of Apache Kafka. */
@NullMarked
package dev.openlines.examples.kafkaworkers;

import org.jspecify.annotations.NullMarked;
