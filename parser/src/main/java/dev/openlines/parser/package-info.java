// SPDX-License-Identifier: Apache-2.0
/**
 * Decoding and encoding of Bitrix24 Open Lines events. Start at
 * {@link dev.openlines.parser.EventDecoder}; a receiver that must verify a sender first starts at
 * {@link dev.openlines.parser.Envelope}.
 *
 * <pre>{@code
 * Decoded<Event> decoded = EventDecoder.lenient().decode(body, BodyFormat.FORM);
 * if (decoded.event() instanceof OnSessionFinish finish) {
 *     finish.chats().forEach(chat -> archive(chat.chatId(), chat.lineName()));
 * }
 * decoded.notes().forEach(note -> System.out.println(note.path() + ": " + note.message()));
 * }</pre>
 */
@NullMarked
package dev.openlines.parser;

import org.jspecify.annotations.NullMarked;
