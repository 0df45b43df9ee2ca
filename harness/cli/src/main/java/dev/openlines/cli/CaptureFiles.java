// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.parser.EventCapture;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArrayBuilder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Reads captures from a file with one, a file with several, or a receiver's folder. */
final class CaptureFiles {

    private CaptureFiles() {}

    static List<EventCapture> read(Path path) {
        try {
            return EventCapture.read(path);
        } catch (IllegalArgumentException e) {
            throw CommandFailure.badInput(String.valueOf(e.getMessage()));
        }
    }

    /** Returns the content of a file with several captures. */
    static String text(List<EventCapture> captures) {
        JsonArrayBuilder all = PhpJson.PROVIDER.createArrayBuilder();
        captures.forEach(capture -> all.add(PhpJson.parse(capture.toJson().getBytes(StandardCharsets.UTF_8))));
        return all.build().toString();
    }
}
