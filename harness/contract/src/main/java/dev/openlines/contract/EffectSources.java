// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
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

    /** Reads a file. One that does not exist yet has no effects. */
    static EffectSource file(Path file) {
        return new EvidenceFile(file);
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
        return () -> parse(printed(command, "the evidence command"));
    }

    /**
     * Returns what a shell command prints on its standard output.
     *
     * @param what the command's name in messages
     * @throws IOException if it fails or does not end in time
     */
    static String printed(String command, String what) throws IOException {
        Path output = Files.createTempFile("openlines-printed", ".txt");
        try {
            Process process = new ProcessBuilder("sh", "-c", command)
                    .redirectOutput(output.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(what + " did not end in time");
            }
            if (process.exitValue() != 0) {
                throw new IOException(what + " ended with exit code " + process.exitValue());
            }
            return Files.readString(output, StandardCharsets.UTF_8);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            Files.deleteIfExists(output);
        }
    }

    /** Parses JSON lines, or one array of objects. */
    static Collection<Effect> parse(String text) throws IOException {
        EvidenceText evidence = new EvidenceText();
        evidence.add(text);
        if (evidence.effects().isEmpty() && evidence.unreadable() > 0) {
            throw new IOException("the evidence is not JSON lines nor an array of objects");
        }
        return evidence.effects();
    }
}
