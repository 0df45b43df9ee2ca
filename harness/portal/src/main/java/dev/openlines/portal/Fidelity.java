// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;

/** The page {@code docs/fidelity.md}, which names the sources of each part of the portal. */
final class Fidelity {

    private static final String HEAD = """
            # How true the simulated portal is

            Generated from the code, which a test compares with this page. Every answer carries one of these words in
            the portal's journal:

            | word | means |
            | --- | --- |
            | source | read in the server's published source |
            | docs | read in the vendor's documentation |
            | sdk | read in the code or a test of one of the vendor's SDKs |
            | capture | seen in a request that was recorded in public |
            | guess | our inference, without a source |
            | declared | said by the test or the user, such as `portal.answer(...)` or a fault |
            | unbuilt | the simulator does not have it: status 501, code `SIMULATOR_LACKS_IT` |

            No live portal has been compared yet. [`openlines compare`](compare.md) compares yours in a few minutes; the
            last column says what of. *captures* are those of a receiver: [captures](captures.md) says how to make them.

            """;

    /** The parts that are no REST methods, with their sources. */
    private static final Map<String, Provenance> PARTS = parts();

    /**
     * The checks of the command {@code compare} by REST method; a test of the command compares them with its questions.
     */
    private static final Map<String, String> COMPARED = Map.ofEntries(
            Map.entry("app.info", "shape"),
            Map.entry("batch", "batch"),
            Map.entry("crm.company.get", "errors"),
            Map.entry("crm.contact.get", "errors"),
            Map.entry("crm.deal.get", "errors"),
            Map.entry("crm.lead.get", "errors"),
            Map.entry("disk.file.get", "errors"),
            Map.entry("event.bind", "errors, order of checks, subscriptions, offline queue"),
            Map.entry("event.get", "shape, errors, subscriptions"),
            Map.entry("event.offline.clear", "errors"),
            Map.entry("event.offline.error", "errors"),
            Map.entry("event.offline.get", "errors, offline queue"),
            Map.entry("event.offline.list", "errors, paging, offline queue"),
            Map.entry("event.test", "errors, subscriptions"),
            Map.entry("event.unbind", "errors, subscriptions, offline queue"),
            Map.entry("events", "shape, errors"),
            Map.entry("feature.get", "shape, errors"),
            Map.entry("imopenlines.config.get", "shape, errors"),
            Map.entry("imopenlines.config.list.get", "shape"),
            Map.entry("imopenlines.dialog.get", "shape, errors"),
            Map.entry("imopenlines.session.history.get", "shape, errors, order of checks"),
            Map.entry("imopenlines.v2.operator.list", "shape"),
            Map.entry("imopenlines.v2.session.list", "shape, errors, order of checks, paging"),
            Map.entry("imopenlines.v2.session.rating.list", "shape, errors"),
            Map.entry("imopenlines.v2.session.stat.get", "shape, errors"),
            Map.entry("imopenlines.v2.session.transfer.list", "shape, errors"),
            Map.entry("imopenlines.v2.stat.get", "shape, errors"),
            Map.entry("method.get", "shape"),
            Map.entry("methods", "shape"),
            Map.entry("profile", "shape, errors, order of checks"),
            Map.entry("scope", "shape"),
            Map.entry("server.time", "shape, throttling"));

    /** The checks of the command {@code compare} by part, and those that captures allow. */
    private static final Map<String, String> COMPARED_PARTS = Map.of(
            "header lines and their order, one connection an event", "captures: names and their order",
            "`auth` of events: its keys and their order", "captures",
            "`data` of `ONSESSIONSTART` and `ONSESSIONFINISH`, dialect `platform`", "captures",
            "a refresh token with `ONAPPINSTALL`, `ONAPPUPDATE`, `ONAPPTEST`, `ONOFFLINEEVENT` only", "captures",
            "which events a connector's chats cause, for whom, and their `data`", "captures: `data`",
            "`data` of `ONAPPPAYMENT`; that it carries no token", "captures",
            "order of checks, success envelope, PHP's JSON style", "order of checks, envelope, headers",
            "times with the offset that the portal's time zone has at that moment", "form of the times",
            "leaky bucket", "the refusal (`--throttle`)",
            "limit of operating time", "`time.operating`");

    private Fidelity() {}

    private static Map<String, Provenance> parts() {
        Map<String, Provenance> parts = new LinkedHashMap<>();
        parts.put("header lines and their order, one connection an event", Provenance.CAPTURE);
        parts.put("`auth` of events: its keys and their order", Provenance.CAPTURE);
        parts.put("`data` of `ONSESSIONSTART` and `ONSESSIONFINISH`, dialect `platform`", Provenance.SOURCE);
        parts.put("dialects `docs-2024`, `docs-2024-table`, `docs-2026`", Provenance.DOCS);
        parts.put("whose token an event carries after each way to close a chat", Provenance.GUESS);
        parts.put(
                "a refresh token with `ONAPPINSTALL`, `ONAPPUPDATE`, `ONAPPTEST`, `ONOFFLINEEVENT` only",
                Provenance.SOURCE);
        parts.put("which events a connector's chats cause, for whom, and their `data`", Provenance.SOURCE);
        parts.put("an operator's change is told only after `imconnector.send.status.delivery`", Provenance.SOURCE);
        parts.put("`data` of `ONAPPPAYMENT`; that it carries no token", Provenance.DOCS);
        parts.put("`ONSUBSCRIPTIONRENEW` has no data", Provenance.SOURCE);
        parts.put("layout of access and refresh tokens, 30 days for a refresh token", Provenance.CAPTURE);
        parts.put("at most once, no retry, no order promised", Provenance.DOCS);
        parts.put("a closed chat's session number is 0 in `entity_data_1`", Provenance.SOURCE);
        parts.put("what ends sessions without an event; what becomes of those of a deleted line", Provenance.SOURCE);
        parts.put("what `closeReason` says after each way to close a chat", Provenance.GUESS);
        parts.put("how a session looks between a close broken off and its repair", Provenance.GUESS);
        parts.put("whether the ends of a report's period belong to it; the order within one second", Provenance.GUESS);
        parts.put("times with the offset that the portal's time zone has at that moment", Provenance.DOCS);
        parts.put("equal offline events collapse; what became of failed ones", Provenance.SOURCE);
        parts.put("group chats: `connector[user_id]` 0, customers and bots told apart in histories", Provenance.SOURCE);
        parts.put("`entity_data_1` and `entity_data_2` of a chat linked with the CRM", Provenance.DOCS);
        parts.put("files in histories; the download address and what it answers", Provenance.DOCS);
        parts.put(
                "files in events of messages: an operator's without their own addresses, a customer's as ids only",
                Provenance.SOURCE);
        parts.put("what the addresses of an operator's files answer; width and height are left out", Provenance.GUESS);
        parts.put("which of several CRM objects is a chat's main one: the one linked first", Provenance.GUESS);
        parts.put("messages to a connector that is not active on the line: `NOT_ACTIVE_LINE`", Provenance.GUESS);
        parts.put(
                "all scopes, for `scope` with `full`: those documented and those that an SDK's test expects",
                Provenance.SDK);
        parts.put("REST 3.0 is not built and says so in its own form of an error", Provenance.DOCS);
        parts.put("which handler addresses `event.bind` takes", Provenance.SOURCE);
        parts.put("order of checks, success envelope, PHP's JSON style", Provenance.SOURCE);
        parts.put("OAuth: parameters, answers", Provenance.DOCS);
        parts.put("OAuth: codes of errors", Provenance.SDK);
        parts.put("HTTP statuses of OAuth errors", Provenance.GUESS);
        parts.put("leaky bucket", Provenance.DOCS);
        parts.put("limit of operating time", Provenance.SOURCE);
        parts.put("slow handlers are called less often", Provenance.DOCS);
        parts.put("by how much slow handlers are called less often", Provenance.GUESS);
        parts.put("faults: which the platform shows", Provenance.DOCS);
        return parts;
    }

    static String page() {
        StringBuilder out = new StringBuilder(HEAD);
        out.append("## REST methods\n\n| method | scope | from | compared |\n| --- | --- | --- | --- |\n");
        for (RestMethod method : RestMethods.all()) {
            out.append("| `")
                    .append(method.name())
                    .append("` | ")
                    .append(method.scope().isEmpty() ? "" : "`" + method.scope() + "`")
                    .append(" | ")
                    .append(method.provenance().label())
                    .append(" | ")
                    .append(COMPARED.getOrDefault(method.name(), ""))
                    .append(" |\n");
        }
        out.append("| `app.info` of the OAuth host |  | ")
                .append(SystemMethods.AUTH_HOST_APP_INFO.provenance().label())
                .append(" |  |\n\nEvery other method of the platform is unbuilt.\n\n");
        out.append("## Events that can be bound\n\n");
        for (String event : new TreeSet<>(EventMethods.EVENTS.keySet())) {
            String scope = EventMethods.EVENTS.getOrDefault(event, "");
            out.append("- `").append(event).append('`');
            out.append(scope.isEmpty() ? "" : " (scope `" + scope + "`)");
            out.append('\n');
        }
        out.append("\n## Everything else\n\n| part | from | compared |\n| --- | --- | --- |\n");
        PARTS.forEach((part, from) -> out.append("| ")
                .append(part)
                .append(" | ")
                .append(from.label())
                .append(" | ")
                .append(COMPARED_PARTS.getOrDefault(part, ""))
                .append(" |\n"));
        return out.toString();
    }
}
