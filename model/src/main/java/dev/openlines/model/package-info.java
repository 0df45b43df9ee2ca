// SPDX-License-Identifier: Apache-2.0
/**
 * The events of Bitrix24 Open Lines, as types. Start at {@link dev.openlines.model.Event} and
 * {@link dev.openlines.model.OnSessionFinish}.
 *
 * <p>The records are read-only views of what a portal sent. Their accessors are API; their
 * constructors are not, and gain components at the end as the platform gains fields. Components
 * that an event may lack are {@code @Nullable}; nothing else is ever null. All types are immutable
 * and safe to share between threads.
 *
 * <p>Ids are {@code long}: the decoder refuses what does not fit and never rounds. Times are
 * {@link java.time.Instant} with the portal's resolution of one second.
 *
 * <pre>{@code
 * if (decoded.event() instanceof OnSessionFinish finish) {
 *     finish.chats().forEach(chat -> archive(chat.chatId(), chat.lineName()));
 * }
 * }</pre>
 */
@NullMarked
package dev.openlines.model;

import org.jspecify.annotations.NullMarked;
