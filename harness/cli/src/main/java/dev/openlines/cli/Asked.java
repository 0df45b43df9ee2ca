// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.eclipse.jetty.http.HttpFields;
import org.jspecify.annotations.Nullable;

/** A request as the practice handler got it. Immutable; the body is shared. */
final class Asked {

    private static final long FAR = 400L << 20;

    private final @Nullable String query;
    private final HttpFields headers;
    private final byte[] body;

    Asked(@Nullable String query, HttpFields headers, byte[] body) {
        this.query = query;
        this.headers = headers;
        this.body = body;
    }

    @Nullable
    String query() {
        return query;
    }

    byte[] body() {
        return body;
    }

    String header(String name) {
        String value = headers.get(name);
        return value == null ? "" : value;
    }

    String text() {
        return new String(body, StandardCharsets.ISO_8859_1);
    }

    boolean matches(String expression) {
        return Pattern.compile(expression).matcher(text()).find();
    }

    /** Returns whether a pair of the form begins with this text. */
    boolean has(String start) {
        return matches("(^|&)" + start);
    }

    /**
     * Returns true for every event except a session's finish, and for a finish that has this text in one of its keys.
     */
    boolean isFinish(String part) {
        return !matches("(?i)event=ONSESSIONFINISH") || text().contains(part) || text().contains("%5B0%5D");
    }

    /**
     * Inflates the whole body and discards it. Returns 0 if the header does not say gzip, 500 if the body is no gzip,
     * else 200.
     */
    int inflated() {
        if (!header("Content-Encoding").equalsIgnoreCase("gzip")) {
            return 0;
        }
        byte[] piece = new byte[1 << 16];
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(body))) {
            long all = 0;
            for (int n = in.read(piece); n >= 0 && all < FAR; n = in.read(piece)) {
                all += n;
            }
            return 200;
        } catch (IOException e) {
            return 500;
        }
    }
}
