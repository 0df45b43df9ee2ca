// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs commands without their token in a shell. */
class ByHandTest {

    private static final String TOKEN = "5f2d8c1e9b7a46d0a3c4e6f81b2d9075";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "echo 5f2d8c1e9b7a46d0a3c4e6f81b2d9075",
                "echo '5f2d8c1e9b7a46d0a3c4e6f81b2d9075'",
                "echo \"5f2d8c1e9b7a46d0a3c4e6f81b2d9075\""
            })
    void theCommandWorksWithTheVariableHoweverTheTokenWasQuoted(String command) throws Exception {
        String shown = ByHand.command(command, TOKEN);

        assertThat(shown).doesNotContain(TOKEN);
        assertThat(printed("APPLICATION_TOKEN=" + TOKEN + "; " + shown)).isEqualTo(TOKEN + "\n");
    }

    @Test
    void theShellNamesTheVariableIfItIsNotSet() throws Exception {
        assertThat(printed("unset APPLICATION_TOKEN; " + ByHand.command("echo " + TOKEN, TOKEN)))
                .contains("APPLICATION_TOKEN: ");
    }

    private static String printed(String command) throws Exception {
        Process shell = new ProcessBuilder("sh", "-c", command)
                .redirectErrorStream(true)
                .start();
        String printed = new String(shell.getInputStream().readAllBytes(), UTF_8);
        assertThat(shell.waitFor(2, TimeUnit.MINUTES)).isTrue();
        return printed;
    }
}
