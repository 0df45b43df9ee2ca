// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.parser.EventCapture;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonException;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads captures from a file of one, a file of several, or a receiver's folder. */
final class CaptureFiles {

    /** Longest file that is read. */
    private static final long LONGEST = 64 << 20;

    private CaptureFiles() {}

    static List<EventCapture> read(Path path) {
        try {
            if (!Files.isDirectory(path)) {
                return file(path);
            }
            List<Path> files;
            try (Stream<Path> all = Files.list(path)) {
                files = all.filter(file -> file.toString().endsWith(".json"))
                        .sorted()
                        .toList();
            }
            List<EventCapture> captures = new ArrayList<>();
            for (Path file : files) {
                captures.addAll(file(file));
            }
            return captures;
        } catch (IOException e) {
            throw CommandFailure.badInput("the captures " + path + " cannot be read");
        }
    }

    private static List<EventCapture> file(Path file) throws IOException {
        if (Files.size(file) > LONGEST) {
            throw CommandFailure.badInput("the file " + file + " is too long for captures");
        }
        try {
            JsonValue json = PhpJson.parse(Files.readAllBytes(file));
            List<EventCapture> captures = new ArrayList<>();
            for (JsonValue one : json instanceof JsonArray array ? array : List.of(json)) {
                captures.add(EventCapture.parse(one.toString().getBytes(StandardCharsets.UTF_8)));
            }
            return captures;
        } catch (JsonException | IllegalArgumentException e) {
            throw CommandFailure.badInput("the file " + file + " holds no captures");
        }
    }

    /** Returns the content of a file of several. */
    static String text(List<EventCapture> captures) {
        JsonArrayBuilder all = PhpJson.PROVIDER.createArrayBuilder();
        captures.forEach(capture -> all.add(PhpJson.parse(capture.toJson().getBytes(StandardCharsets.UTF_8))));
        return all.build().toString();
    }
}
