// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The catalogue as {@code docs/contract-cases.md}: generated, so that it cannot be out of date. */
final class CatalogueDocument {

    /** The numbers of cases that were planned or have gone; a report of another version may name them. */
    static final List<String> RESERVED = List.of(
            "020", "021", "022", "025", "111", "124", "216", "313", "415", "423", "510", "515", "516", "518", "520",
            "521", "606", "607", "609", "610", "611", "612", "613", "614", "707", "708", "709", "710", "711", "801",
            "802", "803", "804", "805", "806", "807", "808", "809");

    private CatalogueDocument() {}

    static String text() {
        StringBuilder out = new StringBuilder(64_000);
        out.append("# The contract of a handler\n\n")
                .append("Generated from the code (`openlines list`, `openlines explain ID`); a test keeps it so. ")
                .append(Catalogue.all().size())
                .append(" cases.\n\n")
                .append(
                        "- **Level**: a handler *must*, *should* or *may*. Only must-cases fail a run, unless `--fail-on should`.\n")
                .append(
                        "- **Profile**: core is for every handler; durable needs control of the process; edge is for what")
                .append(
                        " really faces the internet; reconcile is for handlers that compare the portal's list of closed")
                .append(" sessions with the events that came.\n")
                .append(
                        "- **Seen by**: H the HTTP exchange, E evidence of effects, R calls that reach the simulated portals,")
                .append(
                        " L what the process prints and occupies, C control of the process. A case whose oracle is missing is")
                .append(" *not observed*, never passed.\n")
                .append(
                        "- *Deny* is 401 or 403 (404 with a warning), no effect, no call to the portal. *Acknowledge* is a 2xx")
                .append(
                        " within 5 s. An *effect* is one accepted fact that a chat was closed. After every negative case a good")
                .append(" event must still be acknowledged and have its effect.\n")
                .append("- Budgets are ours: the platform publishes none, but calls slow handlers less often.\n");
        Catalogue.all().stream()
                .collect(Collectors.groupingBy(ContractCase::group, TreeMap::new, Collectors.toList()))
                .forEach((group, cases) -> {
                    out.append("\n## ")
                            .append(group)
                            .append(". ")
                            .append(Catalogue.groupTitle(group))
                            .append("\n\n");
                    out.append("| id | level | profile | seen by | sent | the handler … | comes from |\n");
                    out.append("| --- | --- | --- | --- | --- | --- | --- |\n");
                    cases.forEach(one -> row(out, one));
                });
        out.append(
                        "\n## Reserved ids\n\nNo case has these numbers, and only the case that was planned under one may get it: ")
                .append(String.join(", ", RESERVED))
                .append(".\n");
        return out.toString();
    }

    private static void row(StringBuilder out, ContractCase one) {
        out.append("| ")
                .append(one.id())
                .append(" | ")
                .append(one.level())
                .append(" | ")
                .append(one.profile())
                .append(one.webhooks() ? ", webhooks" : "")
                .append(one.captures() ? ", with `--captures`" : "")
                .append(one.instances() ? ", with `--instances`" : "")
                .append(" | ")
                .append(one.oracles().stream().map(Oracle::name).collect(Collectors.joining(" ")))
                .append(" | ")
                .append(cell(one.sent()))
                .append(" | ")
                .append(cell(one.requirement()))
                .append(" | ")
                .append(cell(one.provenance()))
                .append(" |\n");
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("__proto__", "`__proto__`");
    }
}
