// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The findings of one run of a case, in the order of their discovery. Not thread-safe. */
final class Findings {

    private final List<Finding> answers = new ArrayList<>();

    /** The findings about effects, by what was expected. */
    private final Map<String, Finding> effects = new LinkedHashMap<>();

    private final Map<String, Set<String>> chats = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();
    private final Set<String> missing = new LinkedHashSet<>();

    void add(Finding finding) {
        answers.add(finding);
    }

    /** Adds one finding for all chats that have the same expectation. */
    void effect(String[] expectedAndGot, String chat, int exchange) {
        String expected = expectedAndGot[0];
        effects.putIfAbsent(expected, new Finding(false, expected, expectedAndGot[1], exchange, null, false));
        chats.computeIfAbsent(expected, key -> new LinkedHashSet<>()).add(chat);
    }

    void note(String text) {
        notes.add(text);
    }

    void missing(String what) {
        missing.add(what);
    }

    List<String> missing() {
        return List.copyOf(missing);
    }

    boolean answersFailed() {
        return answers.stream().anyMatch(finding -> !finding.warning());
    }

    boolean failed() {
        return answersFailed() || !effects.isEmpty();
    }

    Verdict verdict() {
        return failed() ? Verdict.FAIL : missing.isEmpty() ? Verdict.PASS : Verdict.NOT_OBSERVED;
    }

    /** Returns whether something failed in a way that other cases beside this one may explain. */
    boolean busy() {
        return answers.stream().anyMatch(finding -> finding.busy() && !finding.warning());
    }

    /** Returns the number of the request that shows the first failure; 1 if none has a number. */
    int exchange() {
        return Stream.concat(answers.stream(), effects.values().stream())
                .filter(finding -> !finding.warning() && finding.exchange() > 0)
                .map(Finding::exchange)
                .findFirst()
                .orElse(1);
    }

    List<String> failures(UnaryOperator<String> masked) {
        List<String> failures = new ArrayList<>(sentences(false, masked));
        effects.forEach((expected, finding) -> failures.add(masked.apply(
                finding.sentence(chats.getOrDefault(expected, Set.of()).size()))));
        return failures;
    }

    List<String> warnings(UnaryOperator<String> masked) {
        List<String> warnings = new ArrayList<>(sentences(true, masked));
        warnings.addAll(notes);
        return warnings;
    }

    /** Findings of one kind; those that say the same are one sentence, with how many there were. */
    private List<String> sentences(boolean warning, UnaryOperator<String> masked) {
        Map<String, List<Finding>> alike = new LinkedHashMap<>();
        answers.stream()
                .filter(finding -> finding.warning() == warning)
                .forEach(finding -> alike.computeIfAbsent(finding.kind(), kind -> new ArrayList<>())
                        .add(finding));
        return alike.values().stream()
                .map(same -> masked.apply(same.get(0).sentence(same.size())))
                .toList();
    }
}
