// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The input of a command: a named file, or standard input if the name is {@code -} or absent. */
final class CommandInput implements AutoCloseable {

    private final InputStream in;

    private CommandInput(InputStream in) {
        this.in = in;
    }

    static CommandInput open(@Nullable String name) {
        if (name == null || name.equals("-")) {
            return new CommandInput(new BufferedInputStream(System.in, 1 << 16));
        }
        try {
            return new CommandInput(new BufferedInputStream(Files.newInputStream(Path.of(name)), 1 << 16));
        } catch (NoSuchFileException e) {
            throw CommandFailure.badInput("there is no file " + name);
        } catch (IOException e) {
            throw CommandFailure.badInput("the file " + name + " cannot be read: " + e.getMessage());
        }
    }

    byte[] all() {
        try {
            return in.readAllBytes();
        } catch (IOException e) {
            throw CommandFailure.badInput("the input cannot be read: " + e.getMessage());
        }
    }

    /** Returns the next line without its end, or null after the last. A last line need not be ended. */
    byte @Nullable [] line() {
        ByteArrayOutputStream line = new ByteArrayOutputStream(1024);
        try {
            int b = in.read();
            if (b < 0) {
                return null;
            }
            for (; b >= 0 && b != '\n'; b = in.read()) {
                line.write(b);
            }
        } catch (IOException e) {
            throw CommandFailure.badInput("the input cannot be read: " + e.getMessage());
        }
        return line.toByteArray();
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw CommandFailure.badInput("the input cannot be closed: " + e.getMessage());
        }
    }
}
