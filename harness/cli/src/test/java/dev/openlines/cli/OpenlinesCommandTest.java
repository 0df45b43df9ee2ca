// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.Writer;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenlinesCommandTest {

    private static Set<String> commands(String name) {
        PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
        return OpenlinesCommand.line(nowhere, nowhere, name).getSubcommands().keySet();
    }

    @Test
    void aNamedCommandIsReadAloneSoThatItStartsSooner() {
        Set<String> all = commands("");

        assertThat(all).hasSize(14).contains("portal", "list", "explain");
        for (String name : all) {
            assertThat(commands(name)).containsExactly(name);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "--version", "portl", "Portal", "@arguments"})
    void anyOtherFirstArgumentMeetsAllCommands(String first) {
        assertThat(commands(first)).isEqualTo(commands(""));
    }
}
