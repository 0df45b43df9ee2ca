// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The three sources that need no Java in the handler: a file of JSON lines, an address, a command. */
final class EffectSources {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private EffectSources() {}

    /** Reads {@code file:PATH}, {@code url:URL} or {@code cmd:COMMAND}. */
    static EffectSource of(String text) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? "" : text.substring(0, colon);
        String rest = text.substring(colon + 1);
        return switch (kind) {
            case "file" -> file(Path.of(rest));
            case "url" -> address(URI.create(rest));
            case "cmd" -> command(rest);
            default ->
                throw new IllegalArgumentException("expected file:PATH, url:URL or cmd:COMMAND for the evidence");
        };
    }

    /** A file that is not there yet has no effects; a last line without its end is still being written. */
    static EffectSource file(Path file) {
        return () -> {
            try {
                String text = Files.readString(file, StandardCharsets.UTF_8);
                return parse(text.substring(0, text.lastIndexOf('\n') + 1));
            } catch (NoSuchFileException e) {
                return List.of();
            }
        };
    }

    static EffectSource address(URI address) {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .build();
        HttpRequest request = HttpRequest.newBuilder(address).timeout(PATIENCE).build();
        return () -> {
            try {
                HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() != 200) {
                    throw new IOException("the evidence address answered with status " + answer.statusCode());
                }
                return parse(answer.body());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        };
    }

    static EffectSource command(String command) {
        return () -> {
            Path output = Files.createTempFile("openlines-evidence", ".jsonl");
            try {
                Process process = new ProcessBuilder("sh", "-c", command)
                        .redirectOutput(output.toFile())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
                if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new IOException("the evidence command did not end in time");
                }
                if (process.exitValue() != 0) {
                    throw new IOException("the evidence command ended with exit code " + process.exitValue());
                }
                return parse(Files.readString(output, StandardCharsets.UTF_8));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            } finally {
                Files.deleteIfExists(output);
            }
        };
    }

    /** JSON lines, or one array of objects. */
    static Collection<Effect> parse(String text) throws IOException {
        List<Effect> effects = new ArrayList<>();
        try {
            if (text.stripLeading().startsWith("[")) {
                for (JsonValue item : Json.createReader(new StringReader(text)).readArray()) {
                    effects.add(Effect.read(item.asJsonObject()));
                }
                return effects;
            }
            for (String line : text.split("\n")) {
                if (!line.isBlank()) {
                    JsonObject object =
                            Json.createReader(new StringReader(line)).readObject();
                    effects.add(Effect.read(object));
                }
            }
            return effects;
        } catch (JsonException | ClassCastException e) {
            throw new IOException("the evidence is not JSON lines nor an array of objects", e);
        }
    }
}
