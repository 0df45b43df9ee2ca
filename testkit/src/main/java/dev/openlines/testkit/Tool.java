// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** Programs from outside Maven that a test may run. */
public final class Tool {

    private Tool() {}

    /**
     * Looks for a program on the {@code PATH} of this process.
     *
     * @param name the name of the program, without a folder
     * @return the executable file, or empty if no folder of the {@code PATH} has one
     */
    public static Optional<Path> find(String name) {
        return find(name, Optional.ofNullable(System.getenv("PATH")).orElse(""));
    }

    static Optional<Path> find(String name, String path) {
        return Arrays.stream(path.split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, name))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }
}
