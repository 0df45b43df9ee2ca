// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.Locale;
import java.util.SplittableRandom;

/** Makes all random-looking values of a case from the seed and the case's id alone. Not thread-safe. */
final class Mint {

    private static final int CASES_PER_RUN = 1_000;
    private static final int CHATS_PER_CASE = 10_000;
    private static final int RUNS = 190;

    private static final long FIRST = 10_000_000;
    private static final long PER_RUN = (long) CASES_PER_RUN * CHATS_PER_CASE;

    /** The most chats of one case, with the random number of its first. */
    private static final int MOST_CHATS = 4_000;

    private final SplittableRandom random;
    private final long at;
    private long nextChat;

    /** Creates a mint. The instant, in seconds, is part of tokens: they begin with their expiry. */
    Mint(long seed, long at, String caseId) {
        this.at = at;
        int number = Integer.parseInt(caseId.substring(caseId.lastIndexOf('-') + 1));
        random = new SplittableRandom(seed * 31 + number);
        nextChat = FIRST + run(seed) * PER_RUN + (long) number * CHATS_PER_CASE + random.nextInt(100) + 1;
    }

    private static long run(long seed) {
        return Math.floorMod(new SplittableRandom(seed).nextLong(), (long) RUNS);
    }

    /**
     * Returns whether a run with another seed makes this chat for one of its cases. The cases of this run that ran again
     * have the next seed.
     */
    static boolean isOfAnotherRun(String chat, long seed) {
        if (!chat.matches("[1-9][0-9]{7,9}")) {
            return false;
        }
        long number = Long.parseLong(chat) - FIRST;
        long run = Math.floorDiv(number, PER_RUN);
        int of = (int) (Math.floorMod(number, PER_RUN) / CHATS_PER_CASE);
        return run >= 0
                && run < RUNS
                && run != run(seed)
                && run != run(seed + 1)
                && Math.floorMod(number, (long) CHATS_PER_CASE) <= MOST_CHATS
                && (of == 0
                        || Catalogue.find(String.format(Locale.ROOT, "%03d", of))
                                .isPresent());
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
