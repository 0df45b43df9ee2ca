// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import dev.openlines.model.Event;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.EventJson;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Decoding and encoding beside their peers; {@link #main} runs them interleaved and prints ratios. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Decode {

    private static final int HOSTILE_BYTES = 60_000;

    private final Corpus corpus = new Corpus();
    private final Peers.Event[] jacksonEvents = new Peers.Event[Corpus.SIZE];
    private final byte[] out = new byte[4096];
    private final byte[] oneChat = Corpus.chats(1);
    private final byte[] sixteenChats = Corpus.chats(16);
    private final byte[][] hostile = Hostile.bodies(HOSTILE_BYTES);
    private int next;

    /** Reads each JSON once, for the peer that writes it. */
    public Decode() {
        try {
            for (int i = 0; i < Corpus.SIZE; i++) {
                jacksonEvents[i] = Peers.jackson(corpus.jsons[i]);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private int next() {
        return next = next + 1 & Corpus.SIZE - 1;
    }

    @Benchmark
    public Object formToEvent() {
        return EventDecoder.lenient().decode(corpus.forms[next()], BodyFormat.FORM);
    }

    @Benchmark
    public Object jsonToEvent() {
        return EventDecoder.lenient().decode(corpus.jsons[next()], BodyFormat.JSON);
    }

    @Benchmark
    public Object eventToJson() {
        return EventJson.toJson(corpus.events[next()]);
    }

    @Benchmark
    public Object eventToForm() {
        return EventJson.toForm(corpus.events[next()]);
    }

    @Benchmark
    public Object jacksonJsonToEvent() throws IOException {
        return Peers.jackson(corpus.jsons[next()]);
    }

    @Benchmark
    public Object jacksonEventToJson() throws IOException {
        return Peers.jackson(jacksonEvents[next()]);
    }

    @Benchmark
    public Object yassonJsonToEvent() {
        return Peers.yasson(corpus.jsons[next()]);
    }

    @Benchmark
    public Object jettyFormToFields() {
        return Peers.jetty(corpus.forms[next()]);
    }

    @Benchmark
    public Object splitFormToMaps() {
        return Peers.split(corpus.forms[next()]);
    }

    @Benchmark
    public int percentDecodeOnly() {
        return Peers.percentDecode(corpus.forms[next()], out);
    }

    @Benchmark
    public Object oneChat() {
        return EventDecoder.lenient().decode(oneChat, BodyFormat.FORM);
    }

    @Benchmark
    public Object sixteenChats() {
        return EventDecoder.lenient().decode(sixteenChats, BodyFormat.FORM);
    }

    @Benchmark
    public Object hostileBodies() {
        next = (next + 1) % hostile.length;
        try {
            return EventDecoder.lenient().decode(hostile[next], BodyFormat.FORM);
        } catch (dev.openlines.parser.DecodeException refused) {
            return refused;
        }
    }

    /**
     * Runs everything in several rounds, peers in turn, and prints medians and ratios.
     *
     * @param args rounds, then milliseconds a measurement; 5 and 1000 if not given
     * @throws RunnerException if JMH cannot run
     */
    public static void main(String[] args) throws RunnerException {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
        int millis = args.length > 1 ? Integer.parseInt(args[1]) : 1000;
        String only = args.length > 2 ? args[2] : "";
        TreeMap<String, double[]> ns = new TreeMap<>();
        TreeMap<String, Double> bytes = new TreeMap<>();
        for (int round = 0; round < rounds; round++) {
            ChainedOptionsBuilder options = new OptionsBuilder()
                    .include(Decode.class.getSimpleName() + "\\." + (only.isEmpty() ? "" : "(" + only + ")"))
                    .addProfiler(GCProfiler.class)
                    .forks(1)
                    .jvmArgs("-Xmx512m", "-XX:+UseSerialGC")
                    .warmupIterations(4)
                    .warmupTime(TimeValue.milliseconds(millis))
                    .measurementIterations(3)
                    .measurementTime(TimeValue.milliseconds(millis))
                    .verbosity(org.openjdk.jmh.runner.options.VerboseMode.SILENT);
            Collection<RunResult> results = new Runner(options.build()).run();
            for (RunResult result : results) {
                String name = result.getPrimaryResult().getLabel();
                double[] all = ns.computeIfAbsent(name, key -> new double[rounds]);
                all[round] = result.getPrimaryResult().getScore();
                bytes.put(
                        name,
                        result.getSecondaryResults().get("gc.alloc.rate.norm").getScore());
            }
        }
        PhpPeer.measure(new Corpus().forms, rounds).ifPresent(php -> ns.put("phpParseStr", php));
        Table.print(ns, bytes);
    }

    private static final class Table {

        static void print(TreeMap<String, double[]> ns, TreeMap<String, Double> bytes) {
            double jackson = median(ns, "jacksonJsonToEvent");
            double php = median(ns, "phpParseStr");
            System.out.printf(
                    "%-22s %10s %22s %8s %10s %8s%n", "", "ns/event", "min..max", "bytes", "x Jackson", "x PHP");
            ns.forEach((name, all) -> {
                double[] sorted = all.clone();
                Arrays.sort(sorted);
                double median = sorted[sorted.length / 2];
                System.out.printf(
                        Locale.ROOT,
                        "%-22s %10.0f %22s %8s %10.2f %8.2f%n",
                        name,
                        median,
                        String.format(Locale.ROOT, "%.0f..%.0f", sorted[0], sorted[sorted.length - 1]),
                        bytes.containsKey(name) ? String.format(Locale.ROOT, "%.0f", bytes.get(name)) : "",
                        median / jackson,
                        median / php);
            });
            double perByte = median(ns, "formToEvent")
                    / Arrays.stream(new Corpus().forms)
                            .mapToInt(f -> f.length)
                            .average()
                            .orElseThrow();
            double hostile = median(ns, "hostileBodies")
                    / Arrays.stream(Hostile.bodies(HOSTILE_BYTES))
                            .mapToInt(f -> f.length)
                            .average()
                            .orElseThrow();
            System.out.printf(
                    Locale.ROOT,
                    "%nsixteen chats cost %.1f x one chat; a hostile byte costs %.2f x a good one%n",
                    median(ns, "sixteenChats") / median(ns, "oneChat"),
                    hostile / perByte);
        }

        private static double median(TreeMap<String, double[]> ns, String name) {
            if (!ns.containsKey(name)) {
                return Double.NaN;
            }
            double[] sorted = ns.get(name).clone();
            Arrays.sort(sorted);
            return sorted[sorted.length / 2];
        }
    }

    /** Keeps the compiler from thinking the events unused. */
    Event first() {
        return corpus.events[0];
    }
}
