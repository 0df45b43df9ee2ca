// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Bodies that began a fuzzer's run or that it found worth keeping: a folder of files to read, and a file of
 * Base64 lines, each body on one, as {@code -merge=1} left them.
 */
final class Corpus {

    private static final Path FOLDER = Path.of("src/test/resources/corpus");
    private static final List<String> KINDS = List.of("form", "json", "event");

    private Corpus() {}

    /** Returns all bodies of a kind by name. */
    static Map<String, byte[]> of(String kind) throws IOException {
        Map<String, byte[]> bodies = new TreeMap<>();
        try (Stream<Path> files = Files.list(FOLDER.resolve(kind))) {
            for (Path file : files.toList()) {
                bodies.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        List<String> found = Files.readAllLines(FOLDER.resolve(kind + ".found"));
        for (int i = 0; i < found.size(); i++) {
            bodies.put("found line " + (i + 1), Base64.getDecoder().decode(found.get(i)));
        }
        return bodies;
    }

    /**
     * Writes every body into a file of its own, for a fuzzer.
     *
     * @param args a folder, which need not be there
     */
    public static void main(String[] args) throws IOException {
        for (String kind : KINDS) {
            Path folder = Files.createDirectories(Path.of(args[0], kind));
            for (Map.Entry<String, byte[]> body : of(kind).entrySet()) {
                Files.write(folder.resolve(body.getKey().replace(' ', '-')), body.getValue());
            }
        }
    }
}
