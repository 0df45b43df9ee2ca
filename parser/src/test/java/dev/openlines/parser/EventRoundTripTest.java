// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Event;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Events written and read again, as each format and in every spelling a sender may choose. */
class EventRoundTripTest {

    private static final int CASES = 200;

    /** A random payload may have thousands of fields. */
    private static final Limits ROOMY = new Limits(1 << 24, 100_000, 64, 1 << 16, 1 << 20);

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("dev.openlines.parser.Seeds#ten")
    void anEventWrittenIsTheEventRead(long seed) {
        RandomEvent events = new RandomEvent(seed);
        for (int i = 0; i < CASES; i++) {
            Event event = events.next();
            Decoded<Event> form = decoded(EventJson.toForm(event), BodyFormat.FORM);
            Decoded<Event> json = decoded(EventJson.toJson(event).getBytes(UTF_8), BodyFormat.JSON);
            assertThat(form.event()).as("form, seed %s, case %s", seed, i).isEqualTo(event);
            assertThat(json.event()).as("JSON, seed %s, case %s", seed, i).isEqualTo(event);
            assertThat(form.notes()).as("notes, seed %s, case %s", seed, i).isEqualTo(json.notes());
            assertThat(form.dialect()).as("dialect, seed %s, case %s", seed, i).isEqualTo(json.dialect());
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("dev.openlines.parser.Seeds#ten")
    void formAndJsonOfOneEventHaveOneIdempotencyKey(long seed) {
        RandomEvent events = new RandomEvent(seed);
        for (int i = 0; i < CASES; i++) {
            Event event = events.next();
            assertThat(key(EventJson.toForm(event), BodyFormat.FORM))
                    .as("seed %s, case %s", seed, i)
                    .isEqualTo(key(EventJson.toJson(event).getBytes(UTF_8), BodyFormat.JSON));
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("dev.openlines.parser.Seeds#ten")
    void theOrderOfFieldsChangesNothing(long seed) {
        RandomEvent events = new RandomEvent(seed);
        Random random = new Random(seed);
        for (int i = 0; i < CASES; i++) {
            byte[] body = EventJson.toForm(events.nextOfChats());
            byte[] shuffled = RandomForm.shuffled(body, random);
            Decoded<Event> as = decoded(body, BodyFormat.FORM);
            Decoded<Event> other = decoded(shuffled, BodyFormat.FORM);
            String shown = "seed " + seed + ", case " + i;
            assertThat(other.event()).as(shown).isEqualTo(as.event());
            assertThat(other.dialect()).as(shown).isEqualTo(as.dialect());
            assertThat(other.notes()).as(shown).containsExactlyInAnyOrderElementsOf(as.notes());
            assertThat(key(shuffled, BodyFormat.FORM)).as(shown).isEqualTo(key(body, BodyFormat.FORM));
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("dev.openlines.parser.Seeds#ten")
    void theSpellingOfEscapesChangesNothing(long seed) {
        RandomEvent events = new RandomEvent(seed);
        Random random = new Random(seed);
        for (int i = 0; i < CASES; i++) {
            byte[] body = EventJson.toForm(events.next());
            byte[] spelled = spelled(new String(body, ISO_8859_1), random).getBytes(ISO_8859_1);
            Decoded<Event> as = decoded(body, BodyFormat.FORM);
            Decoded<Event> other = decoded(spelled, BodyFormat.FORM);
            String shown = "seed " + seed + ", case " + i + ", " + new String(spelled, ISO_8859_1);
            assertThat(other.event()).as(shown).isEqualTo(as.event());
            assertThat(other.notes()).as(shown).isEqualTo(as.notes());
            assertThat(other.dialect()).as(shown).isEqualTo(as.dialect());
        }
    }

    /** Brackets raw or escaped, spaces both ways, digits of escapes in both cases, letters escaped. */
    private static String spelled(String body, Random random) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < body.length(); i++) {
            char c = body.charAt(i);
            if (c == '%') {
                String escape = body.substring(i, i + 3);
                i += 2;
                boolean bracket = escape.equals("%5B") || escape.equals("%5D");
                boolean raw = bracket && random.nextInt(3) == 0;
                out.append(
                        raw
                                ? escape.equals("%5B") ? "[" : "]"
                                : random.nextBoolean() ? escape.toLowerCase(java.util.Locale.ROOT) : escape);
            } else if (c == '+' && random.nextBoolean()) {
                out.append("%20");
            } else if (Character.isLetterOrDigit(c) && random.nextInt(20) == 0) {
                out.append(String.format("%%%02X", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private static Decoded<Event> decoded(byte[] body, BodyFormat format) {
        return EventDecoder.lenient().withLimits(ROOMY).decode(body, format);
    }

    private static String key(byte[] body, BodyFormat format) {
        return Envelope.parse(body, format, ROOMY).idempotencyKey();
    }
}
