// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.cli.Difference.What;
import dev.openlines.cli.Shape.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Compares one answer of a portal with that of the simulated portal, by shape. */
final class Comparison {

    /** Headers that depend on the connection or the moment, and not on the portal. */
    private static final Set<String> TRANSPORT = Set.of(
            "connection",
            "content-encoding",
            "content-length",
            "date",
            "keep-alive",
            "server",
            "transfer-encoding",
            "vary",
            ":status");

    /** Headers whose values are the same on each portal. */
    private static final Set<String> CONSTANT =
            Set.of("content-type", "access-control-allow-origin", "x-content-type-options");

    private static final Set<Kind> SAYS_LITTLE = EnumSet.of(Kind.NULL, Kind.EMPTY_LIST);
    private static final Set<Kind> TEXTS = EnumSet.of(Kind.EMPTY_TEXT, Kind.DIGITS, Kind.TIME, Kind.TEXT);

    private final Probe.Area area;
    private final KnownNames names;
    private final List<Difference> differences = new ArrayList<>();

    private Comparison(Probe.Area area, KnownNames names) {
        this.area = area;
        this.names = names;
    }

    /** Returns how the portal's answer differs. */
    static List<Difference> of(Probe probe, PortalAnswer simulated, PortalAnswer portal, KnownNames names) {
        Comparison comparison = new Comparison(probe.area(), names);
        comparison.compare(probe, simulated, portal);
        return comparison.differences;
    }

    private void compare(Probe probe, PortalAnswer simulated, PortalAnswer portal) {
        boolean alike = simulated.status() == portal.status();
        if (!alike) {
            add(outcome(What.STATUS), "status", Integer.toString(simulated.status()), status(portal.status()));
        }
        String expected = simulated.error().orElse("none");
        String found = portal.error().orElse("none");
        if (!expected.equals(found)) {
            add(outcome(What.ERROR_CODE), "$.error", names.code(expected), names.code(found));
            alike = false;
        }
        headers(simulated.headers(), portal.headers());
        if (!alike && (simulated.error().isPresent() != portal.error().isPresent())) {
            return;
        }
        if (portal.body() == null || simulated.body() == null) {
            if ((portal.body() == null) != (simulated.body() == null)) {
                add(
                        What.TYPE,
                        "$",
                        simulated.body() == null ? "not JSON" : "JSON",
                        portal.body() == null ? "not JSON" : "JSON");
            }
            return;
        }
        shapes("$", Shape.of(simulated.body()), Shape.of(portal.body()));
        String wanted = probe.fact().of(simulated, names);
        String fact = probe.fact().of(portal, names);
        if (!wanted.equals(fact)) {
            add(outcome(What.ERROR_CODE), probe.name(), wanted, fact);
        }
    }

    private static String status(int status) {
        return status >= 100 && status <= 599 ? Integer.toString(status) : "none";
    }

    /** Returns the kind of a different outcome. In some areas the outcome is what the question is about. */
    private What outcome(What otherwise) {
        return switch (area) {
            case ORDER -> What.ORDER;
            case PAGING -> What.PAGING;
            case BATCH -> What.BATCH;
            case THROTTLING -> What.THROTTLING;
            default -> otherwise;
        };
    }

    private What at(String path, What otherwise) {
        if (path.equals("$.next") || path.equals("$.total") || path.endsWith(".hasNextPage")) {
            return What.PAGING;
        }
        if (path.startsWith("$.time.operating")) {
            return What.THROTTLING;
        }
        return area == Probe.Area.BATCH && path.matches("\\$\\.result(\\.result(_[a-z]+)?)?") ? What.BATCH : otherwise;
    }

    private void add(What what, String path, String simulated, String portal) {
        differences.add(new Difference(what, path, simulated, portal));
    }

    private void headers(Map<String, String> simulated, Map<String, String> portal) {
        Map<String, String> expected = relevant(simulated);
        Map<String, String> found = relevant(portal);
        Set<String> all = new TreeSet<>(expected.keySet());
        all.addAll(found.keySet());
        for (String name : all) {
            String one = expected.get(name);
            String other = found.get(name);
            if (one == null || other == null) {
                add(What.HEADER, names.header(name), one == null ? "none" : "there", other == null ? "none" : "there");
            } else if (CONSTANT.contains(name) && !spaceless(one).equals(spaceless(other))) {
                add(What.HEADER, names.header(name), spaceless(one), "another value");
            }
        }
    }

    private static Map<String, String> relevant(Map<String, String> headers) {
        Map<String, String> relevant = new TreeMap<>(headers);
        relevant.keySet().removeAll(TRANSPORT);
        return relevant;
    }

    private static String spaceless(String value) {
        return value.toLowerCase(Locale.ROOT).replace(" ", "");
    }

    private void shapes(String path, Shape simulated, Shape portal) {
        Set<Kind> found = EnumSet.noneOf(Kind.class);
        found.addAll(portal.kinds());
        found.removeIf(kind -> fits(kind, simulated.kinds()));
        if (!found.isEmpty()) {
            add(at(path, What.TYPE), path, simulated.label(), portal.label());
            return;
        }
        if (SAYS_LITTLE.containsAll(portal.kinds()) || SAYS_LITTLE.containsAll(simulated.kinds())) {
            return;
        }
        if (portal.kinds().contains(Kind.OBJECT) && simulated.kinds().contains(Kind.OBJECT)) {
            members(path, simulated, portal);
        }
        Shape expectedItems = simulated.items();
        Shape items = portal.items();
        if (items != null && expectedItems != null) {
            shapes(path + "[]", expectedItems, items);
        }
    }

    private void members(String path, Shape simulated, Shape portal) {
        simulated.members().forEach((name, shape) -> {
            Shape other = portal.members().get(name);
            String there = path + "." + names.key(name);
            if (other != null) {
                shapes(there, shape, other);
            } else if (!simulated.isOptional(name)) {
                add(at(there, What.MISSING_KEY), there, shape.label(), "none");
            }
        });
        portal.members().forEach((name, shape) -> {
            if (!simulated.members().containsKey(name)) {
                String there = path + "." + names.key(name);
                add(at(there, What.EXTRA_KEY), there, "none", shape.label());
            }
        });
    }

    /** Tells whether a kind fits other kinds. Null fits everything, and everything fits if only nulls were seen. */
    private static boolean fits(Kind kind, Set<Kind> expected) {
        if (kind == Kind.NULL || expected.contains(kind) || expected.equals(EnumSet.of(Kind.NULL))) {
            return true;
        }
        return switch (kind) {
            case EMPTY_TEXT -> expected.stream().anyMatch(TEXTS::contains);
            case DIGITS, TIME, TEXT ->
                expected.contains(Kind.TEXT)
                        || expected.equals(EnumSet.of(Kind.EMPTY_TEXT))
                        || expected.equals(EnumSet.of(Kind.EMPTY_TEXT, Kind.NULL));
            case EMPTY_LIST -> expected.contains(Kind.LIST) || expected.contains(Kind.OBJECT);
            case LIST, OBJECT -> expected.contains(Kind.EMPTY_LIST);
            default -> false;
        };
    }
}
