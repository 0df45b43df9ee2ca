// SPDX-License-Identifier: Apache-2.0
/**
 * Decoding and encoding of Bitrix24 Open Lines events. Start at
 * {@link dev.openlines.parser.EventDecoder}; a receiver that must verify before it believes starts at
 * {@link dev.openlines.parser.Envelope}.
 */
@NullMarked
package dev.openlines.parser;

import org.jspecify.annotations.NullMarked;
