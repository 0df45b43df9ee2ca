// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Tells which effects the run's requests explain. Cases compare the effects of their own chats; this finds effects of
 * chats that no case looks at. Thread-safe.
 */
final class Account {

    private static final int NAMED = 5;

    private final long seed;
    private final Set<String> sent = new HashSet<>();
    private final Set<String> expected = new HashSet<>();

    /** Creates an account of the run with this seed. */
    Account(long seed) {
        this.seed = seed;
    }

    /** Adds a chat that a request names. */
    synchronized void know(String chat) {
        sent.add(plain(chat));
    }

    /** Returns whether a request of the run has named the chat. */
    synchronized boolean knows(String chat) {
        return sent.contains(plain(chat));
    }

    /** Adds a chat whose effects a case compares. */
    synchronized void expect(String chat) {
        expected.add(plain(chat));
    }

    /** Returns the chats with effects that a run with another seed has named: of an earlier run, or of one at this time. */
    synchronized List<String> ofOtherRuns(EffectBook book) {
        return strays(book).stream()
                .filter(chat -> Mint.isOfAnotherRun(chat, seed))
                .toList();
    }

    private List<String> strays(EffectBook book) {
        Set<String> bent = bent(book);
        return book.chats().stream()
                .filter(chat -> !chat.isEmpty() && !expected.contains(plain(chat)) && !bent.contains(chat))
                .filter(chat -> !sent.contains(plain(chat)))
                .sorted()
                .toList();
    }

    /**
     * Returns the faults in the effects that no case compares, each as expected and got.
     *
     * @param book the evidence of the whole run
     * @param portals the member ids of the portals that the handler trusts
     */
    synchronized Optional<String[]> broken(EffectBook book, Set<String> portals) {
        List<String> others = ofOtherRuns(book);
        List<String> strays =
                strays(book).stream().filter(chat -> !others.contains(chat)).toList();
        if (!strays.isEmpty()) {
            int effects = strays.stream().mapToInt(chat -> book.of(chat).size()).sum();
            return Optional.of(new String[] {
                "effects only for chats that an event named",
                effects + (effects == 1 ? " effect" : " effects") + " for chats that no request named, such as chat "
                        + String.join(", ", strays.subList(0, Math.min(NAMED, strays.size())))
            });
        }
        Set<String> bent = bent(book);
        for (String chat : book.chats()) {
            List<Effect> effects = book.of(chat);
            if (chat.isEmpty() && effects.stream().anyMatch(effect -> effect.memberId() != null)) {
                return Optional.of(new String[] {"a chat in each effect", "an effect that names a portal and no chat"});
            }
            if (chat.isEmpty() || expected.contains(plain(chat)) || bent.contains(chat) || others.contains(chat)) {
                continue;
            }
            if (effects.size() > 1) {
                return Optional.of(new String[] {
                    "at most one effect for each event that was sent once", effects.size() + " for chat " + chat
                });
            }
            String portal = effects.get(0).memberId();
            if (portal != null && !portals.contains(portal)) {
                return Optional.of(
                        new String[] {"effects only in portals that the handler trusts", "one in another, chat " + chat
                        });
            }
        }
        return Optional.empty();
    }

    /**
     * Returns the forms that large ids take in numbers that are too small for them. The cases about ids report those.
     */
    private Set<String> bent(EffectBook book) {
        Set<String> bent = new HashSet<>();
        Set<Double> rounded = new HashSet<>();
        for (String chat : sent) {
            if (chat.matches("[0-9]{10,300}")) {
                BigInteger number = new BigInteger(chat);
                bent.add(Long.toString(number.longValue()));
                bent.add(Integer.toString(number.intValue()));
                bent.add(new BigDecimal(number.doubleValue()).toBigInteger().toString());
                bent.add(Long.toString((long) number.doubleValue()));
                rounded.add(number.doubleValue());
            }
        }
        // A floating-point number is written in several ways: JavaScript writes zeros for the digits that it lacks.
        book.chats().stream()
                .filter(chat -> chat.matches("[0-9]{16,300}") && rounded.contains(Double.parseDouble(chat)))
                .forEach(bent::add);
        return bent;
    }

    /** Spaces around an id, other digits and leading zeros leave it the same chat. */
    private static String plain(String chat) {
        StringBuilder digits = new StringBuilder();
        chat.strip()
                .chars()
                .forEach(c -> digits.append(
                        Character.isDigit(c) ? Character.forDigit(Character.digit(c, 10), 10) : (char) c));
        return String.valueOf(Effect.plain(digits.toString()));
    }
}
