// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** All that the handler prints and logs: the output of the processes that the suite starts, and files. */
final class HandlerLog {

    private final List<HandlerProcess> processes;
    private final List<Path> logs;

    /** Creates a log. The paths are files or folders. */
    HandlerLog(List<HandlerProcess> processes, List<Path> logs) {
        this.processes = processes;
        this.logs = logs;
    }

    /** Returns whether the suite can see any output or log. */
    boolean exists() {
        return !processes.isEmpty() || !logs.isEmpty();
    }

    /** Returns the whole text so far, with a character for each byte. */
    String text() {
        StringBuilder text = new StringBuilder();
        processes.forEach(process -> text.append(process.output()));
        for (Path log : logs) {
            try (Stream<Path> files = Files.walk(log)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    text.append('\n').append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
                }
            } catch (IOException e) {
                text.append('\n');
            }
        }
        return text.toString();
    }

    /** Returns the length so far, in bytes. */
    long length() {
        long length = processes.stream().mapToLong(HandlerProcess::printedBytes).sum();
        for (Path log : logs) {
            try (Stream<Path> files = Files.walk(log)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    length += Files.size(file);
                }
            } catch (IOException e) {
                // A log that is rotated at this moment counts as empty.
            }
        }
        return length;
    }
}
