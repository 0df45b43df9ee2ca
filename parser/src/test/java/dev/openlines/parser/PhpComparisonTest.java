// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.testkit.RequiresTool;
import jakarta.json.Json;
import jakarta.json.JsonReader;
import jakarta.json.JsonStructure;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * New random bodies and values in each run, and what the PHP at hand makes of them. Many more:
 * {@code -Dphp.cases=100000}.
 */
@RequiresTool("php")
class PhpComparisonTest {

    private static final int CASES = Integer.getInteger("php.cases", 4000);

    private static final Limits WIDE = Limits.DEFAULT
            .withBodyBytes(1_000_000)
            .withDepth(64)
            .withKeyBytes(1_000_000)
            .withValueBytes(1_000_000);

    @TempDir
    Path folder;

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("dev.openlines.parser.Seeds#one")
    void readsFormsAsPhpDoes(long seed) throws Exception {
        RandomForm forms = new RandomForm(seed);
        List<byte[]> bodies = new ArrayList<>();
        while (bodies.size() < CASES) {
            bodies.add(forms.next());
        }
        List<String> answers = php("form", bodies);
        for (int i = 0; i < CASES; i++) {
            byte[] body = bodies.get(i);
            String[] answer = answers.get(i).split("\t");
            String shown = "seed " + seed + ", body " + new String(body, ISO_8859_1);
            if (PhpVectorTest.deepest(body) > 64) {
                assertThatThrownBy(() -> Envelope.read(body, BodyFormat.FORM, WIDE))
                        .as(shown)
                        .isInstanceOf(DecodeException.class);
                continue;
            }
            assertThat(Tagged.of(Envelope.read(body, BodyFormat.FORM, WIDE)))
                    .as(shown)
                    .isEqualTo(answer[0]);
            String json = new String(Base64.getDecoder().decode(answer[1]), UTF_8);
            assertThat(PhpForm.decode(body, WIDE).toString())
                    .as(shown)
                    .isEqualTo(structure(json).toString());
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("dev.openlines.parser.Seeds#one")
    void writesFormsAsPhpDoes(long seed) throws Exception {
        RandomJson values = new RandomJson(seed);
        List<byte[]> texts = new ArrayList<>();
        while (texts.size() < CASES) {
            texts.add(values.next().getBytes(UTF_8));
        }
        List<String> answers = php("json", texts);
        for (int i = 0; i < CASES; i++) {
            String json = new String(texts.get(i), UTF_8);
            String form = new String(Base64.getDecoder().decode(answers.get(i)), ISO_8859_1);
            assertThat(new String(PhpForm.encode(texts.get(i), WIDE), ISO_8859_1))
                    .as("seed %s, value %s", seed, json)
                    .isEqualTo(form);
            // JSON-P forgets these: how PHP writes them is no fault of what follows.
            if (!json.contains("-0.0") && !form.matches(".*E%2B1[4-8].*")) {
                assertThat(new String(PhpForm.encode(structure(json)), ISO_8859_1))
                        .as("seed %s, structure %s", seed, json)
                        .isEqualTo(form);
            }
        }
    }

    private static JsonStructure structure(String json) {
        try (JsonReader reader = Json.createReader(new StringReader(json))) {
            return reader.read();
        }
    }

    /** Answers all questions by one PHP, whatever its php.ini says. */
    private List<String> php(String what, List<byte[]> inputs) throws IOException, InterruptedException {
        Path questions = folder.resolve("questions");
        Path answers = folder.resolve("answers");
        Files.write(
                questions,
                inputs.stream()
                        .map(input -> what + " " + Base64.getEncoder().encodeToString(input))
                        .toList());
        Process php = new ProcessBuilder("php", "-n", "-d", "memory_limit=1G", "src/test/resources/php/compare.php")
                .redirectInput(questions.toFile())
                .redirectOutput(answers.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(php.waitFor(5, TimeUnit.MINUTES)).as("PHP ends").isTrue();
            assertThat(php.exitValue()).isZero();
        } finally {
            php.destroyForcibly();
        }
        List<String> lines = Files.readAllLines(answers);
        assertThat(lines).hasSameSizeAs(inputs);
        return lines;
    }
}
