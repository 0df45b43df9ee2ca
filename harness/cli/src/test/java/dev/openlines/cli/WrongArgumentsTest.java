// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands say of wrong arguments what was found, and what there is. */
class WrongArgumentsTest {

    private static final String COMMANDS = "decode, encode, send, portal, doctor, sessions, listen, compare, capture,"
            + " verify, list, explain, practice, selftest";

    private static Ran run(String arguments) {
        return Ran.of(arguments.isEmpty() ? List.of() : List.of(arguments.split(" ")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                              | a command is missing; the commands are COMMANDS
            frobnicate                      | there is no command frobnicate; the commands are COMMANDS
            decoed                          | there is no command decoed. Did you mean decode?
            lits                            | there is no command lits. Did you mean list?
            --nope                          | there is no option --nope; the options are --help, --version
            capture                         | a command is missing; the commands are capture show, capture export
            capture frobnicate              | there is no command capture frobnicate; the commands are capture show, capture export
            capture exprot x                | there is no command capture exprot. Did you mean capture export?
            capture show x --nope           | there is no option --nope of capture show; the options are --help, --version
            capture show                    | capture show needs PATH
            portal --prot 8085              | there is no option --prot of portal. Did you mean --port?
            portal --port=many              | --port: expected a whole number of at most 2147483647, found "many"
            portal --port 99999999999       | --port: expected a whole number of at most 2147483647, found "99999999999"
            portal --seed                   | --seed needs a value: FILE
            portal --port 1 --port 2        | --port is given more than once
            portal extra                    | portal takes only options, found one more argument
            decode a b c                    | decode takes only FILE beside its options, found 2 more arguments
            decode --strict=x               | --strict: expected no value, found "x"
            verify --handlr http://x        | there is no option --handlr of verify. Did you mean --handler?
            verify --handler http://x       | verify needs --member-id M, --application-token T
            send --to                       | --to needs a value: URL
            send --to --member-id m         | --to needs a value: URL
            send --to http://x --format xml | --format: expected text or jsonl, found "xml"
            send --to http://x --rate fast  | --rate: expected a number, found "fast"
            sessions --nope=opensesame      | there is no option --nope of sessions; the options are
            listen --forward-to http://x --member-id m --application-token t --every often --portal http://x | --every: expected a time such as PT2S, found "often"
            """)
    void theLineNamesWhatWasFoundAndWhatThereIs(String arguments, String said) {
        Ran ran = run(arguments);

        assertThat(ran.err()).startsWith("openlines: " + said.replace("COMMANDS", COMMANDS));
        assertThat(ran.err().lines()).hasSize(1);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.exit()).isEqualTo(OpenlinesCommand.BAD_INPUT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "doctor --handler http://127.0.0.1:9/ --access-token opensesame",
                "doctor --handler http://127.0.0.1:9/ --access-token=opensesame",
                "send --to http://127.0.0.1:9/ --aplication-token opensesame",
                "send --to http://127.0.0.1:9/ --aplication-token=opensesame",
                "send --to http://127.0.0.1:9/ --member-id m --application-token two opensesame",
                "listen --portal https://example.com/rest/1/opensesame^/ --forward-to http://127.0.0.1:9/",
                "sessions --portal https://example.com/rest/1/opensesame^/"
            })
    void noSecretIsRepeated(String arguments) {
        Ran ran = run(arguments);

        assertThat(ran.exit()).isEqualTo(OpenlinesCommand.BAD_INPUT);
        assertThat(ran.err()).startsWith("openlines: ").doesNotContain("opensesame");
    }

    @Test
    void whatWasFoundCannotSteerTheTerminalOrBreakTheLine() {
        Ran ran = Ran.of(List.of("portal", "--port", "1\n\u001b[31m2"));

        assertThat(ran.exit()).isEqualTo(OpenlinesCommand.BAD_INPUT);
        assertThat(ran.err().lines()).hasSize(1);
        assertThat(ran.err()).doesNotContain("\u001b");
    }
}
