// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * All that the handler prints and logs during the run: the output of the processes that the suite starts, and what files
 * have more than when the run began.
 */
final class HandlerLog {

    private final List<HandlerProcess> processes;
    private final List<Path> logs;

    /** The lengths of the files before the run, by their identity, which a renamed file keeps. */
    private final Map<Object, Long> before = new HashMap<>();

    /** A log file with its identity and its length in bytes. */
    private record LogFile(Path path, Object identity, long size) {}

    /** Creates a log. The paths are files or folders. */
    HandlerLog(List<HandlerProcess> processes, List<Path> logs) {
        this.processes = processes;
        this.logs = logs;
        files().forEach(file -> before.put(file.identity(), file.size()));
    }

    /** Returns whether the suite can see any output or log. */
    boolean exists() {
        return !processes.isEmpty() || !logs.isEmpty();
    }

    /** Returns the whole text since the run began, with a character for each byte. */
    String text() {
        StringBuilder text = new StringBuilder();
        processes.forEach(process -> text.append(process.output()));
        for (LogFile file : files()) {
            try {
                byte[] bytes = Files.readAllBytes(file.path());
                int from = (int) old(file.identity(), bytes.length);
                text.append('\n').append(new String(bytes, from, bytes.length - from, StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                text.append('\n');
            }
        }
        return text.toString();
    }

    /** Returns the length since the run began, in bytes. */
    long length() {
        return processes.stream().mapToLong(HandlerProcess::printedBytes).sum()
                + files().stream()
                        .mapToLong(file -> file.size() - old(file.identity(), file.size()))
                        .sum();
    }

    /** Returns how much of a file is older than the run. A file that has become shorter was begun anew. */
    private long old(Object identity, long size) {
        long length = before.getOrDefault(identity, 0L);
        return length > size ? 0 : length;
    }

    private List<LogFile> files() {
        List<LogFile> all = new ArrayList<>();
        for (Path log : logs) {
            try (Stream<Path> files = Files.walk(log)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                    Object key = attributes.fileKey();
                    all.add(new LogFile(file, key == null ? file : key, attributes.size()));
                }
            } catch (IOException e) {
                // It is not there yet, or is rotated at this moment.
            }
        }
        return all;
    }
}
