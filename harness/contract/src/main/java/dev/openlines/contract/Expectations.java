// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The effects and the calls to the portal that one run of a case expects. Not thread-safe. */
final class Expectations {

    private final EffectBook effects;
    private final Exchanges exchanges;
    private final List<Expectation> all = new ArrayList<>();
    private final Set<String> silentTokens = new HashSet<>();

    Expectations(EffectBook effects, Exchanges exchanges) {
        this.effects = effects;
        this.exchanges = exchanges;
    }

    void add(Expectation expectation) {
        all.add(expectation);
    }

    /** Expects no call to the portal with an access token. */
    void noCallWith(String token) {
        silentTokens.add(token);
    }

    List<Expectation> all() {
        return List.copyOf(all);
    }

    /** Returns whether all effects that must come have come. It does not wait for those of unacknowledged events. */
    boolean settled() {
        return all.stream()
                .allMatch(expectation -> expectation.reached(effects) || exchanges.refused(expectation.chatId()));
    }

    /** Compares the present evidence with the expectations of effects. Earlier findings stay. */
    void compareEffects(Findings findings) {
        for (Expectation expectation : all) {
            String chat = expectation.chatId();
            boolean known = findings.answersFailed() && exchanges.refused(chat);
            if (!known || effects.of(chat).size() > expectation.max()) {
                expectation
                        .broken(effects)
                        .ifPresent(broken -> findings.effect(broken, chat, exchanges.numberOf(chat)));
            }
            expectation.unseen(effects).ifPresent(findings::missing);
        }
    }

    /** Compares the calls to the portal so far with the tokens that none may have. */
    void compareCalls(List<Listener.Seen> calls, Findings findings) {
        for (Listener.Seen seen : calls) {
            String text = seen.text();
            if (silentTokens.stream().anyMatch(text::contains)) {
                findings.effect(
                        new String[] {
                            "no call to the portal for an event that is denied",
                            seen.line().split("\\?", 2)[0]
                        },
                        "",
                        exchanges.numberOf(""));
            }
        }
    }
}
