// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.Limits;
import dev.openlines.testkit.Bodies;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The time of a refusal does not tell what was wrong. Compares times, so it is for a machine that does nothing else.
 */
@EnabledIfSystemProperty(named = "soak.minutes", matches = "[1-9]\\d*", disabledReason = "compares times: -Psoak")
@Timeout(300)
class TimingTest {

    private static final String WHICH =
            "median microseconds: unknown portal, wrong token, all but the last character right";

    private static final List<String> BODIES = List.of(
            Bodies.finish(1, "auth[member_id]", "0".repeat(32)),
            Bodies.finish(1, "auth[application_token]", "0".repeat(32)),
            Bodies.finish(1, "auth[application_token]", Bodies.TOKEN.substring(0, 31) + "0"));

    @TempDir
    Path directory;

    private final Portals portals = new Portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN));

    /** Says what was measured; a difference that could be used over a network would be milliseconds. */
    @Test
    void ofAWholeRequest(TestReporter report) {
        try (LeasingInbox inbox = Inbox.sqlite(directory.resolve("timing.db"))) {
            Receiver receiver = Installing.receiver(inbox, portals, Installing.NOW);

            double[] medians = medians(
                    4000,
                    which -> assertThat(Installing.post(receiver, BODIES.get(which)))
                            .isEqualTo(403));

            report.publishEntry(WHICH, Arrays.toString(medians));
            assertNear(medians, 1);
        }
    }

    /**
     * Compares without the parser, which hides it: here the digest that an unknown portal would not need is most of the
     * time.
     */
    @Test
    void ofTheCheckAlone(TestReporter report) {
        List<Envelope> envelopes = BODIES.stream()
                .map(body -> Envelope.parse(body.getBytes(StandardCharsets.UTF_8), BodyFormat.FORM, Limits.DEFAULT))
                .toList();

        double[] medians = medians(2000, which -> {
            for (int i = 0; i < 50; i++) {
                if (portals.admit(envelopes.get(which), null, 1, Instant.EPOCH)
                                .toCompletableFuture()
                                .join()
                                .event()
                        != null) {
                    throw new AssertionError("it was admitted");
                }
            }
        });

        report.publishEntry(WHICH + ", fifty times", Arrays.toString(medians));
        assertNear(medians, 0);
    }

    /** Measures in turn, so that other work of the machine meets all of them; the first half warms up. */
    private static double[] medians(int rounds, IntConsumer refused) {
        double[][] micros = new double[BODIES.size()][rounds];
        for (int round = 0; round < rounds * 2; round++) {
            for (int which = 0; which < BODIES.size(); which++) {
                long begun = System.nanoTime();
                refused.accept(which);
                micros[which][round % rounds] = (System.nanoTime() - begun) / 1000.0;
            }
        }
        return Arrays.stream(micros)
                .mapToDouble(all -> Arrays.stream(all).sorted().toArray()[rounds / 2])
                .toArray();
    }

    private static void assertNear(double[] medians, double micros) {
        double middle = Arrays.stream(medians).sorted().toArray()[1];
        for (double median : medians) {
            assertThat(Math.abs(median - middle)).as(Arrays.toString(medians)).isLessThan(middle / 4 + micros);
        }
    }
}
