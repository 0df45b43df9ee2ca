// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import org.junit.jupiter.api.Test;

/** Every limit at its bound, which is read, and one past it, which is refused with both numbers. */
class LimitsTest {

    private static final Limits FEW = new Limits(40, 5, 3, 8, 4);

    @Test
    void theDefaultsAreThoseOfTheDocumentation() {
        assertThat(Limits.DEFAULT).isEqualTo(new Limits(524_288, 1_000, 16, 256, 131_072));
    }

    @Test
    void eachLimitIsChangedAlone() {
        assertThat(FEW.withBodyBytes(9)).isEqualTo(new Limits(9, 5, 3, 8, 4));
        assertThat(FEW.withPairs(9)).isEqualTo(new Limits(40, 9, 3, 8, 4));
        assertThat(FEW.withDepth(9)).isEqualTo(new Limits(40, 5, 9, 8, 4));
        assertThat(FEW.withKeyBytes(9)).isEqualTo(new Limits(40, 5, 3, 9, 4));
        assertThat(FEW.withValueBytes(9)).isEqualTo(new Limits(40, 5, 3, 8, 9));
    }

    @Test
    void noLimitIsBelowOne() {
        assertThat(new Limits(1, 1, 1, 1, 1).depth()).isEqualTo(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FEW.withBodyBytes(0))
                .withMessage("expected bodyBytes of at least 1 but found 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FEW.withPairs(0))
                .withMessage("expected pairs of at least 1 but found 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FEW.withDepth(-1))
                .withMessage("expected depth of at least 1 but found -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FEW.withKeyBytes(0))
                .withMessage("expected keyBytes of at least 1 but found 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FEW.withValueBytes(0))
                .withMessage("expected valueBytes of at least 1 but found 0");
    }

    @Test
    void depthEndsWherePhpWouldDropTheVariable() {
        assertThat(FEW.withDepth(64).depth()).isEqualTo(64);
        assertThat(FEW.withDepth(65).depth()).isEqualTo(64);
        Limits deepest = Claims.WIDE.withDepth(Integer.MAX_VALUE);
        readForm("a" + "[b]".repeat(64) + "=1", deepest);
        refusesForm("a" + "[b]".repeat(65) + "=1", deepest, "names at most 64 levels deep but found 65 levels at $");
        readJson("{\"a\":" + "[".repeat(64) + "]".repeat(64) + "}", deepest);
        refusesJson(
                "{\"a\":" + "[".repeat(65) + "]".repeat(65) + "}",
                deepest,
                "names at most 64 levels deep but found 65 levels at $");
        readJson("{\"a\":" + "{\"b\":".repeat(64) + "1" + "}".repeat(64) + "}", deepest);
    }

    @Test
    void aBody() {
        Limits bytes = Claims.WIDE.withBodyBytes(10);
        readForm("a=12345678", bytes);
        refusesForm("a=123456789", bytes, "a body of at most 10 bytes but found 11 bytes at $");
        readJson("{\"a\":1234}", bytes);
        refusesJson("{\"a\":12345}", bytes, "a body of at most 10 bytes but found 11 bytes at $");
    }

    @Test
    void fields() {
        Limits pairs = Claims.WIDE.withPairs(3);
        readForm("a=1&b[]=2&b[]=3", pairs);
        readForm("a=1&b[]=2&b[]=3&", pairs);
        refusesForm("a=1&b[]=2&b[]=3&a=4", pairs, "at most 3 fields but found 4 fields at $");
        refusesForm("&&&a=1&", pairs, "at most 3 fields but found 4 fields at $");
        readJson("{\"a\":1,\"b\":[2]}", pairs);
        refusesJson("{\"a\":1,\"b\":[2,3]}", pairs, "at most 3 fields but found 4 fields or more at $");
        refusesJson("{\"a\":1,\"b\":{\"c\":{\"d\":1}}}", pairs, "at most 3 fields but found 4 fields or more at $");
    }

    @Test
    void nesting() {
        Limits depth = Claims.WIDE.withDepth(2);
        readForm("a[b][c]=1", depth);
        readForm("a[][]=1&b=2&a[x][]=3", depth);
        refusesForm("a[b][c][d]=1", depth, "names at most 2 levels deep but found 3 levels at $");
        refusesForm("a[][][]=1", depth, "names at most 2 levels deep but found 3 levels at $");
        refusesForm("a%5Bb%5D%5Bc%5D%5Bd%5D=1", depth, "names at most 2 levels deep but found 3 levels at $");
        readJson("{\"a\":{\"b\":[1]},\"c\":[[1]]}", depth);
        refusesJson("{\"a\":{\"b\":[[]]}}", depth, "names at most 2 levels deep but found 3 levels at $");
    }

    @Test
    void names() {
        Limits key = Claims.WIDE.withKeyBytes(6);
        readForm("abcdef=1&a[bcd]=2&a[bce]=3&%61%62%63%64%65%66=4", key);
        refusesForm("abcdefg=1", key, "names of at most 6 bytes but found 7 bytes at $");
        refusesForm("a[bcde]=1", key, "names of at most 6 bytes but found 7 bytes at $");
        refusesForm("a[b]=1&a[bcde]=1", key, "names of at most 6 bytes but found 7 bytes at $");
        refusesForm("%61%62%63%64%65%66%67=4", key, "names of at most 6 bytes but found 7 bytes at $");
        readJson("{\"abcdef\":1,\"\\u0061bcdef\":{\"abcdef\":1}}", key);
        refusesJson("{\"abcdefg\":1}", key, "names of at most 6 bytes but found 7 bytes at $");
        refusesJson("{\"\\u0061bcdefg\":1}", key, "names of at most 6 bytes but found 7 bytes at $");
    }

    @Test
    void values() {
        Limits value = Claims.WIDE.withValueBytes(4);
        readForm("data=1234&ts=%31%32%33%34", value);
        refusesForm("data=12345", value, "a value of at most 4 bytes but found 5 bytes at $.data");
        refusesForm("data[ts]=%3112345", value, "a value of at most 4 bytes but found 6 bytes at $.data.ts");
        readJson("{\"data\":\"1234\",\"ts\":[1234,\"\\u00e9\\u00e9\",false]}", value);
        refusesJson("{\"data\":\"12345\"}", value, "a value of at most 4 bytes but found 5 bytes at $.data");
        refusesJson("{\"ts\":[12345]}", value, "a value of at most 4 bytes but found 5 bytes at $.ts[0]");
        refusesJson("{\"ts\":\"\\n\\n\\n\\n\\n\"}", value, "a value of at most 4 bytes but found 5 bytes at $.ts");
    }

    @Test
    void jsonOfAnotherReaderHasTheSameLimits() {
        readOther("{\"ab\":{\"c\":[\"1234\",{\"d\":1}]}}");
        refusesOther("{\"a\":{\"b\":{\"c\":{\"d\":{}}}}}", "names at most 3 levels deep but found 4 levels at $");
        refusesOther("{\"a\":[1,2,3,4,5]}", "at most 5 fields but found 6 fields or more at $");
        refusesOther(
                "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6}",
                "at most 5 fields but found 6 fields or more at $");
        readOther("{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"abcdefgh\":5}");
        refusesOther("{\"abcdefghi\":1}", "names of at most 8 bytes but found 9 bytes at $");
        refusesOther("{\"data\":\"ёёё\"}", "a value of at most 4 bytes but found 6 bytes at $.data");
        refusesOther("{\"data\":12345}", "a value of at most 4 bytes but found 5 bytes at $.data");
    }

    private static void readForm(String body, Limits limits) {
        assertThat(Envelope.read(body.getBytes(UTF_8), BodyFormat.FORM, limits).nodes())
                .isGreaterThan(1);
    }

    private static void readJson(String body, Limits limits) {
        assertThat(Envelope.read(body.getBytes(UTF_8), BodyFormat.JSON, limits).nodes())
                .isGreaterThan(1);
    }

    private static void readOther(String json) {
        Envelope envelope = Envelope.of(object(json), FEW);
        assertThat(envelope.toJson()).isEqualTo(json);
        assertThat(envelope.raw()).isEqualTo(object(json));
    }

    private static void refusesForm(String body, Limits limits, String message) {
        refuses(() -> Envelope.read(body.getBytes(UTF_8), BodyFormat.FORM, limits), message);
    }

    private static void refusesJson(String body, Limits limits, String message) {
        refuses(() -> Envelope.read(body.getBytes(UTF_8), BodyFormat.JSON, limits), message);
    }

    private static void refusesOther(String json, String message) {
        refuses(() -> Envelope.of(object(json), FEW), message);
    }

    private static JsonObject object(String json) {
        try (var reader = Json.createReader(new StringReader(json))) {
            return reader.readObject();
        }
    }

    private static void refuses(Runnable reading, String message) {
        assertThatThrownBy(reading::run)
                .isInstanceOfSatisfying(
                        DecodeException.class, e -> assertThat(e.kind()).isEqualTo(DecodeException.Kind.LIMIT))
                .hasMessage("expected " + message);
    }
}
