// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The number of effects that a chat should have, and their contents. The evidence may come late: it is compared at the
 * end.
 */
final class Expectation {

    private final String chatId;
    private final @Nullable String memberId;
    private final int min;
    private final int max;
    private final String what;
    private boolean fields;
    private @Nullable String line;
    private @Nullable String connector;
    private @Nullable String name;
    private boolean nameIsOptional;
    private Set<String> portals = Set.of();

    Expectation(String chatId, @Nullable String memberId, int min, int max, String what) {
        this.chatId = chatId;
        this.memberId = memberId;
        this.min = min;
        this.max = max;
        this.what = what;
    }

    static Expectation none(String chatId, String what) {
        return new Expectation(chatId, null, 0, 0, what);
    }

    /** Expects that the effect names portal, line and connector too. */
    Expectation with(@Nullable String lineId, @Nullable String connectorId) {
        fields = true;
        line = lineId;
        connector = connectorId;
        return this;
    }

    Expectation named(String lineName) {
        name = lineName;
        return this;
    }

    /** Expects the name, if the evidence contains names at all. */
    Expectation namedIfSeen(String lineName) {
        nameIsOptional = true;
        return named(lineName);
    }

    /** Expects one effect in each of two portals. */
    Expectation ofBoth(String one, String other) {
        portals = Set.of(one, other);
        return this;
    }

    String chatId() {
        return chatId;
    }

    int min() {
        return min;
    }

    int max() {
        return max;
    }

    boolean reached(EffectBook book) {
        return !book.exists() || book.of(chatId).size() >= min;
    }

    /** Returns expected and got, if the evidence differs. Evidence that cannot be read contradicts nothing. */
    Optional<String[]> broken(EffectBook book) {
        List<Effect> effects = book.of(chatId);
        int found = effects.size();
        if (found < min && book.trouble() != null) {
            return Optional.empty();
        }
        if (found < min || found > max) {
            String wanted = min == max ? number(min) : "between " + min + " and " + max + " effects";
            return Optional.of(new String[] {wanted + " for " + what, number(found) + " for chat " + chatId});
        }
        Set<String> told =
                effects.stream().map(Effect::memberId).filter(Objects::nonNull).collect(Collectors.toSet());
        if (!portals.isEmpty() && told.size() > 0 && !told.equals(portals)) {
            return Optional.of(new String[] {"an effect in each portal for " + what, "effects in other portals"});
        }
        for (Effect effect : effects) {
            if (memberId != null
                    && effect.memberId() != null
                    && !effect.memberId().equals(memberId)) {
                return Optional.of(
                        new String[] {"an effect in the portal of the event for " + what, "one in another portal"});
            }
            Optional<String[]> wrong = wrongField(effect);
            if (wrong.isPresent()) {
                return wrong;
            }
        }
        return Optional.empty();
    }

    private Optional<String[]> wrongField(Effect effect) {
        if (fields && line != null && effect.lineId() != null && !Objects.equals(effect.lineId(), line)) {
            return Optional.of(
                    new String[] {"line id " + line + " in the effect of " + what, "line id " + effect.lineId()});
        }
        boolean otherConnector =
                effect.connectorId() != null && !effect.connectorId().equals(connector);
        if (fields && connector != null && otherConnector) {
            return Optional.of(new String[] {
                "connector code '" + connector + "' in the effect of " + what, "'" + effect.connectorId() + "'"
            });
        }
        if (name != null && effect.lineName() != null && !effect.lineName().equals(name)) {
            return Optional.of(new String[] {
                "the line's name exactly as sent (" + name.length() + " characters) in the effect of " + what,
                "another text of " + effect.lineName().length() + " characters, which differs from position "
                        + different(name, effect.lineName()) + " on: " + excerpt(effect.lineName(), name)
            });
        }
        return Optional.empty();
    }

    /** Returns the position, from 1, of the first character that differs. */
    private static int different(String one, String other) {
        int at = 0;
        while (at < Math.min(one.length(), other.length()) && one.charAt(at) == other.charAt(at)) {
            at++;
        }
        return at + 1;
    }

    /** Returns a few characters around the place. Both texts are the suite's own. */
    private static String excerpt(String got, String sent) {
        int at = Math.max(0, different(sent, got) - 6);
        return "'" + got.substring(Math.min(at, got.length()), Math.min(got.length(), at + 20)) + "' in place of '"
                + sent.substring(Math.min(at, sent.length()), Math.min(sent.length(), at + 20)) + "'";
    }

    /** Returns the values that this case needs and that the evidence does not contain. */
    Optional<String> unseen(EffectBook book) {
        String trouble = book.trouble();
        if (trouble != null && book.of(chatId).size() < Math.max(1, min)) {
            return Optional.of("evidence of effects (E): " + trouble);
        }
        for (Effect effect : book.of(chatId)) {
            if (fields && effect.memberId() == null) {
                return Optional.of("member_id in the evidence (E)");
            }
            if (fields && line != null && effect.lineId() == null) {
                return Optional.of("line_id in the evidence (E)");
            }
            if (fields && connector != null && !connector.isEmpty() && effect.connectorId() == null) {
                return Optional.of("connector_id in the evidence (E)");
            }
            if (name != null && !nameIsOptional && effect.lineName() == null) {
                return Optional.of("line_name in the evidence (E)");
            }
        }
        return Optional.empty();
    }

    private static String number(int effects) {
        return effects == 0 ? "no effect" : effects == 1 ? "one effect" : effects + " effects";
    }
}
