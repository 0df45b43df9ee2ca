// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The secrets of a run, each under a name, and the search for them. A secret is found as plain text, in Base64 at any
 * offset, and in hexadecimal digits. Each of these may be URL-encoded or JSON-escaped, wholly or in part, once, twice
 * or in any mixture. Twelve equal characters in a row count as found, except those with a run of one character, because
 * the zeros in an access token's user id also occur in large chat ids. In a long run of letters and digits, such as a
 * hash, sixteen must be equal, because ten thousand hashes share twelve characters with one of five thousand tokens too
 * often. A part without digits counts for nothing, and a secret without digits only as a whole: a token that a user made
 * up of words shares these with ordinary text. Thread-safe.
 */
final class Canaries {

    private static final int SLICE = 12;

    /** Encoded forms are cut into pieces of this length: one of them found is enough. */
    private static final int PIECE = 16;

    private static final Pattern ROW = Pattern.compile("(.)\\1{3}", Pattern.DOTALL);

    /** Words, as people write them. */
    private static final Pattern WORDS = Pattern.compile("[A-Za-z ._:/-]*");

    /** A word that is no assignment: a line of assignments is no command. */
    private static final Pattern COMMAND = Pattern.compile("(?:^| )(?!\\w+=)\\S");

    /** The least length of words in a row that are no ordinary text. */
    private static final int MANY_WORDS = 24;

    /** The length of a run of letters and digits that is no shortened token. */
    private static final int LONG_RUN = 24;

    /** The canary's name for every slice of every form. */
    private final Map<String, String> slices = new HashMap<>();

    /** Whole texts, longest first when masked. */
    private final Map<String, String> names = new HashMap<>();

    /** Texts that are no secrets although they may share characters with one. */
    private final List<String> innocent = new ArrayList<>();

    private final Set<String> excused = new HashSet<>();
    private final List<Pattern> excusedPlaces = new ArrayList<>();
    private final Set<Integer> lengths = new HashSet<>();

    /** Marks text as public: slices that it contains are no longer searched for. */
    synchronized void innocent(String text) {
        innocent.add(text.toLowerCase(Locale.ROOT));
    }

    /** Adds a secret, under a name such as {@code access_token#3}. */
    synchronized void add(String name, String secret) {
        if (secret.isEmpty() || names.putIfAbsent(secret, name) != null || isPlain(secret)) {
            return;
        }
        long different = secret.chars().distinct().count();
        boolean sliced = secret.length() > SLICE && different >= 6;
        for (int i = 0; sliced && i + SLICE <= secret.length(); i++) {
            String part = secret.substring(i, i + SLICE);
            if (!ROW.matcher(part).find() && !WORDS.matcher(part).matches()) {
                slice(part, name);
            }
        }
        for (String form : forms(secret)) {
            if (form.length() <= PIECE) {
                slice(form, name);
            }
            if (WORDS.matcher(form).matches()) {
                slice(form, name);
                continue;
            }
            for (int i = 0; i + PIECE <= form.length(); i += PIECE) {
                if (!WORDS.matcher(form.substring(i, i + PIECE)).matches()) {
                    slice(form.substring(i, i + PIECE), name);
                }
            }
        }
    }

    private void slice(String slice, String name) {
        String lower = slice.toLowerCase(Locale.ROOT);
        if (slice.length() >= 6 && innocent.stream().noneMatch(text -> text.contains(lower))) {
            slices.putIfAbsent(slice, name);
            lengths.add(slice.length());
        }
    }

    /**
     * Returns whether a secret cannot be told from ordinary text: short, or one or two words. The search leaves it out.
     */
    static boolean isPlain(String secret) {
        return secret.length() < 6
                || (secret.length() < MANY_WORDS && WORDS.matcher(secret).matches());
    }

    /** Allows a text into which the suite itself wrote secrets, because a log may repeat it, also unescaped. */
    synchronized void excuse(String written) {
        Unescaped.readings(written).forEach(reading -> excused.add(reading.text()));
    }

    /** Allows a request target with secrets in its query, and the query alone, which some logs have in a field of its own. */
    synchronized void excuseTarget(String target) {
        excuse(target);
        excuse(target.substring(target.indexOf('?') + 1));
    }

    /** Allows a secret after a text that only a request of the suite's own has before it, such as the name of a header. */
    synchronized void excuseAfter(String pattern, String secret) {
        String quoted = Pattern.quote(secret);
        excusedPlaces.add(Pattern.compile(quoted + "(?<=" + pattern + quoted + ")", Pattern.CASE_INSENSITIVE));
    }

    /**
     * Allows the handler's command, whole or one of its simple commands, because a shell prints it if a signal ended the
     * process.
     */
    synchronized void excuseCommand(String command) {
        excuse(command);
        for (String simple : command.split("[;&|\n]+")) {
            String words = simple.strip().replaceAll("\\s+", " ");
            if (COMMAND.matcher(words).find()) {
                excuse(words);
            }
        }
    }

    private static Set<String> forms(String secret) {
        Set<String> forms = new LinkedHashSet<>();
        byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
        // Escapes stand for bytes, and logs are read byte by byte.
        String plain = new String(bytes, StandardCharsets.ISO_8859_1);
        forms.add(secret);
        forms.add(plain);
        forms.add(plain.replace(' ', '+'));
        forms.add(HexFormat.of().formatHex(bytes));
        forms.add(HexFormat.of().withUpperCase().formatHex(bytes));
        for (int offset = 0; offset < 3; offset++) {
            byte[] shifted = new byte[bytes.length + offset];
            System.arraycopy(bytes, 0, shifted, offset, bytes.length);
            String text = Base64.getEncoder().withoutPadding().encodeToString(shifted);
            int front = offset == 0 ? 0 : offset + 1;
            if (text.length() - 1 > front + SLICE) {
                String inner = text.substring(front, text.length() - 1);
                forms.add(inner);
                forms.add(inner.replace('+', '-').replace('/', '_'));
            }
        }
        return forms;
    }

    /** Returns the names of the secrets in a text. */
    synchronized Set<String> in(String text) {
        String clean = text;
        for (String written : excused) {
            clean = clean.replace(written, "");
        }
        for (Pattern place : excusedPlaces) {
            clean = place.matcher(clean).replaceAll("");
        }
        return found(clean);
    }

    private Set<String> found(String clean) {
        Set<String> found = new LinkedHashSet<>();
        for (Unescaped reading : Unescaped.readings(clean)) {
            String text = reading.text();
            for (int length : lengths) {
                for (int i = 0; i + length <= text.length(); i++) {
                    String name = slices.get(text.substring(i, i + length));
                    if (name != null && !(length == SLICE && isChance(text, i))) {
                        found.add(name);
                    }
                }
            }
        }
        return found;
    }

    /**
     * Returns whether a slice at an index is equal by chance: in a long run, with too few equal characters around it.
     */
    private boolean isChance(String text, int at) {
        int begin = at;
        while (begin > 0 && Character.isLetterOrDigit(text.charAt(begin - 1))) {
            begin--;
        }
        int end = at;
        while (end < text.length() && Character.isLetterOrDigit(text.charAt(end))) {
            end++;
        }
        int first = at;
        while (first > begin && isSlice(text, first - 1)) {
            first--;
        }
        int last = at;
        while (last < end && isSlice(text, last + 1)) {
            last++;
        }
        return end - begin >= LONG_RUN && last - first + SLICE < PIECE;
    }

    private boolean isSlice(String text, int at) {
        return at + SLICE <= text.length() && slices.containsKey(text.substring(at, at + SLICE));
    }

    /** Returns the text with each secret replaced by its name, and the remains of one by asterisks. */
    synchronized String masked(String text) {
        Set<String> found = found(text);
        names.forEach((secret, name) -> {
            if (isPlain(secret) && text.contains(secret)) {
                found.add(name);
            }
        });
        if (found.isEmpty()) {
            return text;
        }
        List<String> longest = names.keySet().stream()
                .filter(secret -> found.contains(names.get(secret)))
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
        String out = text;
        for (String secret : longest) {
            out = named(out, secret);
        }
        return slicesMasked(out);
    }

    private String named(String text, String secret) {
        NavigableMap<Integer, Integer> places = new TreeMap<>();
        for (Unescaped reading : Unescaped.readings(text)) {
            int at = reading.text().indexOf(secret);
            for (; at >= 0; at = reading.text().indexOf(secret, at + secret.length())) {
                places.merge(reading.origin(at), reading.origin(at + secret.length()), Math::max);
            }
        }
        StringBuilder out = new StringBuilder();
        int copied = 0;
        for (Map.Entry<Integer, Integer> place : places.entrySet()) {
            if (place.getKey() >= copied) {
                out.append(text, copied, place.getKey())
                        .append('<')
                        .append(names.get(secret))
                        .append('>');
                copied = place.getValue();
            }
        }
        return out.append(text, copied, text.length()).toString();
    }

    private String slicesMasked(String text) {
        StringBuilder out = new StringBuilder(text);
        for (Unescaped reading : Unescaped.readings(text)) {
            String plain = reading.text();
            for (int length : lengths) {
                for (int i = 0; i + length <= plain.length(); i++) {
                    if (slices.containsKey(plain.substring(i, i + length))) {
                        for (int k = reading.origin(i); k < reading.origin(i + length); k++) {
                            out.setCharAt(k, '*');
                        }
                    }
                }
            }
        }
        return out.toString();
    }
}
