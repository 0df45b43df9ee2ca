// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.net.IDN;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An address that {@code event.bind} takes, by the rules of PHP's {@code parse_url}. These accept texts that are no
 * URIs: hosts with underscores or letters of any script, blanks, braces and single percent signs.
 *
 * @param text the address as bound, as the portal lists it and looks it up
 * @param target the address as a URI that can be called
 */
record HandlerAddress(String text, URI target) {

    private static final int LONGEST = 255;
    private static final Pattern PARTS =
            Pattern.compile("(?:([A-Za-z0-9+.-]+):)?//([^/?#]*)([^?#]*)(\\?[^#]*)?(#.*)?", Pattern.DOTALL);
    private static final Pattern AUTHORITY =
            Pattern.compile("(?:.*@)?(\\[[^\\]]*]|[^:]*)(?::([0-9]*))?", Pattern.DOTALL);

    /** Reads an address. The host is checked before the scheme, as on the server. */
    static HandlerAddress of(String text) {
        Matcher parts = PARTS.matcher(text);
        if (text.length() > LONGEST || !parts.matches()) {
            throw wrong();
        }
        Matcher authority = AUTHORITY.matcher(parts.group(2));
        if (!authority.matches()) {
            throw wrong();
        }
        String host = authority.group(1);
        String port = authority.group(2) == null ? "" : authority.group(2);
        if (host.indexOf('.') < 1 || port.length() > 5 || (!port.isEmpty() && Integer.parseInt(port) > 65_535)) {
            throw wrong();
        }
        String scheme = parts.group(1) == null ? "" : parts.group(1);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new RestError(400, "ERROR_UNSUPPORTED_PROTOCOL", "Unsupported handler protocol");
        }
        String query = parts.group(4) == null ? "" : parts.group(4);
        try {
            return new HandlerAddress(
                    text,
                    URI.create(scheme + "://" + (host.startsWith("[") ? host : ascii(host))
                            + (port.isEmpty() ? "" : ":" + port) + escaped(parts.group(3)) + escaped(query)));
        } catch (IllegalArgumentException e) {
            // PHP accepts it, but no request could be sent to it.
            throw wrong();
        }
    }

    private static String ascii(String host) {
        return host.chars().allMatch(c -> c < 128) ? escaped(host) : IDN.toASCII(host, IDN.ALLOW_UNASSIGNED);
    }

    /** Escapes characters that a URI may not hold, also percent signs that begin no escape. */
    private static String escaped(String part) {
        StringBuilder out = new StringBuilder();
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            int b = bytes[i] & 0xff;
            boolean escape = b == '%' && i + 2 < bytes.length && hex(bytes[i + 1]) && hex(bytes[i + 2]);
            boolean plain = (b >= '0' && b <= '9')
                    || (b >= 'a' && b <= 'z')
                    || (b >= 'A' && b <= 'Z')
                    || "-._~!$&'()*+,;=:@/?".indexOf(b) >= 0;
            if (plain || escape) {
                out.append((char) b);
            } else {
                out.append('%').append("%02X".formatted(b));
            }
        }
        return out.toString();
    }

    private static boolean hex(byte b) {
        return Character.digit(b, 16) >= 0;
    }

    private static RestError wrong() {
        return new RestError(400, "ERROR_WRONG_HANDLER_URL", "Wrong handler URL");
    }
}
