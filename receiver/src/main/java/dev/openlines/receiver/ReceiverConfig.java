// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.Secret;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ReceiverServer} must know to start.
 *
 * @param port TCP port to listen on, 0 for any free one
 * @param path path of the endpoint, beginning with a slash
 * @param inbox the inbox: a file, or a {@code jdbc:postgresql:} URL, which may hold a password
 * @param memberId the portal trusted from the start
 * @param applicationToken the token that portal sends with each event
 * @param evidence a file that gets a line for each closed chat handled, or null for none; for tests of a
 *     receiver from outside, so off unless asked for
 * @param monitorPort TCP port of health checks and metrics, 0 for any free one, -1 for none; needs {@code
 *     io.micrometer:micrometer-registry-prometheus}
 */
public record ReceiverConfig(
        int port,
        String path,
        String inbox,
        String memberId,
        Secret applicationToken,
        @Nullable Path evidence,
        int monitorPort) {

    private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9._~/-]*");

    public ReceiverConfig {
        Objects.requireNonNull(applicationToken, "applicationToken");
        if (port < 0 || port > 65535) {
            throw new ConfigurationException("OPENLINES_PORT: expected a number from 0 to 65535", null);
        }
        if (monitorPort < -1 || monitorPort > 65535) {
            throw new ConfigurationException("OPENLINES_MONITOR_PORT: expected a number from 0 to 65535", null);
        }
        if (!PATH.matcher(path).matches()) {
            throw new ConfigurationException(
                    "OPENLINES_PATH: expected a path such as /bitrix24 of letters, digits and . _ ~ - /", null);
        }
    }

    /**
     * Makes settings without a port for health checks and metrics.
     *
     * @param port TCP port to listen on, 0 for any free one
     * @param path path of the endpoint, beginning with a slash
     * @param inbox the inbox: a file, or a {@code jdbc:postgresql:} URL
     * @param memberId the portal trusted from the start
     * @param applicationToken the token that portal sends with each event
     * @param evidence a file that gets a line for each closed chat handled, or null for none
     */
    public ReceiverConfig(
            int port, String path, String inbox, String memberId, Secret applicationToken, @Nullable Path evidence) {
        this(port, path, inbox, memberId, applicationToken, evidence, -1);
    }

    /**
     * Reads the settings from environment variables: {@code OPENLINES_PORT} (8080), {@code
     * OPENLINES_PATH} (/), {@code OPENLINES_INBOX} (openlines.db), {@code OPENLINES_MEMBER_ID} and {@code
     * OPENLINES_APPLICATION_TOKEN} (both required), {@code OPENLINES_EVIDENCE} (none), {@code
     * OPENLINES_MONITOR_PORT} (none).
     *
     * @param environment names and values, such as {@code System.getenv()}
     * @return the settings
     * @throws ConfigurationException if one is missing or wrong; the message names it
     */
    public static ReceiverConfig fromEnvironment(Map<String, String> environment) {
        return new ReceiverConfig(
                port(environment.getOrDefault("OPENLINES_PORT", "8080")),
                environment.getOrDefault("OPENLINES_PATH", "/"),
                environment.getOrDefault("OPENLINES_INBOX", "openlines.db"),
                required(environment, "OPENLINES_MEMBER_ID"),
                Secret.of(required(environment, "OPENLINES_APPLICATION_TOKEN")),
                file(environment, "OPENLINES_EVIDENCE"),
                environment.containsKey("OPENLINES_MONITOR_PORT")
                        ? port(environment.getOrDefault("OPENLINES_MONITOR_PORT", ""))
                        : -1);
    }

    /**
     * Says what may be seen: the inbox may be a URL with a password.
     *
     * @return port and path
     */
    @Override
    public String toString() {
        return "ReceiverConfig[port=" + port + ", path=" + path + "]";
    }

    private static int port(String text) {
        return text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : Integer.MAX_VALUE;
    }

    private static String required(Map<String, String> environment, String name) {
        String value = environment.getOrDefault(name, "");
        if (value.isBlank()) {
            throw new ConfigurationException(name + ": expected a value but found none", null);
        }
        return value;
    }

    private static @Nullable Path file(Map<String, String> environment, String name) {
        String value = environment.getOrDefault(name, "");
        return value.isBlank() ? null : path(name, value);
    }

    static Path path(String name, String value) {
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new ConfigurationException(name + ": expected the name of a file", e);
        }
    }
}
