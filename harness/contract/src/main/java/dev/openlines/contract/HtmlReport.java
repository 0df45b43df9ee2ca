// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes the report as one page that needs no network: matrix, filter, exchanges as text and hex, burst, ledger. A page
 * has at most {@value #LIMIT} bytes, so that it opens at once and can be attached to a ticket. The most urgent parts
 * are written first. Exchanges that no longer fit are counted instead of shown.
 */
final class HtmlReport {

    /** The length of a page, in bytes. */
    static final int LIMIT = 1_000_000;

    /** The bytes left for the parts that are always written: requirements, failures, notes. */
    static final int FRAME = 350_000;

    private static final int SHOWN_BYTES = 2_048;
    private static final int SHOWN_LEDGER = 1_000;
    private static final int SHOWN_EXCHANGES = 6;

    private final ContractReport report;
    private final Baseline baseline;
    private StringBuilder out = new StringBuilder(1 << 18);
    private int room;

    private HtmlReport(ContractReport report, Baseline baseline, int limit) {
        this.report = report;
        this.baseline = baseline;
        room = limit - FRAME;
    }

    static String of(ContractReport report, int exitCode, Baseline baseline) {
        return of(report, exitCode, baseline, LIMIT);
    }

    static String of(ContractReport report, int exitCode, Baseline baseline, int limit) {
        HtmlReport page = new HtmlReport(report, baseline, limit);
        page.write(exitCode);
        return page.out.toString();
    }

    private void write(int exitCode) {
        out.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Contract report</title>")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
                .append("<meta name=\"color-scheme\" content=\"light dark\"><style>")
                .append(STYLE)
                .append("</style></head><body><header class=\"")
                .append(exitCode == ContractReport.PASSED ? "good" : "bad")
                .append("\"><h1>Contract report</h1><p class=\"summary\" id=\"summary\">")
                .append(text(report.summary(exitCode, baseline)))
                .append("</p><p>")
                .append(text(report.run().wire().target().toString()))
                .append(", begun ")
                .append(time(report.begun().truncatedTo(ChronoUnit.SECONDS)))
                .append(", ")
                .append(report.took().toSeconds())
                .append(" s, exit code ")
                .append(exitCode)
                .append("</p></header><main>");
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
        out.append("</main><script>").append(SCRIPT).append("</script></body></html>\n");
    }

    private void matrix() {
        out.append("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Results by group\">")
                .append("<table id=\"matrix\"><tr><th scope=\"col\">group</th>");
        for (Level level : Level.values()) {
            for (Outcome outcome : Outcome.values()) {
                out.append("<th scope=\"col\">")
                        .append(level)
                        .append("<br>")
                        .append(outcome)
                        .append("</th>");
            }
        }
        out.append("</tr>");
        report.results().stream()
                .collect(Collectors.groupingBy(
                        result -> result.contractCase().group(), TreeMap::new, Collectors.toList()))
                .forEach((group, results) -> {
                    out.append("<tr><th scope=\"row\">")
                            .append(group)
                            .append(' ')
                            .append(Catalogue.groupTitle(group))
                            .append("</th>");
                    for (Level level : Level.values()) {
                        for (Outcome outcome : Outcome.values()) {
                            cell(results, level, outcome);
                        }
                    }
                    out.append("</tr>");
                });
        out.append("</table></div>");
    }

    /** Writes the most urgent parts. */
    private void sections() {
        List<CaseResult> failed = Outcome.toMend(report.results(), baseline);
        section("Failed: must", failed.stream().filter(HtmlReport::must).toList());
        section(
                "Failed: should and may",
                failed.stream().filter(result -> !must(result)).toList());
        section("Known failures", Outcome.KNOWN);
        section("Not observed", Outcome.NOT_OBSERVED);
        section("Passed", Outcome.PASS);
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
        out.append("<input type=\"search\" id=\"find\" placeholder=\"id or word\" aria-label=\"Id or word\"></p>");
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
                .append("</dd><dt>why</dt><dd>")
                .append(text(Advice.why(one.id())))
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
            lines("note", List.of("fix: " + Advice.fix(one.id())));
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
        lines.forEach(line -> out.append("<p dir=\"auto\" class=\"")
                .append(kind)
                .append("\">")
                .append(text(line))
                .append("</p>"));
    }

    private void exchanges(CaseRun run, boolean failed) {
        Map<Integer, Reply> all = run.exchanges().kept();
        int first = failed ? SHOWN_EXCHANGES * 2 : SHOWN_EXCHANGES;
        // This adds the exchange that the failure names, whatever its number.
        List<Integer> shown = Stream.concat(all.keySet().stream().limit(first), Stream.of(run.named()))
                .filter(all::containsKey)
                .distinct()
                .toList();
        int written = 0;
        for (int number : shown) {
            if (fits(() -> exchange(number, Objects.requireNonNull(all.get(number))))) {
                written++;
            }
        }
        if (run.exchanges().count() > written) {
            out.append("<p class=\"note\">")
                    .append(run.exchanges().count() - written)
                    .append(" more requests are not shown</p>");
        }
    }

    private void exchange(int number, Reply reply) {
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
        bytes("answer", reply.head() + reply.text());
        out.append("</details>");
    }

    /** Writes something if the page has room for it, and returns whether it had. */
    private boolean fits(Runnable writing) {
        StringBuilder page = out;
        out = new StringBuilder();
        writing.run();
        StringBuilder part = out;
        out = page;
        int length = part.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > room) {
            return false;
        }
        room -= length;
        out.append(part);
        return true;
    }

    /** Writes bytes as text, and in base64 for the script that shows them in hex; secrets are masked first. */
    private void bytes(String what, String content) {
        String masked =
                report.run().masked(content.length() > SHOWN_BYTES ? content.substring(0, SHOWN_BYTES) : content);
        out.append("<h4>")
                .append(what)
                .append("</h4><pre dir=\"auto\">")
                .append(text(masked))
                .append("</pre><details data-bytes=\"")
                .append(Base64.getEncoder().encodeToString(masked.getBytes(StandardCharsets.ISO_8859_1)))
                .append("\"><summary>hex</summary><pre></pre></details>");
    }

    /**
     * Draws one bar for each exchange of the bursts that were kept: when it began, how long connect and answer took.
     */
    private void burst() {
        for (String id : List.of("OSF-C-508", "OSF-C-509", "OSF-C-601")) {
            report.detail(id)
                    .filter(run -> run.exchanges().kept().size() > 10)
                    .ifPresent(run ->
                            timeline(id, List.copyOf(run.exchanges().kept().values())));
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
                .append(" requests</h2><svg class=\"burst\" role=\"img\" aria-label=\"When each request was answered\"")
                .append(" viewBox=\"0 0 920 ")
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
        List<Answers.Entry> entries = report.run().answers().ledger();
        out.append("<details id=\"ledger\"><summary>Ledger: ")
                .append(entries.size())
                .append(" events by chat</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\"")
                .append(" aria-label=\"Events by chat\"><table><tr>");
        List.of("chat", "case", "first sent", "sent", "acknowledged", "effects")
                .forEach(head -> out.append("<th scope=\"col\">").append(head).append("</th>"));
        out.append("</tr>");
        long written = entries.stream()
                .limit(SHOWN_LEDGER)
                .takeWhile(entry -> fits(() -> row(entry)))
                .count();
        out.append("</table></div>");
        if (entries.size() > written) {
            out.append("<p class=\"note\">").append(entries.size() - written).append(" more are not shown</p>");
        }
        out.append("</details>");
    }

    private void row(Answers.Entry entry) {
        EffectBook effects = report.run().effects();
        out.append("<tr>");
        List.of(
                        text(entry.chatId),
                        entry.caseId,
                        time(entry.first),
                        entry.sent,
                        entry.acknowledged,
                        effects.exists() ? effects.of(entry.chatId).size() : "not observed")
                .forEach(cell -> out.append("<td>").append(cell).append("</td>"));
        out.append("</tr>");
    }

    /** Returns a time as UTC. The page's script shows it in the reader's zone. */
    private static String time(Instant at) {
        return "<time datetime=\"" + at + "\">" + at + "</time>";
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
            :root{color-scheme:light dark;--page:#fff;--ink:#1c2530;--line:#d9dde3;--soft:#f4f6f8;--pass:#1a7f4b;--fail:#b3261e;
            --warn:#8a5000;--blind:#5b4b9a;--mute:#5c6470;--good:#eef8f2;--bad:#fdf0ef;--failcell:#fbdad7;--warncell:#fdebd0;--blindcell:#e8e4f6}
            @media (prefers-color-scheme:dark){:root{--page:#14181d;--ink:#e4e8ed;--line:#3a424c;--soft:#1e242b;--pass:#6ddc93;--fail:#ff9c94;
            --warn:#f3b661;--blind:#b9aaf5;--mute:#a3acb8;--good:#12291c;--bad:#33191a;--failcell:#5a1f1c;--warncell:#4d3408;--blindcell:#322a57}}
            body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);margin:0 auto 4em;max-width:72em;padding:0 1.2em}
            header{border-left:8px solid var(--fail);background:var(--bad);padding:.6em 1.2em;margin:1.4em 0;border-radius:4px}
            header.good{border-color:var(--pass);background:var(--good)}h1{font-size:1.5em;margin:.2em 0}header p{margin:.3em 0}
            body,summary,dd,pre{overflow-wrap:anywhere}
            .summary{font-weight:600;font-family:ui-monospace,monospace}h2{font-size:1.15em;margin:1.6em 0 .4em}
            .count{background:var(--soft);border-radius:1em;padding:0 .6em;font-size:.8em;color:var(--mute)}
            .scroll{overflow-x:auto}table{border-collapse:collapse;font-size:13px;width:100%}
            td,th{border-bottom:1px solid var(--line);padding:.3em .5em;text-align:center;overflow-wrap:normal}
            th{background:var(--soft);font-weight:600}th[scope=row],td:first-child{text-align:left;background:none;font-weight:inherit;min-width:9em}
            td.fail{background:var(--failcell);font-weight:700}td.warn{background:var(--warncell)}td.not-observed{background:var(--blindcell)}
            pre{background:var(--soft);padding:.7em;white-space:pre-wrap;border-radius:4px;font-size:13px;margin:.4em 0}
            .pass{color:var(--pass)}.fail{color:var(--fail)}.warn{color:var(--warn)}.not-observed{color:var(--blind)}
            .none{color:var(--mute)}
            .chip{display:inline-block;min-width:6.6em;text-align:center;border:1px solid currentColor;border-radius:1em;font-size:.78em;margin-right:.5em}
            .failure,.early{border-left:4px solid var(--fail);padding-left:.7em}.missing{border-left:4px solid var(--blind);padding-left:.7em}
            .note{color:var(--mute);border-left:4px solid var(--line);padding-left:.7em}
            details.case{border-bottom:1px solid var(--line);padding:.35em 0}summary{cursor:pointer}.exchange{margin-left:1.5em}
            dt{float:left;clear:left;width:7em;color:var(--mute)}dd{margin-left:7em}
            .filter{position:sticky;top:0;background:var(--page);padding:.6em 0;margin:0}.filter label{display:inline-block;margin-right:1em}
            input[type=search]{font:inherit;padding:.3em .6em;width:16em;max-width:100%;box-sizing:border-box}svg{width:100%}svg text{fill:var(--ink)}
            @media (max-width:40em){body{padding:0 .7em}.exchange{margin-left:0}dt{float:none;width:auto}dd{margin-left:0}
            .filter{position:static}}
            """;

    private static final String SCRIPT = """
            (function () {
            const find = document.getElementById('find');
            const boxes = [...document.querySelectorAll('[data-show]')];
            function show() {
            const word = find.value.toLowerCase();
            const on = new Set(boxes.filter((box) => box.checked).map((box) => box.dataset.show));
            for (const one of document.querySelectorAll('.case'))
            one.hidden = !on.has(one.dataset.verdict) || (word && !one.textContent.toLowerCase().includes(word));
            for (const section of document.querySelectorAll('section'))
            section.hidden = !section.querySelector('.case:not([hidden])');
            }
            function hex(event) {
            const details = event.target;
            const pre = details.querySelector('pre');
            if (!details.dataset.bytes || pre.textContent) return;
            const bytes = [...atob(details.dataset.bytes)].map((c) => c.charCodeAt(0));
            const lines = [];
            for (let at = 0; at < bytes.length; at += 16) {
            const line = bytes.slice(at, at + 16);
            lines.push(at.toString(16).padStart(6, '0') + '  '
            + line.map((b) => b.toString(16).padStart(2, '0') + ' ').join('').padEnd(49)
            + line.map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '.')).join(''));
            }
            pre.textContent = lines.join('\\n');
            }
            const local = new Intl.DateTimeFormat(undefined, {dateStyle: 'medium', timeStyle: 'long'});
            for (const time of document.querySelectorAll('time')) {
            time.title = time.dateTime;
            time.textContent = local.format(new Date(time.dateTime));
            }
            boxes.forEach((box) => box.addEventListener('change', show));
            find.addEventListener('input', show);
            document.addEventListener('toggle', hex, true);
            })();""";
}
