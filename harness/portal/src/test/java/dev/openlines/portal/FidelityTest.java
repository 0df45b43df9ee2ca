// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** {@code docs/fidelity.md} says what the code says; {@code -Dfidelity.write=true} writes it anew. */
class FidelityTest {

    // Surefire starts in the module's folder.
    private static final Path PAGE = Path.of("..", "..", "docs", "fidelity.md");

    @Test
    void theDocumentSaysWhatTheCodeSays() throws IOException {
        String generated = Fidelity.page();
        if (Boolean.getBoolean("fidelity.write")) {
            Files.writeString(PAGE, generated);
        }

        assertThat(Files.readString(PAGE)).isEqualTo(generated);
    }

    @Test
    void everyMethodAndEveryEventIsThere() {
        String page = Fidelity.page();

        assertThat(RestMethods.all())
                .allSatisfy(method -> assertThat(page)
                        .contains("| `" + method.name() + "` |")
                        .contains(method.provenance().label()));
        Map<String, String> events = new TreeMap<>(EventMethods.EVENTS);
        assertThat(events.keySet()).allSatisfy(event -> assertThat(page).contains("`" + event + "`"));
    }
}
