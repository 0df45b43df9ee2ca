// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import org.slf4j.LoggerFactory;
import org.slf4j.helpers.NOPLoggerFactory;

/** Reports on stderr that log records are lost, because otherwise refusals and failures would leave no trace. */
final class MissingLog {

    private MissingLog() {}

    static void warn() {
        if (LoggerFactory.getILoggerFactory() instanceof NOPLoggerFactory) {
            System.err.println("openlines: no log records are written, since SLF4J finds no binding on the class path:"
                    + " add org.slf4j:slf4j-simple or ch.qos.logback:logback-classic");
        }
    }
}
