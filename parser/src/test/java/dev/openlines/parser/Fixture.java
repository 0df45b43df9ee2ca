// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A request body of the folder {@code events}, and beside it, under the same name with {@code .expected}
 * appended, what a lenient decoder makes of it: a line {@code dialect: …}, a line {@code note: …} for each
 * note and the canonical JSON; or a line {@code error: …} with the kind and the message.
 */
final class Fixture {

    private static final Path FOLDER = Path.of("src/test/resources/events");

    private final String name;
    private final byte[] body;
    private final BodyFormat format;
    private final String expected;

    private Fixture(String name, byte[] body, BodyFormat format, String expected) {
        this.name = name;
        this.body = body;
        this.format = format;
        this.expected = expected;
    }

    String name() {
        return name;
    }

    byte[] body() {
        return body;
    }

    BodyFormat format() {
        return format;
    }

    String expected() {
        return expected;
    }

    /** Walks the folder. Every file in it is a body or the expectation of one. */
    static List<Fixture> all() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            List<Path> sorted = files.sorted().toList();
            List<Fixture> fixtures = sorted.stream()
                    .filter(file -> !file.toString().endsWith(".expected"))
                    .map(Fixture::read)
                    .toList();
            assertThat(fixtures).as("bodies in %s", FOLDER).isNotEmpty();
            assertThat(sorted).as("files in %s: one expectation a body", FOLDER).hasSize(2 * fixtures.size());
            return fixtures;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the fixtures that are events. */
    static List<Fixture> events() {
        return all().stream()
                .filter(fixture -> !fixture.expected.startsWith("error: "))
                .toList();
    }

    private static Fixture read(Path file) {
        String name = String.valueOf(file.getFileName());
        BodyFormat format = name.endsWith(".json") ? BodyFormat.JSON : BodyFormat.FORM;
        assertThat(name).as("a body is a .form or a .json").matches(".*\\.(form|json)");
        try {
            return new Fixture(
                    name, Files.readAllBytes(file), format, Files.readString(file.resolveSibling(name + ".expected")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes what a lenient decoder makes of the body, as the expectation has it. */
    String actual() {
        try {
            Decoded<Event> decoded = decode();
            StringBuilder text = new StringBuilder();
            text.append("dialect: ").append(decoded.dialect().label()).append('\n');
            decoded.notes().forEach(note -> text.append("note: ").append(note).append('\n'));
            return text.append(EventJson.toJson(decoded.event())).append('\n').toString();
        } catch (DecodeException e) {
            return "error: " + e.kind().label() + ": " + e.getMessage() + "\n";
        }
    }

    Decoded<Event> decode() {
        return EventDecoder.lenient().decode(body, format);
    }

    Event event() {
        return decode().event();
    }

    /** Returns the last line of the expectation. */
    String canonicalJson() {
        String[] lines = expected.split("\n", -1);
        return lines[lines.length - 2];
    }

    @Override
    public String toString() {
        return name;
    }
}
