// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.portal.Provenance;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The result of a comparison. It holds shapes, statuses, known names and our own words, but no value of an answer. */
final class CompareReport {

    /** One question and its result. The reason is null if it was asked. */
    private record Line(
            Probe probe,
            @Nullable Provenance from,
            List<Difference> differences,
            @Nullable String reason) {}

    private final List<Line> lines = new ArrayList<>();

    void compared(Probe probe, Provenance from, List<Difference> differences) {
        lines.add(new Line(probe, from, List.copyOf(differences), null));
    }

    void left(Probe probe, String reason) {
        lines.add(new Line(probe, null, List.of(), reason));
    }

    boolean differs() {
        return lines.stream().anyMatch(line -> !line.differences().isEmpty());
    }

    private long asked() {
        return lines.stream().filter(line -> line.reason() == null).count();
    }

    /** A difference, the question that showed it first, and the number of answers that have it. */
    private static final class Seen {
        private final Line line;
        private int times;

        Seen(Line line) {
            this.line = line;
        }
    }

    void print(PrintWriter out) {
        Map<Difference, Seen> differences = new LinkedHashMap<>();
        lines.forEach(line -> line.differences()
                .forEach(difference -> differences.computeIfAbsent(difference, first -> new Seen(line)).times++));
        differences.forEach((difference, seen) -> {
            Provenance from = seen.line.from();
            out.printf(
                    Locale.ROOT,
                    "%s: %s of %s (%s)%s%n",
                    difference.what().label(),
                    difference.path(),
                    seen.line.probe().method(),
                    seen.line.probe().name(),
                    seen.times == 1 ? "" : ", and in " + (seen.times - 1) + " more answers");
            out.println("    portal:    " + difference.portal());
            out.println("    simulated: " + difference.simulated()
                    + (from == null ? "" : ", from: " + label(from) + " (" + Difference.sureness(from) + ")"));
        });
        Map<String, List<String>> left = new LinkedHashMap<>();
        for (Line line : lines) {
            if (line.reason() != null) {
                left.computeIfAbsent(line.reason(), reason -> new ArrayList<>())
                        .add(line.probe().method());
            }
        }
        left.forEach((reason, methods) -> out.println("not compared: " + methods.size() + " questions, " + reason));
        out.println("compared " + asked() + " answers: "
                + (differs() ? differences.size() + " differences" : "no difference"));
    }

    JsonObject json() {
        JsonArrayBuilder questions = PhpJson.PROVIDER.createArrayBuilder();
        for (Line line : lines) {
            JsonArrayBuilder differences = PhpJson.PROVIDER.createArrayBuilder();
            line.differences()
                    .forEach(difference -> differences.add(EventBodies.object()
                            .add("what", difference.what().label())
                            .add("path", difference.path())
                            .add("simulated", difference.simulated())
                            .add("portal", difference.portal())));
            var question = EventBodies.object()
                    .add("area", line.probe().area().label())
                    .add("method", line.probe().method())
                    .add("name", line.probe().name());
            Provenance from = line.from();
            String reason = line.reason();
            if (from != null) {
                question.add("from", label(from)).add("sure", Difference.sureness(from));
            }
            questions.add(
                    reason == null ? question.add("differences", differences) : question.add("not_compared", reason));
        }
        return EventBodies.object()
                .add("compared", asked())
                .add("questions", questions)
                .build();
    }

    private static String label(Provenance from) {
        return from.name().toLowerCase(Locale.ROOT);
    }
}
