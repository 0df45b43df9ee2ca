// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
import jakarta.json.Json;
import jakarta.json.bind.JsonbException;
import jakarta.json.bind.spi.JsonbProvider;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every way to fail and every note, word for word: the file {@code errors.txt}, whose first lines say how
 * it is written.
 */
class ErrorMessagesTest {

    private static final Path FILE = Path.of("src/test/resources/errors.txt");

    private static final Map<String, BiFunction<Limits, Integer, Limits>> LIMITS = Map.of(
            "bodyBytes", Limits::withBodyBytes,
            "pairs", Limits::withPairs,
            "depth", Limits::withDepth,
            "keyBytes", Limits::withKeyBytes,
            "valueBytes", Limits::withValueBytes);

    private record Case(String name, String mode, String body, List<String> expected) {}

    @TestFactory
    Stream<DynamicTest> messages() throws IOException {
        List<Case> cases = cases();
        assertThat(cases).hasSizeGreaterThan(80);
        assertThat(cases.stream().map(Case::name)).doesNotHaveDuplicates();
        return cases.stream()
                .map(one -> DynamicTest.dynamicTest(
                        one.name(), () -> assertThat(answers(one)).isEqualTo(one.expected())));
    }

    private static List<Case> cases() throws IOException {
        List<Case> cases = new ArrayList<>();
        List<String> block = new ArrayList<>();
        for (String line : Files.readAllLines(FILE)) {
            if (line.startsWith("#")) {
                continue;
            }
            if (!line.isEmpty()) {
                block.add(line);
                continue;
            }
            add(cases, block);
        }
        add(cases, block);
        return cases;
    }

    private static void add(List<Case> cases, List<String> block) {
        if (!block.isEmpty()) {
            cases.add(new Case(block.get(0), block.get(1), block.get(2), List.copyOf(block.subList(3, block.size()))));
            block.clear();
        }
    }

    private static List<String> answers(Case one) {
        String[] words = one.mode().split(" ");
        Limits limits = Limits.DEFAULT;
        for (int i = 2; i < words.length; i++) {
            String[] limit = words[i].split("=");
            limits = LIMITS.get(limit[0]).apply(limits, Integer.parseInt(limit[1]));
        }
        byte[] body = bytes(one.body());
        BodyFormat format = BodyFormat.valueOf(words[1].toUpperCase(java.util.Locale.ROOT));
        Limits all = limits;
        List<String> answers = new ArrayList<>();
        switch (words[0]) {
            case "lenient" ->
                decoded(() -> EventDecoder.lenient().withLimits(all).decode(body, format), answers);
            case "strict" -> decoded(() -> EventDecoder.strict().withLimits(all).decode(body, format), answers);
            case "json-p" ->
                decoded(
                        () -> {
                            try (var reader = Json.createReader(new ByteArrayInputStream(body))) {
                                return EventDecoder.lenient().withLimits(all).decode(reader.readObject());
                            }
                        },
                        answers);
            case "json-b" -> jsonb(body, answers);
            case "envelope" -> envelope(Envelope.parse(body, format, limits), answers);
            default -> throw new IllegalArgumentException(one.mode());
        }
        return answers;
    }

    private static void decoded(Supplier<Decoded<Event>> decoding, List<String> answers) {
        try {
            decoding.get().notes().forEach(note -> answers.add("note: " + note));
        } catch (DecodeException e) {
            answers.add(shown(e));
        }
    }

    private static void jsonb(byte[] body, List<String> answers) {
        try {
            JsonbProvider.provider("org.eclipse.yasson.JsonBindingProvider")
                    .create()
                    .withConfig(EventJson.config())
                    .build()
                    .fromJson(new String(body, UTF_8), OnSessionFinish.class);
        } catch (DecodeException e) {
            answers.add(shown(e));
        } catch (JsonbException e) {
            answers.add(shown((DecodeException) e.getCause()));
        }
    }

    private static void envelope(Envelope envelope, List<String> answers) {
        for (Runnable part : List.<Runnable>of(envelope::event, envelope::memberId, envelope::applicationToken)) {
            try {
                part.run();
            } catch (DecodeException e) {
                answers.add(shown(e));
            }
        }
    }

    private static String shown(DecodeException e) {
        assertThat(e.problems().get(0).path()).isEqualTo(e.path());
        assertThat(e.getMessage()).contains(e.path());
        return e.kind().label() + ": " + e.getMessage();
    }

    private static byte[] bytes(String body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Matcher escape = Pattern.compile("\\\\x([0-9a-f]{2})").matcher(body);
        int from = 0;
        while (escape.find()) {
            out.writeBytes(body.substring(from, escape.start()).getBytes(UTF_8));
            out.write(Integer.parseInt(escape.group(1), 16));
            from = escape.end();
        }
        out.writeBytes(body.substring(from).getBytes(UTF_8));
        String text = out.toString(ISO_8859_1);
        return text.equals("(nothing)") ? new byte[0] : out.toByteArray();
    }
}
