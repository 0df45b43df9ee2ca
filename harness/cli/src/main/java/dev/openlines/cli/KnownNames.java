// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The names that may be shown: keys, error codes and headers from the simulated portal or from the platform's
 * documentation. All others are masked, because keys may also contain data of a portal.
 */
final class KnownNames {

    private final Set<String> names;

    KnownNames() {
        try (InputStream in = KnownNames.class.getResourceAsStream("known-names.txt")) {
            if (in == null) {
                throw new IllegalStateException("known-names.txt is missing from the jar");
            }
            names = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .flatMap(line -> Arrays.stream(line.split(" ")))
                    .collect(Collectors.toCollection(HashSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Adds the names in an answer of the simulated portal. */
    void learn(PortalAnswer simulated) {
        simulated.error().ifPresent(names::add);
        names.addAll(simulated.headers().keySet());
        if (simulated.body() != null) {
            learn(simulated.body());
        }
    }

    private void learn(JsonValue value) {
        if (value instanceof JsonObject object) {
            object.forEach((name, member) -> {
                if (!Shape.isId(name)) {
                    names.add(name);
                }
                if (name.equals("error") && member instanceof JsonString code) {
                    names.add(code.getString());
                }
                learn(member);
            });
        } else if (value instanceof JsonArray array) {
            array.forEach(this::learn);
        }
    }

    String key(String name) {
        return name.equals(Shape.IDS) || names.contains(name) ? name : "<other key>";
    }

    String code(String code) {
        return code.equals("none") || names.contains(code) ? code : "<other code>";
    }

    String header(String name) {
        return names.contains(name) ? name : "<other header>";
    }
}
