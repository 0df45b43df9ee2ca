// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver.spi;

import dev.openlines.model.Printed;
import java.util.Locale;
import java.util.regex.Pattern;

/** Makes text of others fit for a log record or a terminal: one line that steers nothing. */
public final class OneLine {

    private static final int CAUSE = 200;

    private static final Pattern SECRET = Pattern.compile("(?i)(password|passphrase|sslpassword)\\s*=\\s*[^&\\s;,]*");

    private OneLine() {}

    /**
     * Returns what a database, a driver or a file system says is wrong: the first line of the message, since what follows
     * it may quote a row, without a password.
     */
    public static String cause(Throwable failure) {
        Throwable deepest = failure;
        String said = deepest.getMessage();
        while (said == null && deepest.getCause() != null) {
            deepest = deepest.getCause();
            said = deepest.getMessage();
        }
        if (said == null || said.isBlank()) {
            return deepest.getClass().getName();
        }
        String line = said.strip().lines().findFirst().orElse("");
        return of(SECRET.matcher(line).replaceAll("$1=***"), CAUSE);
    }

    /**
     * Returns a text with a space instead of each character that {@linkplain Printed#steers steers} a terminal, and
     * without its end if it is too long.
     */
    public static String of(String text, int max) {
        StringBuilder line = new StringBuilder(Math.min(text.length(), max));
        int end = 0;
        while (end < text.length() && line.length() < max) {
            int point = text.codePointAt(end);
            end += Character.charCount(point);
            line.appendCodePoint(Printed.steers(point) ? ' ' : point);
        }
        return end < text.length() ? line.append('…').toString() : line.toString();
    }

    /**
     * Returns a text with the escape of JSON instead of each character that {@link #of} replaces. JSON stays the same
     * value, since such characters stand within its texts only.
     */
    public static String escaped(String text) {
        if (text.codePoints().noneMatch(Printed::steers)) {
            return text;
        }
        StringBuilder line = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(point -> {
            if (Printed.steers(point)) {
                for (char c : Character.toChars(point)) {
                    line.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                }
            } else {
                line.appendCodePoint(point);
            }
        });
        return line.toString();
    }
}
