// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The data that the handler stores: a file, a folder, or the output of a command that prints a database. */
final class HandlerStore {

    private final @Nullable Path path;
    private final String command;

    private HandlerStore(@Nullable Path path, String command) {
        this.path = path;
        this.command = command;
    }

    /** Returns the store that the user has named. Notes it if there is none. */
    static Optional<HandlerStore> of(CaseRun run) {
        Path path = run.settings().store;
        String command = run.settings().storeCommand;
        if (command != null) {
            return Optional.of(new HandlerStore(null, command));
        }
        if (path != null && Files.exists(path)) {
            return Optional.of(new HandlerStore(path, ""));
        }
        if (!run.dry()) {
            run.notObserved(
                    path == null
                            ? "what the handler stores (L): --store names its file or folder, or a command that prints it"
                            : "what the handler stores (L): " + path + " is not there");
        }
        return Optional.empty();
    }

    /** Returns the number of bytes. */
    long size() throws IOException {
        if (path == null) {
            return printed().length();
        }
        // A database keeps new data in further files next to its own.
        Path folder = Optional.ofNullable(Files.isDirectory(path) ? path : path.getParent())
                .orElse(Path.of("."));
        String prefix = Files.isDirectory(path) ? "" : String.valueOf(path.getFileName());
        try (Stream<Path> files = Files.walk(folder)) {
            long size = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                size += String.valueOf(file.getFileName()).startsWith(prefix) ? Files.size(file) : 0;
            }
            return size;
        }
    }

    /** Returns whether neither group nor others may read the file or enter the folder. */
    boolean closed() {
        try {
            if (path == null) {
                return false;
            }
            Set<PosixFilePermission> all = Files.getPosixFilePermissions(path);
            return Stream.of(PosixFilePermission.values())
                    .filter(one -> !one.name().startsWith("OWNER"))
                    .noneMatch(all::contains);
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** Returns the content by the name of its place, with a character for each byte. */
    Map<String, String> contents() throws IOException {
        if (path == null) {
            return Map.of("what the command of --store prints", printed());
        }
        Map<String, String> contents = new LinkedHashMap<>();
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(
                        String.valueOf(file.getFileName()),
                        new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
            }
        }
        return contents;
    }

    private String printed() throws IOException {
        return EffectSources.printed(command, "the command of --store");
    }
}
