// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The report as one page that needs no network: matrix, filter, exchanges as text and hex, burst, ledger. */
final class HtmlReport {

    private static final int SHOWN_BYTES = 2_048;
    private static final int SHOWN_LEDGER = 2_000;
    private static final int SHOWN_EXCHANGES = 6;

    private final ContractReport report;
    private final StringBuilder out = new StringBuilder(1 << 18);

    private HtmlReport(ContractReport report) {
        this.report = report;
    }

    static String of(ContractReport report, int exitCode) {
        HtmlReport page = new HtmlReport(report);
        page.write(exitCode);
        return page.out.toString();
    }

    private void write(int exitCode) {
        out.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Contract report</title>")
                .append("<meta name=\"viewport\" content=\"width=device-width\"><style>")
                .append(STYLE)
                .append("</style></head><body><h1>Contract report</h1><p class=\"summary\" id=\"summary\">")
                .append(text(report.summary(exitCode)))
                .append("</p><p>")
                .append(text(report.run().wire().target() + ", begun " + report.begun() + ", "
                        + report.took().toSeconds() + " s"))
                .append("</p>");
        report.remarks()
                .forEach(remark ->
                        out.append("<p class=\"early\">").append(text(remark)).append("</p>"));
        report.stopped()
                .ifPresent(why -> out.append("<p class=\"early\">The run ended early: ")
                        .append(text(why))
                        .append("</p>"));
        matrix();
        filter();
        report.results().forEach(this::result);
        burst();
        ledger();
        out.append("<script>").append(SCRIPT).append("</script></body></html>\n");
    }

    private void matrix() {
        out.append("<table id=\"matrix\"><tr><th>group</th>");
        for (Level level : Level.values()) {
            for (Verdict verdict : Verdict.values()) {
                out.append("<th>").append(level).append("<br>").append(verdict).append("</th>");
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
                        for (Verdict verdict : Verdict.values()) {
                            cell(results, level, verdict);
                        }
                    }
                    out.append("</tr>");
                });
        out.append("</table>");
    }

    private void cell(List<CaseResult> results, Level level, Verdict verdict) {
        long count = results.stream()
                .filter(result -> result.contractCase().level() == level && result.verdict() == verdict)
                .count();
        out.append("<td class=\"")
                .append(count == 0 ? "none" : style(verdict, level))
                .append("\">")
                .append(count)
                .append("</td>");
    }

    private static String style(Verdict verdict, Level level) {
        return verdict == Verdict.FAIL && level != Level.MUST ? "warn" : verdict.toString();
    }

    private void filter() {
        out.append("<p class=\"filter\">show ");
        for (Verdict verdict : Verdict.values()) {
            out.append("<label><input type=\"checkbox\" checked data-show=\"")
                    .append(verdict)
                    .append("\"> ")
                    .append(verdict)
                    .append("</label> ");
        }
        out.append("<input type=\"search\" id=\"find\" placeholder=\"id or word\"></p>");
    }

    private void result(CaseResult result) {
        ContractCase one = result.contractCase();
        boolean failed = result.verdict() == Verdict.FAIL;
        out.append("<details class=\"case\" id=\"")
                .append(one.id())
                .append("\" data-verdict=\"")
                .append(result.verdict())
                .append(failed ? "\" open>" : "\">")
                .append("<summary><b class=\"")
                .append(style(result.verdict(), one.level()))
                .append("\">")
                .append(result.verdict())
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
        List<Reply> all = run.exchanges();
        int shown = Math.min(all.size(), failed ? SHOWN_EXCHANGES * 2 : SHOWN_EXCHANGES);
        for (int i = 0; i < shown; i++) {
            Reply reply = all.get(i);
            String answer = reply.head() + reply.text();
            out.append("<details class=\"exchange\"><summary>request ")
                    .append(i + 1)
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
        if (run.sentCount() > shown) {
            out.append("<p class=\"note\">").append(run.sentCount() - shown).append(" more requests are not shown</p>");
        }
    }

    /** As text and in hex; secrets are replaced by their names first, in both. */
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

    /** One bar for each exchange of the bursts that were kept: when it began, how long connect and answer took. */
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

    private static final String STYLE =
            "body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 1em}"
                    + "table{border-collapse:collapse;font-size:13px}td,th{border:1px solid #ccc;padding:.2em .5em;text-align:center}"
                    + "td:first-child{text-align:left}pre{background:#f5f5f5;padding:.6em;overflow:auto;white-space:pre-wrap;word-break:break-all}"
                    + ".pass{color:#176b3a}.fail{color:#b00020}.warn{color:#9a5b00}.not-observed{color:#5b4b9a}.planned,.none{color:#777}"
                    + ".summary{font-weight:bold;font-size:1.1em}.failure,.early{border-left:4px solid #b00020;padding-left:.6em}"
                    + ".missing{border-left:4px solid #5b4b9a;padding-left:.6em}.note{color:#555}"
                    + "details.case{border-bottom:1px solid #ddd;padding:.3em 0}summary{cursor:pointer}.exchange{margin-left:1.5em}"
                    + "dt{float:left;clear:left;width:7em;color:#555}dd{margin-left:7em}.filter label{margin-right:1em}";

    private static final String SCRIPT = "(function(){var f=document.getElementById('find');function show(){"
            + "var on={};document.querySelectorAll('[data-show]').forEach(function(b){on[b.dataset.show]=b.checked});"
            + "var w=f.value.toLowerCase();document.querySelectorAll('.case').forEach(function(c){"
            + "c.hidden=!on[c.dataset.verdict]||(w&&c.textContent.toLowerCase().indexOf(w)<0)})}"
            + "document.querySelectorAll('[data-show]').forEach(function(b){b.addEventListener('change',show)});"
            + "f.addEventListener('input',show)})();";
}
