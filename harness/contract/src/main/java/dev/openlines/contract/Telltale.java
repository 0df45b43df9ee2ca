// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Finds internals of the handler that an answer to an error must not reveal. */
final class Telltale {

    /** A sign of the proxy before the handler rather than of the handler. */
    static final String PROXY_BANNER = "a proxy's version banner";

    private static final Map<String, Pattern> SIGNS = Map.of(
            "a stack trace",
            Pattern.compile(
                    "(?m)^\\s*at [\\w.$<>/ ]+\\(|Traceback \\(most recent call last\\)|Stack trace:|^#\\d+ [/{\\[]"
                            + "|\\.go:\\d+ \\+0x|goroutine \\d+ \\["),
            "a class name",
            Pattern.compile("\\b(?:java|javax|jakarta|org|com|net|io)(?:\\.[a-z][\\w]*)+\\.[A-Z]\\w+"
                    + "|\\b[A-Z]\\w+(?:Exception|Error)\\b(?=[:( ])|\\\\[A-Z]\\w+\\\\[A-Z]\\w+"),
            "a path of its file system",
            Pattern.compile(
                    "(?:/(?:home|var|usr|opt|srv|app|tmp|root|etc|work)/[\\w./-]+)|[A-Z]:\\\\\\w+|\\bon line <?b?>?\\d+"
                            + "|\\b[\\w/]+\\.(?:php|py|js|java|rb|go):\\d+"),
            "SQL",
            Pattern.compile(
                    "SQLSTATE|(?i:\\b(?:select .{1,80} from|insert into|update \\w+ set|delete from)\\b)|ORA-\\d{5}"
                            + "|SQLITE_[A-Z]+"),
            PROXY_BANNER,
            Pattern.compile("(?i:\\b(?:nginx|openresty|tengine|envoy|haproxy|traefik|caddy|varnish)[/ ]v?\\d+\\.\\d+)"),
            "a version banner",
            Pattern.compile("(?i:\\b(?:apache|php|jetty|tomcat|express|werkzeug|python|uvicorn|gunicorn|node(?:\\.js)?"
                    + "|spring|undertow|kestrel)[/ ]v?\\d+\\.\\d+)"));

    private Telltale() {}

    static Set<String> in(String body) {
        Set<String> found = new LinkedHashSet<>();
        SIGNS.forEach((what, sign) -> {
            if (sign.matcher(body).find()) {
                found.add(what);
            }
        });
        return found;
    }
}
