// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** The file of settings that {@code OPENLINES_CONFIG} names. */
final class SettingsFile {

    private SettingsFile() {}

    /** Returns the environment, with additional values from the file that {@code OPENLINES_CONFIG} names. */
    static Map<String, String> beside(Map<String, String> environment) {
        String name = environment.getOrDefault("OPENLINES_CONFIG", "");
        if (name.isBlank()) {
            return environment;
        }
        Path file = Store.path("OPENLINES_CONFIG", name);
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            // Without the cause: it may quote a line, and lines hold secrets.
            throw new ConfigurationException(
                    "OPENLINES_CONFIG: cannot read " + file + " as properties in UTF-8: " + cause(e), null);
        }
        Map<String, String> settings = new HashMap<>();
        for (String key : properties.stringPropertyNames()) {
            if (!key.matches("OPENLINES_[A-Z0-9_]+") || key.equals("OPENLINES_CONFIG")) {
                throw new ConfigurationException(
                        "OPENLINES_CONFIG: expected names such as OPENLINES_PORT, found " + SettingNames.shown(key)
                                + " in " + file,
                        null);
            }
            settings.put(key, properties.getProperty(key).strip());
        }
        settings.putAll(environment);
        return settings;
    }

    private static String cause(Exception e) {
        if (e instanceof NoSuchFileException) {
            return "there is no such file";
        }
        if (e instanceof AccessDeniedException) {
            return "this process may not read it";
        }
        return e instanceof IOException ? "it is not UTF-8, or a folder" : "it has a malformed Unicode escape";
    }
}
