// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Any bytes give a tree, an event or a {@link DecodeException}, and nothing else. */
class AnyBytesTest {

    private static final int CASES = 300;

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("dev.openlines.parser.Seeds#ten")
    void nastyFormsAreRead(long seed) {
        RandomForm forms = new RandomForm(seed);
        each(seed, forms::next, Claims::ofForms);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("dev.openlines.parser.Seeds#ten")
    void brokenJsonIsReadOrRefused(long seed) {
        Random random = new Random(seed);
        RandomJson values = new RandomJson(seed);
        each(seed, () -> broken(values.next().getBytes(UTF_8), random), Claims::ofJson);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("dev.openlines.parser.Seeds#ten")
    void noiseIsReadOrRefused(long seed) {
        Random random = new Random(seed);
        each(
                seed,
                () -> {
                    byte[] noise = new byte[random.nextInt(200)];
                    random.nextBytes(noise);
                    return noise;
                },
                noise -> {
                    Claims.ofForms(noise);
                    Claims.ofJson(noise);
                    Claims.ofEvents(noise);
                });
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("dev.openlines.parser.Seeds#ten")
    void brokenEventsAreReadOrRefused(long seed) {
        Random random = new Random(seed);
        RandomEvent events = new RandomEvent(seed);
        each(
                seed,
                () -> broken(EventJson.toForm(events.next()), random),
                body -> Claims.ofEvents(body, BodyFormat.FORM));
        each(
                seed,
                () -> broken(EventJson.toJson(events.next()).getBytes(UTF_8), random),
                body -> Claims.ofEvents(body, BodyFormat.JSON));
    }

    private interface Source {
        byte[] next();
    }

    private static void each(long seed, Source source, Consumer<byte[]> claim) {
        for (int i = 0; i < CASES; i++) {
            byte[] body = source.next();
            try {
                claim.accept(body);
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + ", body " + new String(body, ISO_8859_1), e);
            }
        }
        Assertions.assertThat(CASES).isPositive();
    }

    /** Leaves, changes, cuts, repeats or moves some bytes. */
    private static byte[] broken(byte[] body, Random random) {
        byte[] bytes = body;
        for (int i = random.nextInt(4); i > 0 && bytes.length > 1; i--) {
            int at = random.nextInt(bytes.length);
            int to = at + random.nextInt(Math.min(30, bytes.length - at));
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = (byte) random.nextInt(256);
                case 1 -> bytes[at] = (byte) "{}[]\",:\\u0&=%+-.5D".charAt(random.nextInt(18));
                case 2 -> bytes = joined(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, to, bytes.length));
                default -> bytes = joined(Arrays.copyOf(bytes, to), Arrays.copyOfRange(bytes, at, bytes.length));
            }
        }
        return bytes;
    }

    private static byte[] joined(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
