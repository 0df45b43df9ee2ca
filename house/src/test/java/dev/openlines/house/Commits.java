// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The rule for the subject of a commit. */
final class Commits {

    static final int LONGEST = 72;

    /** Words that begin a statement or name a thing. A subject that begins with one gives no order. */
    private static final Set<String> NO_VERBS =
            Set.of(("a all also an and any as at because both but by cases each every for from how if in it its more "
                            + "most new no nothing of on one only our some such tests that the their there "
                            + "these they this those to what when whether which who wip with")
                    .split(" "));

    private static final Set<String> VERBS =
            Set.of(("access address bring bypass compress cross discuss dismiss embed express feed focus guess miss "
                            + "need pass ping press process seed speed stress string suppress")
                    .split(" "));

    private Commits() {}

    /** Returns what is wrong with a subject, or empty if it is as it should be. */
    static Optional<String> fault(String subject) {
        String first = subject.split(" ", 2)[0];
        String word = first.toLowerCase(Locale.ROOT);
        if (subject.length() > LONGEST) {
            return Optional.of(subject.length() + " characters, at most " + LONGEST + " are allowed");
        }
        if (subject.contains(";")) {
            return Optional.of("two topics: make two commits of it");
        }
        if (subject.endsWith(".")) {
            return Optional.of("a subject has no full stop");
        }
        if (!first.matches("[A-Z][a-z]+(-[a-z]+)?") || !subject.contains(" ")) {
            return Optional.of("begin with a verb and a capital letter");
        }
        boolean other = NO_VERBS.contains(word)
                || !VERBS.contains(word) && List.of("s", "ed", "ing").stream().anyMatch(word::endsWith);
        return other ? Optional.of("begin with an imperative such as Add, Fix or Refuse") : Optional.empty();
    }
}
