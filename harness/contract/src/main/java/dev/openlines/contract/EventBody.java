// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * A form body, pair by pair, as PHP would write it by default. A case spoils one part and leaves the rest. Keys are
 * written plain ({@code auth[member_id]}) and escaped on the way out.
 */
final class EventBody {

    /** The notation of pairs as text. */
    record Style(boolean rawBrackets, boolean lowerHex, boolean spaceAsPercent20) {
        static final Style PLATFORM = new Style(false, false, false);
    }

    private record Pair(String key, String value, boolean verbatim) {}

    private final List<Pair> pairs = new ArrayList<>();
    private final String chatId;

    EventBody(String chatId) {
        this.chatId = chatId;
    }

    private EventBody(EventBody from) {
        pairs.addAll(from.pairs);
        chatId = from.chatId;
    }

    /** Returns the chat of the event's effect. */
    String chatId() {
        return chatId;
    }

    EventBody copy() {
        return new EventBody(this);
    }

    EventBody add(String key, String value) {
        pairs.add(new Pair(key, value, false));
        return this;
    }

    EventBody first(String key, String value) {
        pairs.add(0, new Pair(key, value, false));
        return this;
    }

    /** Appends text that is not escaped: a whole piece between ampersands. */
    EventBody verbatim(String piece) {
        pairs.add(new Pair(piece, "", true));
        return this;
    }

    EventBody verbatimFirst(String piece) {
        pairs.add(0, new Pair(piece, "", true));
        return this;
    }

    /** Replaces the value of a pair at its place, or appends the pair if it is missing. */
    EventBody set(String key, String value) {
        return put(key, new Pair(key, value, false));
    }

    /** Sets a value that is not escaped. */
    EventBody setVerbatim(String key, String rawValue) {
        return put(key, new Pair(escape(key, Style.PLATFORM) + "=" + rawValue, "", true));
    }

    private EventBody put(String key, Pair pair) {
        for (int i = 0; i < pairs.size(); i++) {
            if (pairs.get(i).key.equals(key) && !pairs.get(i).verbatim) {
                pairs.set(i, pair);
                return this;
            }
        }
        pairs.add(pair);
        return this;
    }

    /** Renames a key at its place, with the same value. */
    EventBody rename(String key, String newKey) {
        pairs.replaceAll(pair -> pair.key.equals(key) ? new Pair(newKey, pair.value, false) : pair);
        return this;
    }

    /** Removes a pair and all that is nested in it. */
    EventBody without(String key) {
        pairs.removeIf(pair -> !pair.verbatim && (pair.key.equals(key) || pair.key.startsWith(key + "[")));
        return this;
    }

    /** Moves pairs with a key, and those that are nested in it, to the front, without changing their order. */
    EventBody inFront(String key) {
        List<Pair> moved = pairs.stream()
                .filter(pair -> pair.key.equals(key) || pair.key.startsWith(key + "["))
                .toList();
        pairs.removeAll(moved);
        pairs.addAll(0, moved);
        return this;
    }

    EventBody atEnd(String key) {
        List<Pair> moved = pairs.stream()
                .filter(pair -> pair.key.equals(key) || pair.key.startsWith(key + "["))
                .toList();
        pairs.removeAll(moved);
        pairs.addAll(moved);
        return this;
    }

    EventBody shuffled(long seed) {
        Collections.shuffle(pairs, new Random(seed));
        return this;
    }

    String value(String key) {
        return pairs.stream()
                .filter(pair -> pair.key.equals(key) && !pair.verbatim)
                .map(Pair::value)
                .findFirst()
                .orElse("");
    }

    /** Names and values, for bodies that are not forms. */
    List<String[]> fields() {
        return pairs.stream()
                .filter(pair -> !pair.verbatim)
                .map(pair -> new String[] {pair.key, pair.value})
                .toList();
    }

    byte[] bytes() {
        return bytes(Style.PLATFORM);
    }

    byte[] bytes(Style style) {
        return text(style).getBytes(StandardCharsets.ISO_8859_1);
    }

    String text(Style style) {
        StringBuilder out = new StringBuilder(1024);
        for (Pair pair : pairs) {
            if (!out.isEmpty()) {
                out.append('&');
            }
            if (pair.verbatim) {
                out.append(pair.key);
            } else {
                out.append(escape(pair.key, style)).append('=').append(escape(pair.value, style));
            }
        }
        return out.toString();
    }

    /**
     * Escapes as PHP's urlencode does. Letters, digits, hyphen, dot, underscore and tilde stay, and a space becomes a
     * plus.
     */
    static String escape(String text, Style style) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (plain || c == '-' || c == '.' || c == '_' || c == '~') {
                out.append(c);
            } else if (c == ' ' && !style.spaceAsPercent20) {
                out.append('+');
            } else if ((c == '[' || c == ']') && style.rawBrackets) {
                out.append(c);
            } else {
                out.append(String.format(Locale.ROOT, style.lowerHex ? "%%%02x" : "%%%02X", (int) c));
            }
        }
        return out.toString();
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** Returns text as bytes, one for each character. */
    static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
