// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Checks that no command prints a secret of its input, or a character that steers a terminal. */
@Timeout(300)
@ResourceLock(Resources.SYSTEM_OUT)
class TerminalTest {

    private static final String STEERING =
            "\u001b[31m\u0007\u007f\u0085\u009b2J\u00ad\u200b\u200f\u202e\u2066\u2028\u2029\ufeff\udb40\udc41";

    private static final String STEERS = "[\\p{Cntrl}&&[^\\n\\t]]|[\\u0080-\\u009f\\p{Cf}\\u2028\\u2029]";

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            auth[access_token]=opensesame&a=1                          | {"tree":{"auth":{"access_token":"***"},"a":"1"}}
            auth[refresh_token][]=opensesame&auth[refresh_token][x][y]=opensesame | {"tree":{"auth":{"refresh_token":{"0":"***","x":{"y":"***"}}}}}
            auth[access_token=opensesame                               | {"tree":{"auth_access_token":"***"}}
            AUTH_ID=opensesame&REFRESH_ID=opensesame                   | {"tree":{"AUTH_ID":"***","REFRESH_ID":"***"}}
            data[Application-Token]=opensesame                         | {"tree":{"data":{"Application-Token":"***"}}}
            {"access_token":"opensesame"}                              | {"tree":{"{\\"access_token\\":\\"***\\"}":""}}
            q=%26auth%5Baccess_token%5D%3Dopensesame%26b               | {"tree":{"q":"&auth[access_token]=***&b"}}
            """)
    void decodeMasksTokensOfTheTree(String body, String printed) throws IOException {
        assertThat(out("decode", "--tree", file(body))).isEqualTo(printed + "\n");
    }

    @Test
    void decodeMasksTokensOfAnEventThatAreNoTexts() throws IOException {
        String auth = "&ts=1&auth[member_id]=m";

        assertThat(out("decode", file("event=ONX&data[access_token][]=opensesame&data[client_secret]=12345" + auth)))
                .contains("\"access_token\":[\"***\"]", "\"client_secret\":\"***\"")
                .doesNotContain("opensesame", "12345");
    }

    @ParameterizedTest
    @ValueSource(strings = {"decode --tree", "decode"})
    void whatIsDecodedDoesNotSteerTheTerminal(String command) throws IOException {
        String steering = URLEncoder.encode(STEERING, StandardCharsets.UTF_8);
        String body = "event=ONX&data[" + steering + "]=" + steering + "&ts=1&auth[member_id]=m";

        assertThat(out((command + " " + file(body)).split(" ")))
                .doesNotContainPattern(STEERS)
                .contains("\\u009B2J", "\\u007F", "\\u200B", "\\u202E", "\\u2066", "\\uDB40\\uDC41");
    }

    @Test
    void linesAndTabsStayAndACarriageReturnAloneDoesNot() {
        StringWriter lines = new StringWriter();
        new PrintWriter(new TerminalWriter(lines), true).print("a\tb\nc\r\nd\re\u00e9\ud83d\ude00");
        assertThat(lines).hasToString("a\tb\nc\r\nd\\u000De\u00e9\ud83d\ude00");
        StringWriter one = new StringWriter();
        try (PrintWriter out = new PrintWriter(new TerminalWriter(one))) {
            out.write(0x9b);
            out.append('x').write(new char[] {'a', '\u0007', 'b'}, 1, 2);
        }
        assertThat(one).hasToString("\\u009Bx\\u0007b");
    }

    @Test
    void theHalvesOfACharacterMayComeOneByOneAndAHalfAloneIsEscaped() throws IOException {
        StringWriter lines = new StringWriter();
        try (TerminalWriter out = new TerminalWriter(lines)) {
            for (char half : "\ud83d\ude00\udb40\udc41".toCharArray()) {
                out.write(half);
            }
            out.write(" \ud83dx\ude00\ud83d\n\ud83d");
        }
        assertThat(lines).hasToString("\ud83d\ude00\\uDB40\\uDC41 \\uD83Dx\\uDE00\\uD83D\n\\uD83D");
    }

    @Test
    void aMessageAboutAnArgumentDoesNotSteerTheTerminal() {
        assertThat(Ran.of(List.of("decode", "--max-pairs", STEERING)).err())
                .startsWith("openlines: ")
                .doesNotContainPattern(STEERS);
        assertThat(Ran.of(List.of(STEERING)).err()).startsWith("openlines: ").doesNotContainPattern(STEERS);
    }

    @Test
    void noCommandHasAWriterThatSteersTheTerminal() {
        StringWriter printed = new StringWriter();
        CommandLine line = OpenlinesCommand.line(new PrintWriter(printed), new PrintWriter(printed), "");
        List<CommandLine> commands = new ArrayList<>(List.of(line));
        for (int i = 0; i < commands.size(); i++) {
            commands.addAll(commands.get(i).getSubcommands().values());
        }

        assertThat(commands).hasSizeGreaterThan(14).allSatisfy(command -> {
            command.getOut().println(STEERING);
            command.getErr().println(STEERING);
        });

        assertThat(printed.toString().lines()).hasSize(2 * commands.size());
        assertThat(printed.toString()).doesNotContainPattern(STEERS).contains("\\u009B2J");
    }

    private String file(String body) throws IOException {
        return Files.writeString(folder.resolve("body"), body).toString();
    }

    private static String out(String... arguments) {
        PrintStream before = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            Ran ran = Ran.of(List.of(arguments));
            assertThat(ran.exit()).as(ran.err()).isZero();
            return bytes.toString(StandardCharsets.UTF_8) + ran.out();
        } finally {
            System.setOut(before);
        }
    }
}
