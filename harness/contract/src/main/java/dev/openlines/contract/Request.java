// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One request whose every line a case can change. It begins with the captured header lines of the platform. */
final class Request {

    static final String FORM = "application/x-www-form-urlencoded";

    private String method = "POST";
    private String target;
    private String version = "HTTP/1.1";
    private final List<String> headers = new ArrayList<>();
    private byte[] body;

    private Request(URI handler, byte[] body) {
        this.body = body;
        target = target(handler);
        headers.add("Host: " + authority(handler));
        headers.add("User-Agent: Bitrix24 Webhook Engine");
        headers.add("Content-Type: " + FORM);
        headers.add("Content-Length: " + body.length);
        headers.add("Accept-Encoding: gzip");
        headers.add("Connection: close");
    }

    static Request post(URI handler, byte[] body) {
        return new Request(handler, body);
    }

    static String target(URI handler) {
        String query = handler.getRawQuery() == null ? "" : "?" + handler.getRawQuery();
        String path = handler.getRawPath();
        return (path == null || path.isEmpty() ? "/" : path) + query;
    }

    static String authority(URI handler) {
        return handler.getPort() < 0 ? handler.getHost() : handler.getHost() + ":" + handler.getPort();
    }

    Request method(String value) {
        method = value;
        return this;
    }

    Request target(String value) {
        target = value;
        return this;
    }

    Request version(String value) {
        version = value;
        return this;
    }

    Request body(byte[] value) {
        body = value;
        return header("Content-Length", Integer.toString(value.length));
    }

    String target() {
        return target;
    }

    /** Sets a header line, or removes it if the value is null. */
    Request header(String name, @Nullable String value) {
        String prefix = name.toLowerCase(Locale.ROOT) + ":";
        int at = -1;
        for (int i = 0; i < headers.size() && at < 0; i++) {
            if (headers.get(i).toLowerCase(Locale.ROOT).startsWith(prefix)) {
                at = i;
            }
        }
        if (at >= 0) {
            headers.remove(at);
        }
        if (value != null) {
            headers.add(at >= 0 ? at : headers.size(), name + ": " + value);
        }
        return this;
    }

    /** Adds a line unchanged, in addition to others of the same name. */
    Request line(String line) {
        headers.add(line);
        return this;
    }

    /** Returns the request with its body in plain chunks, divided at the given places. */
    Request chunked(int... cuts) {
        return chunked("", "", cuts);
    }

    /** Returns a chunked request with an extension of the first chunk and a trailer line. */
    Request chunkedWithExtras(int... cuts) {
        return chunked(";note=first", "X-Checked: yes\r\n", cuts);
    }

    private Request chunked(String extension, String trailer, int... cuts) {
        header("Content-Length", null);
        header("Transfer-Encoding", "chunked");
        StringBuilder out = new StringBuilder();
        String text = new String(body, StandardCharsets.ISO_8859_1);
        int from = 0;
        for (int i = 0; i <= cuts.length; i++) {
            int to = i < cuts.length ? cuts[i] : text.length();
            if (to > from) {
                out.append(Integer.toHexString(to - from))
                        .append(from == 0 ? extension : "")
                        .append("\r\n")
                        .append(text, from, to)
                        .append("\r\n");
                from = to;
            }
        }
        out.append("0\r\n").append(trailer).append("\r\n");
        body = out.toString().getBytes(StandardCharsets.ISO_8859_1);
        return this;
    }

    byte[] head() {
        StringBuilder out = new StringBuilder(256);
        out.append(method)
                .append(' ')
                .append(target)
                .append(' ')
                .append(version)
                .append("\r\n");
        headers.forEach(line -> out.append(line).append("\r\n"));
        return out.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    byte[] body() {
        return body;
    }

    byte[] bytes() {
        return EventBody.join(head(), body);
    }

    boolean expectsNoBody() {
        return method.equals("HEAD");
    }
}
