// SPDX-License-Identifier: Apache-2.0
/**
 * An inbox and a dispatcher on Apache Kafka, for receivers that outgrow one database. The same handlers run over
 * it. Start at {@link dev.openlines.kafka.KafkaTopics}.
 */
@NullMarked
package dev.openlines.kafka;

import org.jspecify.annotations.NullMarked;
