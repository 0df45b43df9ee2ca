// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads the inputs that a fuzzer found worth keeping. The fuzzer's next run begins with them. */
class CorpusTest {

    private static final Map<String, Consumer<byte[]>> CLAIMS =
            Map.of("form", Claims::ofForms, "json", Claims::ofJson, "event", Claims::ofEvents);

    @ParameterizedTest
    @CsvSource({"form, 400", "json, 300", "event, 400"})
    void everyKeptBodyIsReadAsClaimed(String kind, int least) throws IOException {
        Map<String, byte[]> kept = Corpus.of(kind);
        assertThat(kept).hasSizeGreaterThan(least);
        kept.forEach((name, body) -> {
            try {
                CLAIMS.get(kind).accept(body);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(kind + ", " + name, e);
            }
        });
    }
}
