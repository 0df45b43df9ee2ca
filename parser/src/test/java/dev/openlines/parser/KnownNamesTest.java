// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KnownNamesTest {

    private static final List<String> FIELDS = List.of(
            "event",
            "event_handler_id",
            "eventId",
            "event_id",
            "data[DATA][connector][connector_id]",
            "data[DATA][connector][line_id]",
            "data[DATA][connector][chat_id]",
            "data[DATA][connector][user_id]",
            "data[DATA][chat][chat_id]",
            "data[DATA][chat][id]",
            "data[DATA][line][id]",
            "data[DATA][line][name]",
            "data[DATA][session][id]",
            "data[DATA][session][closed]",
            "data[DATA][session][parent_id]",
            "data[DATA][session][close_term]",
            "data[DATA][user][id]",
            "data[DATA][user][name]",
            "data[DATA][0][connector][connector_id]",
            "data[DATA][0][chat][id]",
            "data[DATA][0][line][id]",
            "data[DATA][0][user][id]",
            "ts",
            "auth[access_token]",
            "auth[scope]",
            "auth[user_id]",
            "auth[application_token]");

    /** Names near the known ones, and the arrays on the way to them. */
    private static final List<String> OTHERS = List.of(
            "data",
            "data[DATA]",
            "data[DATA][0]",
            "data[DATA][1][chat][id]",
            "data[DATA][connector]",
            "data[DATA][][chat][id]",
            "auth",
            "auth[]",
            "auth[user_id][x]",
            "events",
            "event[x]",
            "ts[x]",
            "data[DATA][chat][idx]");

    private static String escaped(String name) {
        return name.replace("[", "%5B").replace("]", "%5D");
    }

    @Test
    void eachFieldOfAnEventIsKnownAndNoOtherName() {
        Set<Integer> found = new HashSet<>();
        for (String name : FIELDS) {
            byte[] raw = escaped(name).getBytes(ISO_8859_1);
            int known = KnownNames.find(raw, 0, raw.length);
            assertThat(known).as(name).isNotEqualTo(KnownNames.NONE);
            assertThat(KnownNames.length(known)).isEqualTo(raw.length).isLessThanOrEqualTo(KnownNames.LONGEST);
            assertThat(KnownNames.expected(known, (escaped(name) + "=").getBytes(ISO_8859_1), 0))
                    .isEqualTo(known);
            assertThat(KnownNames.expected(known, raw, 0)).isEqualTo(KnownNames.NONE);
            assertThat(name.chars().filter(c -> c == '[').count()).isLessThan(KnownNames.DEEPEST);
            found.add(known);
        }
        assertThat(found).hasSameSizeAs(FIELDS);
        for (String name : OTHERS) {
            byte[] raw = escaped(name).getBytes(ISO_8859_1);
            assertThat(KnownNames.find(raw, 0, raw.length)).as(name).isEqualTo(KnownNames.NONE);
        }
        assertThat(KnownNames.find(new byte[0], 0, 0)).isEqualTo(KnownNames.NONE);
    }

    @Test
    void theNameAfterAKnownOneIsExpectedAndTheLastHasNoneAfterIt() {
        byte[] body = "ts=1&auth%5Baccess_token%5D=2".getBytes(ISO_8859_1);
        int ts = KnownNames.find(body, 0, 2);
        assertThat(KnownNames.expected(ts, body, 5)).isEqualTo(ts + 1);
        assertThat(KnownNames.expected(KnownNames.FIELDS, body, 0)).isEqualTo(KnownNames.NONE);
        assertThat(KnownNames.expected(KnownNames.FIELDS - 1, body, 0)).isEqualTo(KnownNames.NONE);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("dev.openlines.parser.Seeds#ten")
    void knownNamesMeanWhatTheirOtherSpellingsMean(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            List<String> escaped = new ArrayList<>();
            List<String> plain = new ArrayList<>();
            List<String> mixed = new ArrayList<>();
            int count = random.nextInt(12);
            for (int i = 0; i < count; i++) {
                List<String> from = random.nextInt(4) == 0 ? OTHERS : FIELDS;
                String name = from.get(random.nextInt(from.size()));
                String value = random.nextInt(9) == 0 ? "" : "=" + i;
                escaped.add(escaped(name) + value);
                plain.add(name + value);
                mixed.add((random.nextBoolean() ? escaped(name) : name) + value);
            }
            String expected = php(plain, Limits.DEFAULT);
            assertThat(php(escaped, Limits.DEFAULT)).as("%s", escaped).isEqualTo(expected);
            assertThat(php(mixed, Limits.DEFAULT)).as("%s", mixed).isEqualTo(expected);
            assertThat(php(escaped, Limits.DEFAULT.withDepth(KnownNames.DEEPEST - 1)))
                    .isEqualTo(expected);
        }
    }

    @Test
    void knownNamesKeepToTheLimitsToo() {
        String name = escaped("data[DATA][0][connector][connector_id]");
        assertThatThrownBy(() -> php(List.of(name + "=1"), Limits.DEFAULT.withDepth(3)))
                .isInstanceOf(DecodeException.class)
                .hasMessage("expected names at most 3 levels deep but found 4 levels at $");
        assertThatThrownBy(() -> php(List.of("ts=1", "ts=12"), Limits.DEFAULT.withValueBytes(1)))
                .isInstanceOf(DecodeException.class)
                .hasMessage("expected a value of at most 1 bytes but found 2 bytes at $.ts");
    }

    private static String php(List<String> pairs, Limits limits) {
        return PhpForm.decode(String.join("&", pairs).getBytes(ISO_8859_1), limits)
                .toString();
    }
}
