// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Form bodies that look for trouble: few names that meet each other, and every corner of PHP's reading. */
final class RandomForm {

    private static final String[] PIECES = {
        "a",
        "b",
        "data",
        "x.y",
        "x y",
        "_",
        "[",
        "]",
        "[",
        "]",
        "[]",
        "[a]",
        "[b]",
        "[0]",
        "[1]",
        "[-5]",
        "[01]",
        "%5B",
        "%5b",
        "%5D",
        "%5d",
        "%5Ba%5D",
        "%5B0%5D",
        "%5B%5D",
        "=",
        "=",
        "&",
        "&",
        "=1&",
        "=2&",
        "+",
        "%20",
        " ",
        ".",
        "%2E",
        "%00",
        "%",
        "%4",
        "%G1",
        "%%41",
        "0",
        "1",
        "7",
        "-1",
        "-0",
        "+1",
        "1e1",
        "9223372036854775806",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "__Host-",
        "__Secure-",
        "..Host-",
        "%5F_Host-",
        "__Host",
        ";",
        "?",
        "#",
        "\t",
        "\n",
        "\u000b",
        "\r",
        "%0C",
        "[\t]",
        "[ ]",
        "[ a]",
        "[\u00a0]",
        "\u00d0\u00bf",
        "%D0%BF",
        "%D0",
        "\u00d0",
        "%ED%A0%80",
        "%F0%9F%92%A9",
        "\u00f0\u009f",
        "\u00c0\u0080",
        "%EF%BB%BF",
        "\u00e2\u0082",
        "\u00ff",
        "%E0%80%80",
        "%F4%90%80%80",
        "<",
        "\"",
        "\\",
        "/",
        "%2F",
        "%22",
        "%26",
        "%3D",
        "%2B",
        "%25",
        "%7f",
        "\u0001"
    };

    private static final String[] BRACKETS = {
        "[", "]", "[", "]", "[", "]", "a", "b", "0", "1", "-", ".", " ", "+", "%5B", "%5d", "%20", "%00", "\t", "_"
    };

    private static final int[] OCTETS = {
        'a', 'b', 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xd0, 0xdf, 0xe0, 0xe1, 0xed, 0xee, 0xef, 0xbb,
        0xf0, 0xf1, 0xf4, 0xf5, 0xf8, 0xfe, 0xff
    };

    private static final String[] BASES = {"a", "b", "data", "0", "5", " a", "a.b", "%61", "d%C3%A4"};
    private static final String[] PARTS = {
        "",
        "a",
        "b",
        "0",
        "1",
        "2",
        "10",
        "-1",
        "01",
        "%61",
        "%30",
        "a.b",
        "a b",
        "+",
        "[",
        "9223372036854775807",
        "x%5Dy"
    };

    private final Random random;

    RandomForm(long seed) {
        random = new Random(seed);
    }

    byte[] next() {
        return switch (random.nextInt(7)) {
            case 0 -> soup(1 + random.nextInt(12));
            case 1 -> soup(1 + random.nextInt(60));
            case 2 -> nested(1 + random.nextInt(12));
            case 3 -> brackets(1 + random.nextInt(6));
            case 4 -> indexes(1 + random.nextInt(10));
            case 5 -> broken(1 + random.nextInt(4));
            default -> wide(1 + random.nextInt(120));
        };
    }

    /** Returns short names of little else than brackets and what PHP changes beside them: most shapes there are. */
    private byte[] brackets(int pairs) {
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < pairs; i++) {
            for (int length = random.nextInt(12); length >= 0; length--) {
                body.append(pick(BRACKETS));
            }
            body.append('=').append(i).append('&');
        }
        return body.toString().getBytes(ISO_8859_1);
    }

    /** Returns explicit and automatic indexes in one array, near each other and near the ends of the range. */
    private byte[] indexes(int pairs) {
        StringBuilder body = new StringBuilder();
        long near = pick(new Long[] {0L, 0L, 5L, -3L, Long.MAX_VALUE - 2, Long.MIN_VALUE + 2, 1L << 31, 1L << 32});
        for (int i = 0; i < pairs; i++) {
            String index = random.nextBoolean() ? "" : Long.toString(near + random.nextInt(6) - 3);
            String sign = random.nextInt(12) == 0 ? pick(new String[] {"-", "0", "+", " ", "%00", "."}) : "";
            String more = random.nextInt(6) == 0 ? "[" + random.nextInt(2) + "]" : "";
            body.append(brackets(random.nextInt(8) == 0 ? index + "=" : "a[" + sign + index + "]" + more))
                    .append('=')
                    .append(i)
                    .append('&');
        }
        return body.toString().getBytes(ISO_8859_1);
    }

    /** Beginnings, ends and middles of UTF-8 sequences in names and values, escaped and not. */
    private byte[] broken(int pairs) {
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < pairs; i++) {
            body.append(octets()).append(random.nextBoolean() ? "[" + octets() + "]" : "");
            body.append('=').append(octets()).append('&');
        }
        return body.toString().getBytes(ISO_8859_1);
    }

    private String octets() {
        StringBuilder octets = new StringBuilder();
        for (int length = random.nextInt(8); length >= 0; length--) {
            int octet = OCTETS[random.nextInt(OCTETS.length)];
            octets.append(random.nextBoolean() ? String.format("%%%02X", octet) : Character.toString(octet));
        }
        return octets.toString();
    }

    /** Pieces in any order. */
    private byte[] soup(int pieces) {
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < pieces; i++) {
            body.append(pick(PIECES));
        }
        return body.toString().getBytes(ISO_8859_1);
    }

    /** Names that are well formed and often share their beginnings. */
    private byte[] nested(int pairs) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < pairs; i++) {
            StringBuilder name = new StringBuilder();
            if (!names.isEmpty() && random.nextBoolean()) {
                String other = pick(names.toArray(String[]::new));
                name.append(other, 0, Math.max(other.lastIndexOf('['), 1));
            } else {
                name.append(pick(BASES));
            }
            for (int depth = random.nextInt(4); depth >= 0; depth--) {
                name.append('[').append(pick(PARTS)).append(']');
            }
            names.add(name.toString());
        }
        StringBuilder body = new StringBuilder();
        for (String name : names) {
            body.append(brackets(name))
                    .append(random.nextInt(9) == 0 ? "" : "=" + pick(PIECES))
                    .append('&');
        }
        return body.toString().getBytes(ISO_8859_1);
    }

    /** Returns many children in few arrays, some of them replaced now and then. */
    private byte[] wide(int pairs) {
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < pairs; i++) {
            String key = switch (random.nextInt(5)) {
                case 0 -> "";
                case 1 -> Integer.toString(random.nextInt(200) - 20);
                default -> "k" + random.nextInt(60);
            };
            String base = pick(new String[] {"a", "b", "a[m]", "a[m][n]"});
            boolean replaced = random.nextInt(40) == 0;
            body.append(brackets(replaced ? base : base + "[" + key + "]"))
                    .append('=')
                    .append(i)
                    .append('&');
        }
        return body.toString().getBytes(ISO_8859_1);
    }

    private String brackets(String name) {
        return switch (random.nextInt(4)) {
            case 0 -> name;
            case 1 -> name.replace("[", "%5b").replace("]", "%5d");
            case 2 -> name.replace("[", "%5B");
            default -> name.replace("[", "%5B").replace("]", "%5D");
        };
    }

    private <T> T pick(T[] from) {
        return from[random.nextInt(from.length)];
    }

    /** Returns these names and values with every byte of a name escaped: no name can take the fast way. */
    static byte[] escaped(byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean inName = true;
        for (int i = 0; i < body.length; i++) {
            byte b = body[i];
            inName = b == '&' || inName && b != '=';
            if (!inName || b == '&' || b == '+') {
                out.write(b);
            } else if (b == '%' && isHex(body, i + 1) && isHex(body, i + 2)) {
                out.write(body, i, 3);
                i += 2;
            } else {
                out.writeBytes(String.format("%%%02x", b & 0xff).getBytes(ISO_8859_1));
            }
        }
        return out.toByteArray();
    }

    private static boolean isHex(byte[] body, int at) {
        return at < body.length && body[at] > 0 && Character.digit((char) body[at], 16) >= 0;
    }

    /** Returns these pairs in another order. */
    static byte[] shuffled(byte[] body, Random random) {
        List<String> pairs = new ArrayList<>(List.of(new String(body, ISO_8859_1).split("&")));
        Collections.shuffle(pairs, random);
        return String.join("&", pairs).getBytes(ISO_8859_1);
    }
}
