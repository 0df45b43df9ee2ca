// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal.wire;

import dev.openlines.model.Secret;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Random;

/** Makes ids and secrets of the lengths and layouts seen on real portals. */
public final class Minting {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final String WEBHOOK_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

    private Minting() {}

    /**
     * Returns random lower-case hexadecimal digits.
     *
     * @param digits how many
     * @return the text
     */
    public static String hex(int digits) {
        byte[] bytes = new byte[(digits + 1) / 2];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes).substring(0, digits);
    }

    /**
     * Returns random lower-case letters and digits, as the codes of webhooks have.
     *
     * @param length how many
     * @return the text
     */
    public static String lettersAndDigits(int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(WEBHOOK_ALPHABET.charAt(RANDOM.nextInt(WEBHOOK_ALPHABET.length())));
        }
        return text.toString();
    }

    /**
     * Returns a local application's id: {@code local.}, fourteen hexadecimal digits, eight decimal ones.
     *
     * @return the id
     */
    public static String clientId() {
        return String.format(Locale.ROOT, "local.%s.%08d", hex(14), RANDOM.nextInt(100_000_000));
    }

    /**
     * Returns a token of 70 hexadecimal digits: the first eight are the expiry in seconds, little-endian, and
     * digits 25 to 32 the user's id. The rest is random.
     *
     * @param expires when it expires
     * @param userId whose it is
     * @return the token
     */
    public static Secret token(Instant expires, long userId) {
        return token(expires, userId, RANDOM);
    }

    /**
     * Returns a token from another source of randomness, for a token that opens nothing.
     *
     * @param expires when it expires
     * @param userId whose it is
     * @param random the source
     * @return the token
     */
    public static Secret token(Instant expires, long userId, Random random) {
        byte[] bytes = new byte[35];
        random.nextBytes(bytes);
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        buffer.order(ByteOrder.LITTLE_ENDIAN).putInt(0, (int) expires.getEpochSecond());
        buffer.order(ByteOrder.BIG_ENDIAN).putInt(12, (int) userId);
        return Secret.of(HexFormat.of().formatHex(bytes));
    }
}
