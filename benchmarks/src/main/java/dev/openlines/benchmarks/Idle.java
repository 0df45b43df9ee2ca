// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** The uses of a process that Linux counts and that other work on the machine does not change. */
final class Idle {

    private Idle() {}

    /** Returns how often those threads of a process have waited and gone on whose names begin with a text. */
    static long wakeUps(long pid, String name) throws IOException {
        long count = 0;
        try (var tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
            for (Path task : tasks.toList()) {
                try {
                    if (Files.readString(task.resolve("comm")).startsWith(name)) {
                        count += number(task, "voluntary_ctxt_switches:");
                    }
                } catch (NoSuchFileException e) {
                    // The thread has ended.
                }
            }
        }
        return count;
    }

    /** Returns the memory that a process has now, in millions of bytes. */
    static double residentMegabytes(long pid) throws IOException {
        return number(Path.of("/proc/" + pid), "VmRSS:") * 1024 / 1e6;
    }

    private static long number(Path process, String name) throws IOException {
        List<String> lines = Files.readAllLines(process.resolve("status"));
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }
}
