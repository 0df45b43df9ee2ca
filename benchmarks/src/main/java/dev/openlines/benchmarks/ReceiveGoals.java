// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import dev.openlines.benchmarks.Receive.Run;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The ratios that {@link Receive} has goals for. Each is that of two runs of one round, which follow each other closely, so
 * it depends little on what else the machine does.
 */
final class ReceiveGoals {

    private record Ratio(
            String kind, String of, String what, ToDoubleFunction<Run> value, String sign, double[] goals) {}

    /** A goal for one, 16 and 128 connections. NaN is none. */
    private static final List<Ratio> RATIOS = List.of(
            new Ratio("memory", "bare", "rate", Run::rate, "≥", goals(0.75, 0.75, 0.75)),
            new Ratio("memory", "bare", "CPU", Run::cpuMicros, "≤", goals(1.3, 1.3, 1.3)),
            new Ratio("sqlite", "bare", "rate", Run::rate, "≥", goals(Double.NaN, 0.25, 0.4)),
            new Ratio("postgresql", "bare", "rate", Run::rate, "≥", goals(Double.NaN, Double.NaN, 0.35)),
            new Ratio("sqlite", "raw-sqlite", "rate", Run::rate, "", goals()),
            new Ratio("postgresql", "raw-postgresql", "rate", Run::rate, "", goals()),
            new Ratio("handled-sqlite", "sqlite", "rate", Run::rate, "≥", goals(0.6, 0.6, 0.6)),
            new Ratio("handled-postgresql", "postgresql", "rate", Run::rate, "≥", goals(0.6, 0.6, 0.6)),
            new Ratio("sqlite", "express", "rate", Run::rate, "", goals()),
            new Ratio("handled-sqlite", "express", "rate", Run::rate, "≥", goals(1.5, 6, 10)),
            new Ratio("handled-sqlite", "php", "rate", Run::rate, "", goals()),
            new Ratio("postgresql", "spring", "rate", Run::rate, "", goals()),
            new Ratio("handled-postgresql", "spring", "rate", Run::rate, "", goals()));

    private ReceiveGoals() {}

    private static double[] goals(double... goals) {
        return goals.length == 0 ? goals(Double.NaN, Double.NaN, Double.NaN) : goals;
    }

    static void print(Map<String, List<Run>> runs) {
        System.out.println("| ratio | connections | median | lowest to highest round | goal |");
        System.out.println("| --- | ---: | ---: | ---: | ---: |");
        for (Ratio ratio : RATIOS) {
            for (int i = 0; i < Receive.CONNECTIONS.length; i++) {
                int connections = Receive.CONNECTIONS[i];
                List<Run> ours = runs.getOrDefault(ratio.kind + " " + connections, List.of());
                List<Run> theirs = runs.getOrDefault(ratio.of + " " + connections, List.of());
                if (ours.isEmpty() || theirs.isEmpty()) {
                    continue;
                }
                double[] rounds = new double[ours.size()];
                for (int round = 0; round < rounds.length; round++) {
                    rounds[round] =
                            ratio.value.applyAsDouble(ours.get(round)) / ratio.value.applyAsDouble(theirs.get(round));
                }
                Arrays.sort(rounds);
                double goal = ratio.goals[i];
                System.out.printf(
                        Locale.ROOT,
                        "| %s of `%s` beside `%s` | %d | %.2f | %.2f – %.2f | %s |%n",
                        ratio.what,
                        ratio.kind,
                        ratio.of,
                        connections,
                        rounds[rounds.length / 2],
                        rounds[0],
                        rounds[rounds.length - 1],
                        Double.isNaN(goal) ? "" : ratio.sign + " " + goal);
            }
        }
    }
}
