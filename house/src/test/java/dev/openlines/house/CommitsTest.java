// SPDX-License-Identifier: Apache-2.0
package dev.openlines.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** New commits have a subject that can be read in a list. Skipped if the history is not there. */
class CommitsTest {

    /** The last commit before the rule. */
    private static final String BEFORE = "0c77791";

    @Test
    void theSubjectOfEachNewCommitIsAnOrder() throws Exception {
        // A merge has the subject that git gives it.
        Optional<List<String>> subjects = git("log", "--no-merges", "--format=%h %s", BEFORE + "..HEAD");
        Assumptions.assumeTrue(
                subjects.isPresent(),
                "did not look at commits: no git, no repository, or a shallow one without " + BEFORE);

        List<String> faults = new ArrayList<>();
        for (String line : subjects.orElseThrow()) {
            Commits.fault(line.substring(line.indexOf(' ') + 1)).ifPresent(fault -> faults.add(line + ": " + fault));
        }
        assertThat(faults).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "The unknown setting is refused|begin with an imperative such as Add, Fix or Refuse",
                "Fixed the port|begin with an imperative such as Add, Fix or Refuse",
                "Adds a port|begin with an imperative such as Add, Fix or Refuse",
                "Refusing unknown settings|begin with an imperative such as Add, Fix or Refuse",
                "Refuse unknown settings; name the nearest|two topics: make two commits of it",
                "Refuse unknown settings.|a subject has no full stop",
                "refuse unknown settings|begin with a verb and a capital letter",
                "ADR 12 is superseded|begin with a verb and a capital letter",
                "Refuse|begin with a verb and a capital letter",
                "Refuse a setting that is unknown and print the one that has the nearest name|76 characters, at most 72"
                        + " are allowed"
            })
    void aPlantedFaultIsFound(String subject, String fault) {
        assertThat(Commits.fault(subject)).contains(fault);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Refuse unknown OPENLINES_ settings",
                "Pass the clock to the ledger",
                "Seed the order of tests",
                "Re-use the connection"
            })
    void anOrderIsNoFault(String subject) {
        assertThat(Commits.fault(subject)).isEmpty();
    }

    /** Returns the lines that git prints, or empty if it fails. */
    private static Optional<List<String>> git(String... arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of("git", "-c", "safe.directory=*"));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command)
                    .directory(Documents.ROOT.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            List<String> lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            return process.waitFor() == 0 ? Optional.of(lines) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
