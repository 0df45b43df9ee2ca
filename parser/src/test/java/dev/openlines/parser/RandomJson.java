// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/** JSON texts that PHP reads as well: numbers of every size, odd keys, empty containers, nulls. */
final class RandomJson {

    private static final String[] KEYS = {
        "a",
        "b",
        "0",
        "1",
        "-1",
        "007",
        "",
        " ",
        "a b",
        "a.b",
        "[",
        "]",
        "[]",
        "a[b]",
        "&",
        "=",
        "%",
        "+",
        "~",
        "*",
        "_",
        "-",
        "\u00e4",
        "\u043f",
        "\ud83d\ude00",
        "\u0001",
        "\u0000",
        "\"",
        "\\",
        "/",
        "<",
        "\u007f",
        "\u2028",
        "\ufeff",
        "\uffff",
        "'"
    };

    private static final String[] NUMBERS = {
        "0",
        "-0",
        "1",
        "-1",
        "42",
        "1.0",
        "1.50",
        "0.1",
        "1e2",
        "1E+2",
        "1e-2",
        "-1.5e3",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999",
        "0.0001",
        "0.00001",
        "0.000012345678901234567",
        "1e14",
        "1e15",
        "123456789012345.0",
        "12345678901234.5",
        "12345678901235.5",
        "99999999999999.5",
        "999999999999999.0",
        "1e25",
        "1e400",
        "-1e400",
        "1e-400",
        "5e-324",
        "1.7976931348623157e308",
        "1e999999999",
        "0.1e-999999999",
        "100000000000000000000000000000",
        "0.5",
        "1e22",
        "1e-7",
        "-0.0",
        "-1e-5",
        "0.00010",
        "100000000000000000000",
        "18446744073709551616",
        "-18446744073709551616",
        "0.99999999999999999",
        "99999999999999.95",
        "123456789.12345678",
        "0.30000000000000004"
    };

    private final Random random;

    RandomJson(long seed) {
        random = new Random(seed);
    }

    /** Returns an object or an array. */
    String next() {
        return container(4);
    }

    private String container(int depth) {
        return random.nextInt(3) == 0 ? array(depth) : object(depth);
    }

    private String array(int depth) {
        StringBuilder out = new StringBuilder("[");
        for (int i = random.nextInt(5); i > 0; i--) {
            out.append(value(depth)).append(i == 1 ? "" : ",");
        }
        return out.append(']').toString();
    }

    private String object(int depth) {
        Map<String, String> members = new LinkedHashMap<>();
        for (int i = random.nextInt(6); i > 0; i--) {
            members.put(KEYS[random.nextInt(KEYS.length)], value(depth));
        }
        StringBuilder out = new StringBuilder("{");
        members.forEach((key, value) -> {
            out.append(out.length() == 1 ? "" : ",");
            TreeJson.quote(out, key);
            out.append(random.nextBoolean() ? ":" : " : ").append(value);
        });
        return out.append('}').toString();
    }

    private String value(int depth) {
        return switch (random.nextInt(depth > 0 ? 9 : 6)) {
            case 0 -> "null";
            case 1 -> random.nextBoolean() ? "true" : "false";
            case 2 -> NUMBERS[random.nextInt(NUMBERS.length)];
            case 3 -> number();
            case 4, 5 -> text();
            default -> container(depth - 1);
        };
    }

    private String number() {
        return switch (random.nextInt(5)) {
            case 0 -> Long.toString(random.nextLong());
            case 1 -> Double.toString(finite());
            case 2 -> String.format(Locale.ROOT, "%.0f.5", Math.floor(random.nextDouble() * 1e15));
            case 3 -> String.format(Locale.ROOT, "%.3e", finite());
            default -> Double.toString((random.nextInt(2_000_001) - 1_000_000) / 1000.0);
        };
    }

    private double finite() {
        double value;
        do {
            value = Double.longBitsToDouble(random.nextLong());
        } while (!Double.isFinite(value));
        return value;
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(5); i > 0; i--) {
            text.append(KEYS[random.nextInt(KEYS.length)]);
        }
        StringBuilder out = new StringBuilder();
        TreeJson.quote(out, text.toString());
        return out.toString();
    }
}
