// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.model.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * The access token of a command, from a file or the environment, which no list of processes shows.
 *
 * @param spec the command
 * @param file the file, or null for the environment
 */
record AccessToken(CommandSpec spec, @Nullable Path file) {

    Secret read() {
        String token = file == null ? System.getenv(DoctorCommand.TOKEN_VARIABLE) : read(file);
        if (token == null || token.isBlank()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "expected --access-token-file or the variable " + DoctorCommand.TOKEN_VARIABLE
                            + " but found neither");
        }
        return Secret.of(token.strip());
    }

    private String read(Path from) {
        try {
            return Files.readString(from);
        } catch (IOException e) {
            throw new ParameterException(spec.commandLine(), "--access-token-file: cannot read " + from);
        }
    }
}
