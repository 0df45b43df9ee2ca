// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.model.Secret;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ReceiverServer} must know to start: see {@link #fromEnvironment}.
 *
 * @param port TCP port to listen on, 0 for any free one
 * @param path path of the endpoint, beginning with a slash
 * @param inbox the inbox: a file, a {@code jdbc:postgresql:} URL, which may hold a password, or {@code kafka:}
 * @param memberId the portal trusted from the start, or null for none
 * @param applicationTokens the tokens that portal sends with its events, the current one and, while tokens are
 *     being changed, the one before
 * @param evidence a file that gets a line for each closed chat handled, or null for none; for tests of a
 *     receiver from outside, so off unless asked for
 * @param monitorPort TCP port of health checks and metrics, 0 for any free one, -1 for none; needs {@code
 *     io.micrometer:micrometer-registry-prometheus}
 * @param tlsCertificate PEM file of the certificate and its chain, or null to speak plain HTTP behind a proxy
 * @param tlsKey PEM file of the certificate's key, PKCS #8 without a password, or null
 * @param spool file that keeps events while the inbox cannot, or null for none
 * @param workers how many events are handled at the same time; 0 where others do it: this node receives only
 * @param ordered whether the events of one chat are handled one after the other
 * @param keepDone how long an event that is done is remembered, or null for ever
 * @param keepDead how long a dead letter is kept, or null for ever
 */
public record ReceiverConfig(
        int port,
        String path,
        String inbox,
        @Nullable String memberId,
        List<Secret> applicationTokens,
        @Nullable Path evidence,
        int monitorPort,
        @Nullable Path tlsCertificate,
        @Nullable Path tlsKey,
        @Nullable Path spool,
        int workers,
        boolean ordered,
        @Nullable Duration keepDone,
        @Nullable Duration keepDead) {

    private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9._~/-]*");

    public ReceiverConfig {
        applicationTokens = List.copyOf(applicationTokens);
        if (port < 0 || port > 65535) {
            throw new ConfigurationException("OPENLINES_PORT: expected a number from 0 to 65535", null);
        }
        if (monitorPort < -1 || monitorPort > 65535) {
            throw new ConfigurationException("OPENLINES_MONITOR_PORT: expected a number from 0 to 65535", null);
        }
        if (workers < 0 || workers > 1000) {
            throw new ConfigurationException("OPENLINES_WORKERS: expected a number from 0 to 1000", null);
        }
        if (!PATH.matcher(path).matches()) {
            throw new ConfigurationException(
                    "OPENLINES_PATH: expected a path such as /bitrix24 of letters, digits and . _ ~ - /", null);
        }
        if (memberId != null && applicationTokens.isEmpty()) {
            throw none("OPENLINES_APPLICATION_TOKEN");
        }
        if (memberId == null && !applicationTokens.isEmpty()) {
            throw none("OPENLINES_MEMBER_ID");
        }
        if (tlsCertificate == null && tlsKey != null) {
            throw none("OPENLINES_TLS_CERTIFICATE");
        }
        if (tlsCertificate != null && tlsKey == null) {
            throw none("OPENLINES_TLS_KEY");
        }
        if (keepDone != null && inbox.startsWith("kafka:")) {
            throw new ConfigurationException(
                    "OPENLINES_KEEP_DONE_DAYS: expected none, since Kafka forgets by its topic's retention.ms", null);
        }
    }

    /**
     * Reads the settings from environment variables: {@code OPENLINES_PORT} (8080), {@code
     * OPENLINES_PATH} (/), {@code OPENLINES_INBOX} (openlines.db), {@code OPENLINES_MEMBER_ID} with {@code
     * OPENLINES_APPLICATION_TOKEN} and perhaps {@code OPENLINES_PREVIOUS_APPLICATION_TOKEN} (required where
     * nothing proves installations), {@code OPENLINES_EVIDENCE}, {@code OPENLINES_MONITOR_PORT}, {@code
     * OPENLINES_TLS_CERTIFICATE} with {@code OPENLINES_TLS_KEY}, {@code OPENLINES_SPOOL} (none), {@code
     * OPENLINES_WORKERS} (4), {@code OPENLINES_ORDERED} (no), {@code OPENLINES_KEEP_DONE_DAYS} and {@code
     * OPENLINES_KEEP_DEAD_DAYS} (for ever). {@code OPENLINES_CONFIG} names a file that has them too, see {@link
     * #settings}.
     *
     * @param environment names and values, such as {@code System.getenv()}
     * @return the settings
     * @throws ConfigurationException if one is missing or wrong; the message names it
     */
    public static ReceiverConfig fromEnvironment(Map<String, String> environment) {
        Map<String, String> settings = settings(environment);
        List<Secret> tokens = List.of("OPENLINES_APPLICATION_TOKEN", "OPENLINES_PREVIOUS_APPLICATION_TOKEN").stream()
                .map(name -> settings.getOrDefault(name, ""))
                .filter(token -> !token.isBlank())
                .map(Secret::of)
                .toList();
        return new ReceiverConfig(
                number(settings.getOrDefault("OPENLINES_PORT", "8080")),
                settings.getOrDefault("OPENLINES_PATH", "/"),
                settings.getOrDefault("OPENLINES_INBOX", "openlines.db"),
                text(settings, "OPENLINES_MEMBER_ID"),
                tokens,
                file(settings, "OPENLINES_EVIDENCE"),
                settings.containsKey("OPENLINES_MONITOR_PORT")
                        ? number(settings.getOrDefault("OPENLINES_MONITOR_PORT", ""))
                        : -1,
                file(settings, "OPENLINES_TLS_CERTIFICATE"),
                file(settings, "OPENLINES_TLS_KEY"),
                file(settings, "OPENLINES_SPOOL"),
                number(settings.getOrDefault("OPENLINES_WORKERS", "4")),
                yes(settings, "OPENLINES_ORDERED"),
                days(settings, "OPENLINES_KEEP_DONE_DAYS"),
                days(settings, "OPENLINES_KEEP_DEAD_DAYS"));
    }

    /**
     * Adds to environment variables what the file that {@code OPENLINES_CONFIG} names has beside them. It is a
     * Java properties file in UTF-8 with the same names; where both have one, the environment's counts.
     *
     * @param environment names and values, such as {@code System.getenv()}
     * @return names and values of both, or the same ones where no file is named
     * @throws ConfigurationException if the file cannot be read or has a name that does not begin with {@code
     *     OPENLINES_}
     */
    public static Map<String, String> settings(Map<String, String> environment) {
        Path file = file(environment, "OPENLINES_CONFIG");
        if (file == null) {
            return environment;
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            // Without the cause: it may quote a line, and lines hold secrets.
            throw new ConfigurationException("OPENLINES_CONFIG: cannot read " + file + " as properties in UTF-8", null);
        }
        Map<String, String> settings = new HashMap<>();
        for (String name : properties.stringPropertyNames()) {
            if (!name.matches("OPENLINES_[A-Z0-9_]+") || name.equals("OPENLINES_CONFIG")) {
                throw new ConfigurationException(
                        "OPENLINES_CONFIG: expected names such as OPENLINES_PORT but found another in " + file, null);
            }
            settings.put(name, properties.getProperty(name).strip());
        }
        settings.putAll(environment);
        return settings;
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

    boolean kafka() {
        return inbox.startsWith("kafka:");
    }

    static ConfigurationException none(String name) {
        return new ConfigurationException(name + ": expected a value but found none", null);
    }

    private static int number(String text) {
        return text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : Integer.MAX_VALUE;
    }

    private static @Nullable Duration days(Map<String, String> settings, String name) {
        String value = text(settings, name);
        if (value == null) {
            return null;
        }
        if (!value.matches("[1-9][0-9]{0,4}")) {
            throw new ConfigurationException(name + ": expected a number of days from 1 to 99999", null);
        }
        return Duration.ofDays(Long.parseLong(value));
    }

    private static boolean yes(Map<String, String> settings, String name) {
        return switch (settings.getOrDefault(name, "no")) {
            case "yes" -> true;
            case "no" -> false;
            default -> throw new ConfigurationException(name + ": expected yes or no", null);
        };
    }

    private static @Nullable String text(Map<String, String> settings, String name) {
        String value = settings.getOrDefault(name, "");
        return value.isBlank() ? null : value;
    }

    private static @Nullable Path file(Map<String, String> settings, String name) {
        String value = text(settings, name);
        return value == null ? null : path(name, value);
    }

    static Path path(String name, String value) {
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new ConfigurationException(name + ": expected the name of a file", e);
        }
    }
}
