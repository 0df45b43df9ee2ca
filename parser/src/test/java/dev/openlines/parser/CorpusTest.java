// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Bodies that a fuzzer found worth keeping: they begin its next run, and each default run reads them. */
class CorpusTest {

    private static final Path CORPUS = Path.of("src/test/resources/corpus");

    @TestFactory
    Stream<DynamicTest> keptForms() throws IOException {
        return each("form", Claims::ofForms);
    }

    @TestFactory
    Stream<DynamicTest> keptJson() throws IOException {
        return each("json", Claims::ofJson);
    }

    @TestFactory
    Stream<DynamicTest> keptEvents() throws IOException {
        return each("event", Claims::ofEvents);
    }

    private static Stream<DynamicTest> each(String folder, Consumer<byte[]> claim) throws IOException {
        List<Path> kept;
        try (Stream<Path> files = Files.list(CORPUS.resolve(folder))) {
            kept = files.sorted().toList();
        }
        assertThat(kept).as("bodies in %s", folder).isNotEmpty();
        return kept.stream()
                .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> {
                    try {
                        claim.accept(Files.readAllBytes(file));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }));
    }
}
