// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Fields of a {@code multipart/form-data} body. Files are left out, because no method takes one. */
final class Multipart {

    private static final Pattern BOUNDARY = Pattern.compile("(?i)boundary=(?:\"([^\"]+)\"|([^;\\s]+))");
    private static final Pattern NAME = Pattern.compile("(?i);\\s*name=(?:\"([^\"]*)\"|([^;\\s]+))");
    private static final Pattern FILE = Pattern.compile("(?i);\\s*filename\\*?=");

    private Multipart() {}

    /** Returns the fields as a URL-encoded form, so that one reader handles both kinds. */
    static byte[] asForm(String contentType, byte[] body) {
        Matcher boundary = BOUNDARY.matcher(contentType);
        StringBuilder form = new StringBuilder();
        if (boundary.find()) {
            String mark = "--" + (boundary.group(1) != null ? boundary.group(1) : boundary.group(2));
            String text = new String(body, StandardCharsets.ISO_8859_1);
            int at = text.indexOf(mark);
            while (at >= 0) {
                int start = at + mark.length();
                int end = text.indexOf("\r\n" + mark, start);
                if (end < 0) {
                    break;
                }
                part(text.substring(start, end), form);
                at = end + 2;
            }
        }
        return form.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void part(String part, StringBuilder form) {
        int blank = part.indexOf("\r\n\r\n");
        if (blank < 0) {
            return;
        }
        String head = part.substring(0, blank);
        Matcher name = NAME.matcher(head);
        if (name.find() && !FILE.matcher(head).find()) {
            form.append(form.length() == 0 ? "" : "&")
                    .append(encode(name.group(1) != null ? name.group(1) : name.group(2)))
                    .append('=')
                    .append(encode(part.substring(blank + 4)));
        }
    }

    /** Encodes byte by byte, because each character of the text holds one byte. */
    private static String encode(String latin1) {
        return URLEncoder.encode(latin1, StandardCharsets.ISO_8859_1);
    }
}
