// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

import java.time.Instant;

/** What somebody wrote in a chat. */
record ChatMessage(long id, long authorId, String text, Instant at) {}
