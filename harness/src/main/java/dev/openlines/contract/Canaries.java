// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The secrets of a run, each under a name, and the search for them: as they are, URL-encoded once and
 * twice, in Base64 at any offset, hexadecimal and JSON-escaped; any twelve characters in a row count.
 * Thread-safe.
 */
final class Canaries {

    private static final int SLICE = 12;

    /** Encoded forms are cut into pieces of this length: one of them found is enough. */
    private static final int PIECE = 16;

    /** From every slice of every form to the canary's name. */
    private final Map<String, String> slices = new HashMap<>();

    /** Whole texts, longest first when masked. */
    private final Map<String, String> names = new HashMap<>();

    /** What is no secret although it may share characters with one. */
    private final List<String> innocent = new ArrayList<>();

    private final Set<String> excused = new HashSet<>();
    private final Set<Integer> lengths = new HashSet<>();

    /** Text that everybody may see: slices that it holds are no longer searched. */
    synchronized void innocent(String text) {
        innocent.add(text.toLowerCase(Locale.ROOT));
    }

    /** A secret, under a name such as {@code access_token#3}. */
    synchronized void add(String name, String secret) {
        if (secret.isEmpty() || names.putIfAbsent(secret, name) != null) {
            return;
        }
        long different = secret.chars().distinct().count();
        boolean sliced = secret.length() > SLICE && different >= 6;
        for (int i = 0; sliced && i + SLICE <= secret.length(); i++) {
            slice(secret.substring(i, i + SLICE), name);
        }
        for (String form : forms(secret)) {
            if (form.length() <= PIECE) {
                slice(form, name);
            }
            for (int i = 0; i + PIECE <= form.length(); i += PIECE) {
                slice(form.substring(i, i + PIECE), name);
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

    /** A request target that we ourselves wrote secrets into: that a log repeats it is our doing. */
    synchronized void excuse(String target) {
        excused.add(target);
    }

    private static Set<String> forms(String secret) {
        Set<String> forms = new LinkedHashSet<>();
        byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);
        forms.add(secret);
        String once = URLEncoder.encode(secret, StandardCharsets.UTF_8);
        forms.add(once);
        forms.add(URLEncoder.encode(once, StandardCharsets.UTF_8));
        forms.add(HexFormat.of().formatHex(bytes));
        forms.add(HexFormat.of().withUpperCase().formatHex(bytes));
        StringBuilder json = new StringBuilder();
        secret.chars().forEach(c -> json.append(String.format(Locale.ROOT, "\\u%04x", c)));
        forms.add(json.toString());
        forms.add(secret.replace("\\", "\\\\").replace("\"", "\\\"").replace("/", "\\/"));
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

    /** The names of the secrets in a text. */
    synchronized Set<String> in(String text) {
        String clean = text;
        for (String target : excused) {
            clean = clean.replace(target, "");
        }
        return found(clean);
    }

    private Set<String> found(String clean) {
        Set<String> found = new LinkedHashSet<>();
        for (int length : lengths) {
            for (int i = 0; i + length <= clean.length(); i++) {
                String name = slices.get(clean.substring(i, i + length));
                if (name != null) {
                    found.add(name);
                }
            }
        }
        return found;
    }

    /** The text with each secret replaced by its name. */
    synchronized String masked(String text) {
        String out = text;
        if (found(text).isEmpty()) {
            return out;
        }
        List<String> longest = new ArrayList<>(names.keySet());
        longest.sort((a, b) -> b.length() - a.length());
        for (String secret : longest) {
            if (out.contains(secret)) {
                out = out.replace(secret, "<" + names.get(secret) + ">");
            }
        }
        return found(out).isEmpty() ? out : slicesMasked(out);
    }

    private String slicesMasked(String text) {
        StringBuilder out = new StringBuilder(text);
        for (int length : lengths) {
            for (int i = 0; i + length <= text.length(); i++) {
                if (slices.containsKey(text.substring(i, i + length))) {
                    for (int k = i; k < i + length; k++) {
                        out.setCharAt(k, '*');
                    }
                }
            }
        }
        return out.toString();
    }
}
