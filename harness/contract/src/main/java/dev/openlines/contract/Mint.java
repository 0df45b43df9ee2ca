// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.Locale;
import java.util.SplittableRandom;

/** Makes all random-looking values of a case from the seed and the case's id alone. Not thread-safe. */
final class Mint {

    private static final int CASES_PER_RUN = 1_000;
    private static final int CHATS_PER_CASE = 10_000;
    private static final int RUNS = 190;

    private final SplittableRandom random;
    private final long at;
    private long nextChat;

    /** Creates a mint. The instant, in seconds, is part of tokens: they begin with their expiry. */
    Mint(long seed, long at, String caseId) {
        this.at = at;
        int number = Integer.parseInt(caseId.substring(caseId.lastIndexOf('-') + 1));
        random = new SplittableRandom(seed * 31 + number);
        long run = Math.floorMod(new SplittableRandom(seed).nextLong(), (long) RUNS);
        nextChat = 10_000_000 + (run * CASES_PER_RUN + number) * CHATS_PER_CASE + random.nextInt(100) + 1;
    }

    /** Returns a chat that only this case uses, below 2^31. */
    long chat() {
        return nextChat++;
    }

    String hex(int digits) {
        StringBuilder text = new StringBuilder(digits);
        while (text.length() < digits) {
            text.append(Character.forDigit(random.nextInt(16), 16));
        }
        return text.toString();
    }

    String digits(int count) {
        StringBuilder text = new StringBuilder(count);
        while (text.length() < count) {
            text.append((char) ('0' + random.nextInt(10)));
        }
        return text.toString();
    }

    /**
     * Returns a token with the platform's layout: first the expiry, little-endian, and the user's id in digits 25 to
     * 32.
     */
    String accessToken() {
        int expires = Integer.reverseBytes((int) (at + 3600));
        return String.format(Locale.ROOT, "%08x", expires) + hex(16) + "00000001" + hex(38);
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    long seed() {
        return random.nextLong();
    }

    byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}
