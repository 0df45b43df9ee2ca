// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** All cases, in the order of their ids. */
final class Catalogue {

    private static final List<ContractCase> CASES = Stream.of(
                    Shapes.class,
                    Lifecycle.class,
                    CapturedEvents.class,
                    Authenticity.class,
                    ForgedInstalls.class,
                    Injections.class,
                    MalformedInput.class,
                    Abuse.class,
                    Stores.class,
                    HttpBehavior.class,
                    Tls.class,
                    Relays.class,
                    SlowPeers.class,
                    Delivery.class,
                    Race.class,
                    Resilience.class,
                    Instances.class,
                    Leaks.class,
                    Reconciling.class)
            .flatMap(ContractCase::of)
            .sorted(Comparator.comparing(ContractCase::id))
            .toList();

    private Catalogue() {}

    /** Returns every case. */
    static List<ContractCase> all() {
        return CASES;
    }

    /** Finds a case by its id, or by its number alone. */
    static Optional<ContractCase> find(String id) {
        String whole = id.matches("[0-9]+") ? "OSF-C-" + id : id;
        return CASES.stream().filter(one -> one.id().equals(whole)).findFirst();
    }

    static String groupTitle(char group) {
        return switch (group) {
            case 'A' -> "Setup, the good way, shapes";
            case 'B' -> "Authenticity";
            case 'C' -> "Malformed input";
            case 'D' -> "Limits and abuse";
            case 'E' -> "HTTP behaviour";
            case 'F' -> "Delivery";
            case 'G' -> "Resilience";
            case 'H' -> "Leaks";
            default -> "Reconciling";
        };
    }
}
