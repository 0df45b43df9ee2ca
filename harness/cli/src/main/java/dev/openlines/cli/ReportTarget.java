// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** One {@code --report FORMAT:FILE}. */
record ReportTarget(String format, Path file) {

    static ReportTarget of(String text) {
        int colon = text.indexOf(':');
        String format = colon < 0 ? "" : text.substring(0, colon);
        if (!format.matches("junit|html|md|jsonl") || colon == text.length() - 1) {
            throw new IllegalArgumentException("expected junit:FILE, html:FILE, md:FILE or jsonl:FILE for --report");
        }
        return new ReportTarget(format, Path.of(text.substring(colon + 1)));
    }

    void write(ContractReport report, Level failOn, Baseline baseline) {
        String text = switch (format) {
            case "junit" -> JunitReport.of(report, failOn, baseline);
            case "html" -> HtmlReport.of(report, report.exitCode(failOn, false, baseline));
            case "md" -> MarkdownReport.of(report, report.exitCode(failOn, false, baseline));
            default -> JsonlReport.of(report);
        };
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Files.writeString(file, text, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the report " + file + " cannot be written", e);
        }
    }
}
