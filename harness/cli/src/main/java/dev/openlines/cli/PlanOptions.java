// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.portal.DeliveryPlan;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code send} for the way of sending events. */
final class PlanOptions {

    @Option(names = "--seed", paramLabel = "N", description = "Repeat the random choices of a run with this seed.")
    private @Nullable Long seed;

    @Option(names = "--copies", paramLabel = "N", description = "Send each event this many times, with equal bytes.")
    private int copies = 1;

    @Option(names = "--reversed", description = "Send the last event first.")
    private boolean reversed;

    @Option(names = "--shuffled", description = "Send events in an order that the seed decides.")
    private boolean shuffled;

    @Option(names = "--delay", paramLabel = "MS", description = "Wait this many milliseconds before the first event.")
    private long delay;

    @Option(
            names = "--byte-at-a-time",
            paramLabel = "US",
            description = "Send one byte after the other, this many microseconds apart.")
    private @Nullable Long byteAtATime;

    @Option(
            names = "--cut-after",
            paramLabel = "N",
            description = "End the sending side after this many bytes of the body.")
    private @Nullable Integer cutAfter;

    @Option(
            names = "--reset-after",
            paramLabel = "N",
            description = "Reset the connection after this many bytes of the body.")
    private @Nullable Integer resetAfter;

    @Option(
            names = "--chunked",
            paramLabel = "N",
            split = ",",
            description = "Send the body in chunks that end at these offsets, such as 10,100.")
    private int @Nullable [] chunked;

    @Option(names = "--expect-continue", description = "Send Expect: 100-continue, then the body if asked.")
    private boolean expectContinue;

    @Option(names = "--wrong-token", description = "Send another application token of the same length.")
    private boolean wrongToken;

    /** Returns the plan. Throws IllegalArgumentException if options contradict each other. */
    DeliveryPlan plan() {
        int framings = (byteAtATime == null ? 0 : 1)
                + (cutAfter == null ? 0 : 1)
                + (resetAfter == null ? 0 : 1)
                + (chunked == null ? 0 : 1)
                + (expectContinue ? 1 : 0);
        if (framings > 1) {
            throw new IllegalArgumentException("expected only one of --byte-at-a-time, --cut-after, --reset-after, "
                    + "--chunked, --expect-continue");
        }
        if (reversed && shuffled) {
            throw new IllegalArgumentException("expected only one of --reversed, --shuffled");
        }
        if (delay < 0 || (byteAtATime != null && byteAtATime < 0)) {
            throw new IllegalArgumentException("expected a time of 0 or more");
        }
        DeliveryPlan plan = (seed == null ? DeliveryPlan.platform() : DeliveryPlan.seeded(seed))
                .copies(copies)
                .delayed(Duration.ofMillis(delay));
        plan = reversed ? plan.reversed() : shuffled ? plan.shuffled() : plan;
        plan = wrongToken ? plan.wrongToken() : plan;
        return framed(plan);
    }

    private DeliveryPlan framed(DeliveryPlan plan) {
        if (byteAtATime != null) {
            return plan.byteAtATime(Duration.ofNanos(byteAtATime * 1000));
        }
        if (cutAfter != null) {
            return plan.cutAfter(cutAfter);
        }
        if (resetAfter != null) {
            return plan.resetAfter(resetAfter);
        }
        if (chunked != null) {
            return plan.chunked(chunked);
        }
        return expectContinue ? plan.expectContinue() : plan;
    }
}
