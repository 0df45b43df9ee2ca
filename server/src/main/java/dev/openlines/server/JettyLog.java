// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says so at the start if Jetty's own warnings would be written. They repeat what strangers send, without a bound and
 * with whatever steers a terminal.
 */
final class JettyLog {

    private static final Logger LOG = LoggerFactory.getLogger(JettyLog.class);

    private static final List<String> REPEATING = List.of(
            "org.eclipse.jetty.http",
            "org.eclipse.jetty.server.Response",
            "org.eclipse.jetty.server.internal",
            "org.eclipse.jetty.util.HostPort");

    private JettyLog() {}

    static void warn() {
        List<String> on = REPEATING.stream()
                .filter(name -> LoggerFactory.getLogger(name).isWarnEnabled())
                .toList();
        if (!on.isEmpty()) {
            LOG.warn(
                    "reason=jetty-log: these loggers of Jetty repeat what strangers send, without a bound; turn them off: {}",
                    String.join(", ", on));
        }
    }
}
