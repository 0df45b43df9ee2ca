// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.contract.Baseline;
import dev.openlines.contract.ContractReport;
import dev.openlines.contract.Level;
import dev.openlines.contract.ReportFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** One {@code --report FORMAT:FILE}. */
record ReportTarget(ReportFormat format, Path file) {

    static ReportTarget of(String text) {
        int colon = text.indexOf(':');
        String format = colon < 0 ? "" : text.substring(0, colon);
        if (!format.matches("junit|html|md|jsonl") || colon == text.length() - 1) {
            throw new IllegalArgumentException("expected junit:FILE, html:FILE, md:FILE or jsonl:FILE for --report");
        }
        return new ReportTarget(
                ReportFormat.valueOf(format.toUpperCase(Locale.ROOT)), Path.of(text.substring(colon + 1)));
    }

    void write(ContractReport report, Level failOn, boolean strict, Baseline baseline) {
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            Files.writeString(file, report.text(format, failOn, strict, baseline), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the report " + file + " cannot be written", e);
        }
    }
}
