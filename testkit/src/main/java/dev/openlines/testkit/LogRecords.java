// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The log records of a piece of work. */
public final class LogRecords {

    private LogRecords() {}

    /** Returns the lines that slf4j-simple writes to standard error meanwhile. */
    public static List<String> of(Runnable work) {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            work.run();
        } finally {
            System.setErr(before);
        }
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }
}
