// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code docs/fidelity.md} says what {@code compare} compares. */
class ProbesTest {

    // Surefire starts in the module's folder.
    private static final Path PAGE = Path.of("..", "..", "docs", "fidelity.md");

    private static final Pattern ROW =
            Pattern.compile("\\| `([a-z0-9.]+)` \\| [^|]*\\| [a-z]+ \\| ([^|]*?) ?\\|", Pattern.MULTILINE);

    @Test
    void theDocumentSaysWhatIsComparedOfEachMethod() throws IOException {
        Map<String, String> documented = new TreeMap<>();
        Matcher rows = ROW.matcher(Files.readString(PAGE));
        while (rows.find()) {
            if (!rows.group(2).isEmpty()) {
                documented.put(rows.group(1), rows.group(2));
            }
        }
        Map<String, String> checked = new TreeMap<>(Probes.checked());
        checked.remove("openlines.nothing");

        assertThat(documented).isEqualTo(checked);
    }

    @Test
    void noQuestionOfTheSameMethodHasTheNameOfAnother() {
        assertThat(Probes.all().stream().map(probe -> probe.method() + probe.name() + probe.needs()))
                .doesNotHaveDuplicates();
    }
}
