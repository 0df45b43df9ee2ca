// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.StringWriter;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * JUnit XML that Jenkins, GitLab and GitHub can read: a suite for each group, a test for each case. A gated failure is
 * a {@code failure}. A case that was not observed is {@code skipped}, with the reason. A failed recommendation passes,
 * with a property and its text.
 */
final class JunitReport {

    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss", Locale.ROOT);

    private final ContractReport report;
    private final Level failOn;
    private final Baseline baseline;
    private final XMLStreamWriter out;

    private JunitReport(ContractReport report, Level failOn, Baseline baseline, XMLStreamWriter out) {
        this.report = report;
        this.failOn = failOn;
        this.baseline = baseline;
        this.out = out;
    }

    static String of(ContractReport report, Level failOn, Baseline baseline) {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter out = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
            new JunitReport(report, failOn, baseline, out).write();
            out.close();
            return text.toString();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("writing to memory does not fail", e);
        }
    }

    private void write() throws XMLStreamException {
        out.writeStartDocument("UTF-8", "1.0");
        out.writeStartElement("testsuites");
        out.writeAttribute("name", "openlines contract");
        totals(report.results(), false);
        var groups = report.results().stream()
                .collect(Collectors.groupingBy(
                        result -> result.contractCase().group(), TreeMap::new, Collectors.toList()));
        for (var group : groups.entrySet()) {
            out.writeStartElement("testsuite");
            out.writeAttribute("name", group.getKey() + " " + Catalogue.groupTitle(group.getKey()));
            totals(group.getValue(), true);
            out.writeAttribute("timestamp", SECONDS.format(report.begun().atOffset(ZoneOffset.UTC)));
            out.writeStartElement("properties");
            property("seed", report.seed() + "@" + report.begun().getEpochSecond());
            out.writeEndElement();
            for (CaseResult result : group.getValue()) {
                test(group.getKey(), result);
            }
            out.writeEndElement();
        }
        out.writeEndElement();
        out.writeEndDocument();
    }

    private void totals(List<CaseResult> results, boolean skipped) throws XMLStreamException {
        Duration time = results.stream().map(CaseResult::took).reduce(Duration.ZERO, Duration::plus);
        out.writeAttribute("tests", Integer.toString(results.size()));
        out.writeAttribute(
                "failures", Long.toString(results.stream().filter(this::fails).count()));
        out.writeAttribute("errors", "0");
        out.writeAttribute("time", seconds(time));
        if (skipped) {
            out.writeAttribute(
                    "skipped",
                    Long.toString(results.stream().filter(JunitReport::skipped).count()));
        }
    }

    private boolean fails(CaseResult result) {
        return result.verdict() == Verdict.FAIL
                && ContractReport.gated(result, failOn)
                && !baseline.expects(result.id());
    }

    private static boolean skipped(CaseResult result) {
        return result.verdict() == Verdict.NOT_OBSERVED;
    }

    private void test(char group, CaseResult result) throws XMLStreamException {
        out.writeStartElement("testcase");
        out.writeAttribute("name", result.id() + " " + result.contractCase().requirement());
        out.writeAttribute("classname", "openlines." + group);
        out.writeAttribute("time", seconds(result.took()));
        if (fails(result)) {
            out.writeStartElement("failure");
            out.writeAttribute("message", clean(String.join("; ", result.failures())));
            out.writeAttribute("type", result.contractCase().level().toString());
            out.writeCharacters(clean(Advice.told(result)));
            out.writeEndElement();
        } else if (skipped(result)) {
            out.writeStartElement("skipped");
            out.writeAttribute("message", clean(result.verdict() + ": " + String.join("; ", result.missing())));
            out.writeEndElement();
        }
        StringBuilder told =
                new StringBuilder("level=" + result.contractCase().level() + " verdict=" + result.verdict());
        if (result.verdict() == Verdict.FAIL && !fails(result)) {
            boolean known = baseline.expects(result.id());
            told.append(known ? " result=known\n" + baseline.told(result.id()) + "\n" : " result=warn\n")
                    .append(String.join("\n", result.failures()));
        }
        result.warnings().forEach(warning -> told.append('\n').append(warning));
        out.writeStartElement("system-out");
        out.writeCharacters(clean(told.toString()));
        out.writeEndElement();
        out.writeEndElement();
    }

    private void property(String name, String value) throws XMLStreamException {
        out.writeStartElement("property");
        out.writeAttribute("name", name);
        out.writeAttribute("value", value);
        out.writeEndElement();
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.3f", time.toNanos() / 1e9);
    }

    /** Removes control characters, which XML does not have. */
    static String clean(String text) {
        return text.replaceAll("[^\\t\\n\\r\\u0020-\\uD7FF\\uE000-\\uFFFD\\x{10000}-\\x{10FFFF}]", "?");
    }
}
