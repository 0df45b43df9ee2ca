// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The names of an OnSessionFinish as PHP's {@code http_build_query} escapes them, in the platform's order, each with
 * the array that contains it. Recognizing a whole name is quicker than decoding its parts. Every other name, and every
 * other spelling of these, is decoded.
 */
final class KnownNames {

    static final int NONE = -1;
    /** The longest of the names, in bytes. */
    static final int LONGEST;
    /** The depth of the most deeply nested name. */
    static final int DEEPEST = 5;
    /** The number of names of fields. Those of arrays follow. */
    static final int FIELDS;
    /** The number of all names, including those of arrays. */
    static final int COUNT;

    private static final byte[][] RAW;
    private static final int[] ARRAY;
    private static final int[] PART;
    private static final int[] PART_LENGTH;
    private static final int[] PART_HASH;
    /** Indexes of names by {@link #hash}, with linear probing. */
    private static final byte[] TABLE = new byte[256];

    static {
        List<String> names = new ArrayList<>(List.of("event", "event_handler_id", "eventId", "event_id"));
        for (String element : List.of("data[DATA]", "data[DATA][0]")) {
            in(names, element + "[connector]", "connector_id", "line_id", "chat_id", "user_id");
            in(names, element + "[chat]", "chat_id", "id");
            in(names, element + "[line]", "id", "name");
            in(names, element + "[session]", "id", "closed", "parent_id", "close_term");
            in(names, element + "[user]", "id", "name");
        }
        names.add("ts");
        in(names, "auth", "access_token", "expires", "expires_in", "scope", "domain", "server_endpoint", "status");
        in(names, "auth", "client_endpoint", "member_id", "user_id", "refresh_token", "application_token");
        int fields = names.size();
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            int open = name.lastIndexOf('[');
            if (open > 0 && !names.subList(fields, names.size()).contains(name.substring(0, open))) {
                names.add(name.substring(0, open));
            }
        }
        FIELDS = fields;
        COUNT = names.size();
        RAW = new byte[COUNT][];
        ARRAY = new int[COUNT];
        PART = new int[COUNT];
        PART_LENGTH = new int[COUNT];
        PART_HASH = new int[COUNT];
        Arrays.fill(TABLE, (byte) NONE);
        int longest = 0;
        for (int i = 0; i < COUNT; i++) {
            String name = names.get(i);
            int open = name.lastIndexOf('[');
            String part = name.substring(open + 1, open < 0 ? name.length() : name.length() - 1);
            RAW[i] = name.replace("[", "%5B").replace("]", "%5D").getBytes(US_ASCII);
            ARRAY[i] = open < 0 ? NONE : fields + names.subList(fields, COUNT).indexOf(name.substring(0, open));
            PART[i] = open < 0 ? 0 : RAW[i].length - part.length() - 3;
            PART_LENGTH[i] = part.length();
            PART_HASH[i] = Bytes.hash(part.getBytes(US_ASCII), 0, part.length());
            longest = Math.max(longest, RAW[i].length);
            int slot = hash(RAW[i], 0, RAW[i].length);
            while (i < fields && TABLE[slot] != NONE) {
                slot = slot + 1 & TABLE.length - 1;
            }
            if (i < fields) {
                TABLE[slot] = (byte) i;
            }
        }
        LONGEST = longest;
    }

    private KnownNames() {}

    private static void in(List<String> names, String array, String... fields) {
        for (String field : fields) {
            names.add(array + "[" + field + "]");
        }
    }

    /** Returns the name that begins there and ends before a {@code =}, if it is this one or the one after it. */
    static int expected(int name, byte[] body, int from) {
        return isAt(name, body, from) ? name : isAt(name + 1, body, from) ? name + 1 : NONE;
    }

    private static boolean isAt(int name, byte[] body, int from) {
        if (name >= FIELDS) {
            return false;
        }
        byte[] raw = RAW[name];
        int end = from + raw.length;
        return end < body.length && body[end] == '=' && Bytes.equal(body, from, raw, 0, raw.length);
    }

    /** Returns the field's name that equals this range of a body, or {@link #NONE}. */
    static int find(byte[] body, int from, int to) {
        int slot = hash(body, from, to - from);
        while (TABLE[slot] != NONE) {
            byte[] raw = RAW[TABLE[slot]];
            if (raw.length == to - from && Bytes.equal(body, from, raw, 0, raw.length)) {
                return TABLE[slot];
            }
            slot = slot + 1 & TABLE.length - 1;
        }
        return NONE;
    }

    /** Returns the name of the array that a name lies in, or {@link #NONE} for the top. */
    static int array(int name) {
        return ARRAY[name];
    }

    static int length(int name) {
        return RAW[name].length;
    }

    /** Returns the beginning of a name's last part, counted from the beginning of the name. */
    static int part(int name) {
        return PART[name];
    }

    static int partLength(int name) {
        return PART_LENGTH[name];
    }

    /** Returns the {@link Bytes#hash} of a name's last part. */
    static int partHash(int name) {
        return PART_HASH[name];
    }

    /** Mixes the end of a name, which differs between these names, and its length. */
    private static int hash(byte[] bytes, int from, int length) {
        if (length < 8) {
            return Bytes.hash(bytes, from, length) >>> 24;
        }
        int to = from + length;
        long mixed = Bytes.longAt(bytes, to - 8) * 31 + Bytes.longAt(bytes, length < 16 ? from : to - 16) + length;
        return (int) (mixed * 0x9E3779B97F4A7C15L >>> 56);
    }
}
