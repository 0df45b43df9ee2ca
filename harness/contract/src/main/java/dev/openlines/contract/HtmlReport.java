// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The report as one page that needs no network: matrix, filter, exchanges as text and hex, burst, ledger. */
final class HtmlReport {

    private static final int SHOWN_BYTES = 2_048;
    private static final int SHOWN_LEDGER = 2_000;
    private static final int SHOWN_EXCHANGES = 6;

    private final ContractReport report;
    private final Baseline baseline;
    private final StringBuilder out = new StringBuilder(1 << 18);

    private HtmlReport(ContractReport report, Baseline baseline) {
        this.report = report;
        this.baseline = baseline;
    }

    static String of(ContractReport report, int exitCode, Baseline baseline) {
        HtmlReport page = new HtmlReport(report, baseline);
        page.write(exitCode);
        return page.out.toString();
    }

    private void write(int exitCode) {
        out.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Contract report</title>")
                .append("<meta name=\"viewport\" content=\"width=device-width\"><style>")
                .append(STYLE)
                .append("</style></head><body><header class=\"")
                .append(exitCode == ContractReport.PASSED ? "good" : "bad")
                .append("\"><h1>Contract report</h1><p class=\"summary\" id=\"summary\">")
                .append(text(report.summary(exitCode, baseline)))
                .append("</p><p>")
                .append(text(report.run().wire().target() + ", begun "
                        + report.begun().truncatedTo(ChronoUnit.SECONDS) + ", "
                        + report.took().toSeconds() + " s, exit code " + exitCode))
                .append("</p></header>");
        report.remarks()
                .forEach(remark ->
                        out.append("<p class=\"early\">").append(text(remark)).append("</p>"));
        report.stopped()
                .ifPresent(why -> out.append("<p class=\"early\">The run ended early: ")
                        .append(text(why))
                        .append("</p>"));
        matrix();
        filter();
        sections();
        burst();
        ledger();
        out.append("<script>").append(SCRIPT).append("</script></body></html>\n");
    }

    private void matrix() {
        out.append("<table id=\"matrix\"><tr><th>group</th>");
        for (Level level : Level.values()) {
            for (Outcome outcome : Outcome.values()) {
                out.append("<th>").append(level).append("<br>").append(outcome).append("</th>");
            }
        }
        out.append("</tr>");
        report.results().stream()
                .collect(Collectors.groupingBy(
                        result -> result.contractCase().group(), TreeMap::new, Collectors.toList()))
                .forEach((group, results) -> {
                    out.append("<tr><td>")
                            .append(group)
                            .append(' ')
                            .append(Catalogue.groupTitle(group))
                            .append("</td>");
                    for (Level level : Level.values()) {
                        for (Outcome outcome : Outcome.values()) {
                            cell(results, level, outcome);
                        }
                    }
                    out.append("</tr>");
                });
        out.append("</table>");
    }

    /** Writes the sections, the most urgent first. */
    private void sections() {
        List<CaseResult> failed = Outcome.toMend(report.results(), baseline);
        section("Failed: must", failed.stream().filter(HtmlReport::must).toList());
        section(
                "Failed: should and may",
                failed.stream().filter(result -> !must(result)).toList());
        section("Known failures", Outcome.KNOWN);
        section("Not observed", Outcome.NOT_OBSERVED);
        section("Passed", Outcome.PASS);
        section("Planned, not run", Outcome.PLANNED);
    }

    private void section(String title, Outcome outcome) {
        section(title, report.results().stream().filter(outcome.in(baseline)).toList());
    }

    private static boolean must(CaseResult result) {
        return result.contractCase().level() == Level.MUST;
    }

    private void section(String title, List<CaseResult> results) {
        if (!results.isEmpty()) {
            out.append("<section><h2>")
                    .append(title)
                    .append(" <span class=\"count\">")
                    .append(results.size())
                    .append("</span></h2>");
            results.forEach(this::result);
            out.append("</section>");
        }
    }

    private void cell(List<CaseResult> results, Level level, Outcome outcome) {
        long count = results.stream()
                .filter(result -> result.contractCase().level() == level)
                .filter(outcome.in(baseline))
                .count();
        out.append("<td class=\"")
                .append(count == 0 ? "none" : style(outcome, level))
                .append("\">")
                .append(count == 0 ? "·" : Long.toString(count))
                .append("</td>");
    }

    private static String style(Outcome outcome, Level level) {
        boolean lesser = outcome == Outcome.FAIL && level != Level.MUST;
        return lesser || outcome == Outcome.KNOWN ? "warn" : outcome.toString();
    }

    private void filter() {
        out.append("<p class=\"filter\">show ");
        for (Outcome outcome : Outcome.values()) {
            out.append("<label><input type=\"checkbox\" checked data-show=\"")
                    .append(outcome)
                    .append("\"> ")
                    .append(outcome)
                    .append("</label> ");
        }
        out.append("<input type=\"search\" id=\"find\" placeholder=\"id or word\"></p>");
    }

    private void result(CaseResult result) {
        ContractCase one = result.contractCase();
        Outcome outcome = Outcome.of(result, baseline);
        boolean failed = result.verdict() == Verdict.FAIL;
        out.append("<details class=\"case\" id=\"")
                .append(one.id())
                .append("\" data-verdict=\"")
                .append(outcome)
                .append(failed ? "\" open>" : "\">")
                .append("<summary><b class=\"chip ")
                .append(style(outcome, one.level()))
                .append("\">")
                .append(outcome)
                .append("</b> ")
                .append(one.id())
                .append(" <i>")
                .append(one.level())
                .append("</i> ")
                .append(text(one.requirement()))
                .append("</summary><dl><dt>sent</dt><dd>")
                .append(text(one.sent()))
                .append("</dd><dt>comes from</dt><dd>")
                .append(text(one.provenance()))
                .append("</dd><dt>took</dt><dd>")
                .append(result.took().toMillis())
                .append(" ms</dd></dl>");
        lines("failure", result.failures());
        if (outcome == Outcome.KNOWN) {
            lines("note", List.of(baseline.told(one.id())));
        }
        if (failed) {
            lines("note", List.of("fix: " + Remedy.of(one.id())));
        }
        lines("missing", result.missing());
        lines("note", result.warnings());
        if (!result.reproduce().isEmpty()) {
            out.append("<p>by hand:</p><pre>").append(text(result.reproduce())).append("</pre>");
        }
        report.detail(one.id()).ifPresent(run -> exchanges(run, failed));
        out.append("</details>\n");
    }

    private void lines(String kind, List<String> lines) {
        lines.forEach(line -> out.append("<p class=\"")
                .append(kind)
                .append("\">")
                .append(text(line))
                .append("</p>"));
    }

    private void exchanges(CaseRun run, boolean failed) {
        Map<Integer, Reply> all = run.numbered();
        int first = failed ? SHOWN_EXCHANGES * 2 : SHOWN_EXCHANGES;
        // And the one that the failure names, whatever its number.
        List<Integer> shown = Stream.concat(all.keySet().stream().limit(first), Stream.of(run.named()))
                .filter(all::containsKey)
                .distinct()
                .toList();
        for (int number : shown) {
            Reply reply = Objects.requireNonNull(all.get(number));
            String answer = reply.head() + reply.text();
            out.append("<details class=\"exchange\"><summary>request ")
                    .append(number)
                    .append(": ")
                    .append(reply.sentLength())
                    .append(" bytes, ")
                    .append(text(reply.outcome()))
                    .append("; ")
                    .append(reply.times())
                    .append("</summary>");
            bytes("request", new String(reply.sent(), StandardCharsets.ISO_8859_1));
            bytes("answer", answer);
            out.append("</details>");
        }
        if (run.sentCount() > shown.size()) {
            out.append("<p class=\"note\">")
                    .append(run.sentCount() - shown.size())
                    .append(" more requests are not shown</p>");
        }
    }

    /** Writes a text as it is and in hex. In both, secrets are replaced by their names first. */
    private void bytes(String what, String content) {
        String masked =
                report.run().masked(content.length() > SHOWN_BYTES ? content.substring(0, SHOWN_BYTES) : content);
        out.append("<h4>")
                .append(what)
                .append("</h4><pre>")
                .append(text(masked))
                .append("</pre><details><summary>hex</summary><pre>");
        byte[] raw = masked.getBytes(StandardCharsets.ISO_8859_1);
        for (int from = 0; from < raw.length; from += 16) {
            StringBuilder hex = new StringBuilder();
            StringBuilder plain = new StringBuilder();
            for (int i = from; i < Math.min(raw.length, from + 16); i++) {
                hex.append(String.format(Locale.ROOT, "%02x ", raw[i]));
                plain.append(raw[i] >= 0x20 && raw[i] < 0x7f ? (char) raw[i] : '.');
            }
            out.append(String.format(Locale.ROOT, "%06x  %-48s %s%n", from, hex, text(plain.toString())));
        }
        out.append("</pre></details>");
    }

    /**
     * Draws one bar for each exchange of the bursts that were kept: when it began, how long connect and answer took.
     */
    private void burst() {
        for (String id : List.of("OSF-C-508", "OSF-C-509", "OSF-C-601")) {
            report.detail(id)
                    .filter(run -> run.exchanges().size() > 10)
                    .ifPresent(run -> timeline(id, run.exchanges()));
        }
    }

    private void timeline(String id, List<Reply> replies) {
        long begun = replies.stream()
                .mapToLong(reply -> reply.at().toEpochMilli())
                .min()
                .orElse(0);
        long end = replies.stream()
                .mapToLong(reply -> reply.at().toEpochMilli() + reply.total().toMillis() + 1)
                .max()
                .orElse(1);
        double scale = 900.0 / Math.max(1, end - begun);
        out.append("<h2>Burst of ")
                .append(id)
                .append(", its first ")
                .append(replies.size())
                .append(" requests</h2><svg class=\"burst\" width=\"920\" height=\"")
                .append(replies.size() * 5 + 20)
                .append("\">");
        for (int i = 0; i < replies.size(); i++) {
            Reply reply = replies.get(i);
            double x = (reply.at().toEpochMilli() - begun) * scale;
            double connect = reply.connect().toNanos() / 1e6 * scale;
            double answer = Math.max(1, reply.answered().toNanos() / 1e6 * scale);
            bar(x, i, Math.max(0.5, connect), "#888");
            bar(x + connect, i, answer, reply.is2xx() ? "#2a7" : "#c33");
        }
        out.append("<text x=\"0\" y=\"")
                .append(replies.size() * 5 + 16)
                .append("\">0 to ")
                .append(end - begun)
                .append(" ms; grey: connecting, green: to the answer, red: not acknowledged</text></svg>");
    }

    private void bar(double x, int row, double width, String colour) {
        out.append(String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"4\" fill=\"%s\"/>",
                x,
                row * 5,
                width,
                colour));
    }

    private void ledger() {
        List<Run.Entry> entries = report.run().ledger();
        boolean evidence = report.run().effects().exists();
        out.append("<details id=\"ledger\"><summary>Ledger: ")
                .append(entries.size())
                .append(
                        " events by chat</summary><table><tr><th>chat</th><th>case</th><th>first sent</th><th>sent</th>")
                .append("<th>acknowledged</th><th>effects</th></tr>");
        entries.stream()
                .limit(SHOWN_LEDGER)
                .forEach(entry -> out.append("<tr><td>")
                        .append(entry.chatId)
                        .append("</td><td>")
                        .append(entry.caseId)
                        .append("</td><td>")
                        .append(entry.first)
                        .append("</td><td>")
                        .append(entry.sent)
                        .append("</td><td>")
                        .append(entry.acknowledged)
                        .append("</td><td>")
                        .append(
                                evidence
                                        ? Integer.toString(report.run()
                                                .effects()
                                                .of(entry.chatId)
                                                .size())
                                        : "not observed")
                        .append("</td></tr>"));
        out.append("</table>");
        if (entries.size() > SHOWN_LEDGER) {
            out.append("<p class=\"note\">")
                    .append(entries.size() - SHOWN_LEDGER)
                    .append(" more are not shown</p>");
        }
        out.append("</details>");
    }

    private static String text(String plain) {
        StringBuilder safe = new StringBuilder(plain.length());
        for (char c : JunitReport.clean(plain).toCharArray()) {
            switch (c) {
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '&' -> safe.append("&amp;");
                case '"' -> safe.append("&quot;");
                default -> safe.append(c);
            }
        }
        return safe.toString();
    }

    private static final String STYLE = """
            :root{--line:#d9dde3;--soft:#f4f6f8;--pass:#1a7f4b;--fail:#b3261e;--warn:#9a5b00;--blind:#5b4b9a;--mute:#6b7280}
            body{font:15px/1.5 system-ui,sans-serif;color:#1c2530;margin:0 auto 4em;max-width:72em;padding:0 1.2em}
            header{border-left:8px solid var(--fail);background:#fdf0ef;padding:.6em 1.2em;margin:1.4em 0;border-radius:4px}
            header.good{border-color:var(--pass);background:#eef8f2}h1{font-size:1.5em;margin:.2em 0}header p{margin:.3em 0}
            .summary{font-weight:600;font-family:ui-monospace,monospace}h2{font-size:1.15em;margin:1.6em 0 .4em}
            .count{background:var(--soft);border-radius:1em;padding:0 .6em;font-size:.8em;color:var(--mute)}
            table{border-collapse:collapse;font-size:13px;width:100%}td,th{border-bottom:1px solid var(--line);padding:.3em .5em;text-align:center}
            th{background:var(--soft);font-weight:600}td:first-child{text-align:left;white-space:nowrap}
            td.fail{background:#fbdad7;font-weight:700}td.warn{background:#fdebd0}td.not-observed{background:#e8e4f6}
            pre{background:var(--soft);padding:.7em;overflow:auto;white-space:pre-wrap;word-break:break-all;border-radius:4px;font-size:13px}
            .pass{color:var(--pass)}.fail{color:var(--fail)}.warn{color:var(--warn)}.not-observed{color:var(--blind)}
            .planned,.none{color:var(--mute)}.none{opacity:.5}
            .chip{display:inline-block;min-width:6.6em;text-align:center;border:1px solid currentColor;border-radius:1em;font-size:.78em;margin-right:.5em}
            .failure,.early{border-left:4px solid var(--fail);padding-left:.7em}.missing{border-left:4px solid var(--blind);padding-left:.7em}
            .note{color:var(--mute);border-left:4px solid var(--line);padding-left:.7em}
            details.case{border-bottom:1px solid var(--line);padding:.35em 0}summary{cursor:pointer}.exchange{margin-left:1.5em}
            dt{float:left;clear:left;width:7em;color:var(--mute)}dd{margin-left:7em}.filter{position:sticky;top:0;background:#fff;padding:.6em 0}
            .filter label{margin-right:1em}input[type=search]{padding:.3em .6em;width:16em}svg{max-width:100%}
            """;

    private static final String SCRIPT = "(function(){var f=document.getElementById('find');function show(){"
            + "var on={};document.querySelectorAll('[data-show]').forEach(function(b){on[b.dataset.show]=b.checked});"
            + "var w=f.value.toLowerCase();document.querySelectorAll('.case').forEach(function(c){"
            + "c.hidden=!on[c.dataset.verdict]||(w&&c.textContent.toLowerCase().indexOf(w)<0)});"
            + "document.querySelectorAll('section').forEach(function(s){"
            + "s.hidden=!s.querySelector('.case:not([hidden])')})}"
            + "document.querySelectorAll('[data-show]').forEach(function(b){b.addEventListener('change',show)});"
            + "f.addEventListener('input',show)})();";
}
