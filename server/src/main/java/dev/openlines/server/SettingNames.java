// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The names of settings. A name is known once it has been read or declared. Any other may be misspelled. */
final class SettingNames {

    /**
     * The names that container platforms set in each process for a service with the name openlines or
     * openlines-something. A value may look like tcp://10.0.0.1:80.
     */
    private static final Pattern INJECTED = Pattern.compile(
            "OPENLINES_([A-Z0-9_]+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)"
                    + "(_(PROTO|PORT|ADDR))?|NAME|ENV_[A-Z0-9_]+)");

    private static final Pattern ADDRESS = Pattern.compile("(tcp|udp|sctp)://.*");

    /** Such a text is no value, because values have digits or are long. */
    private static final Pattern HARMLESS = Pattern.compile("[A-Za-z][A-Za-z._-]{0,50}");

    private final Set<String> known = new HashSet<>();

    void know(Collection<String> names) {
        known.addAll(names);
    }

    Set<String> known() {
        return Set.copyOf(known);
    }

    /** Returns whether a value is one that a container platform sets. */
    static boolean isInjected(String value) {
        return ADDRESS.matcher(value).matches();
    }

    /**
     * Refuses the first name that looks like a setting and is none.
     *
     * @throws ConfigurationException with the nearest name
     */
    void refuseUnknown(Map<String, String> values) {
        for (String name : new TreeSet<>(values.keySet())) {
            String value = values.getOrDefault(name, "");
            if (!name.toUpperCase(Locale.ROOT).startsWith("OPENLINES_")
                    || known.contains(name)
                    || value.isBlank()
                    || isInjected(value)
                    || INJECTED.matcher(name).matches()) {
                continue;
            }
            throw new ConfigurationException(
                    shown(name) + " is not a setting."
                            + nearest(name)
                                    .map(near -> " Did you mean " + near + "?")
                                    .orElse(""),
                    null);
        }
    }

    /** Returns a name for a message, unless it may be a value in the wrong place. */
    static String shown(String name) {
        return HARMLESS.matcher(name).matches() ? name : "a name with other characters or more of them";
    }

    private Optional<String> nearest(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        int most = Math.max(2, (name.length() - "OPENLINES_".length()) / 2);
        return known.stream()
                .filter(other -> distance(upper, other) <= most)
                .min(Comparator.<String>comparingInt(other -> distance(upper, other))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /**
     * Returns how many characters must be added, removed, changed or swapped with the next to make one of the other.
     */
    private static int distance(String one, String other) {
        int[][] steps = new int[one.length() + 1][other.length() + 1];
        for (int i = 0; i <= one.length(); i++) {
            for (int j = 0; j <= other.length(); j++) {
                if (i == 0 || j == 0) {
                    steps[i][j] = i + j;
                    continue;
                }
                int change = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
                steps[i][j] = Math.min(Math.min(steps[i - 1][j], steps[i][j - 1]) + 1, steps[i - 1][j - 1] + change);
                if (i > 1
                        && j > 1
                        && one.charAt(i - 1) == other.charAt(j - 2)
                        && one.charAt(i - 2) == other.charAt(j - 1)) {
                    steps[i][j] = Math.min(steps[i][j], steps[i - 2][j - 2] + 1);
                }
            }
        }
        return steps[one.length()][other.length()];
    }
}
