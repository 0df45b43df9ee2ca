// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Effects and log records that accuse no right handler: those of other runs, of the suite itself, and of chance. */
class WrongAccusationsTest {

    private static final String TOKEN = "5f2d8c1e9b7a46d0a3c4e6f81b2d9075";

    @TempDir
    private Path folder;

    private final Canaries canaries = new Canaries();

    private static boolean proven(Listener.Seen request, String token) {
        return request.text().contains("application_token%5D=" + token)
                && request.line().equals("POST / HTTP/1.1");
    }

    /** Runs cases against a handler that writes a line into its log for each request. */
    private ContractReport judged(String token, Line line, String... only) {
        Path log = folder.resolve("handler.log");
        try (Listener handler = Listener.start(
                request -> {
                    Files.writeString(
                            log, line.of(request) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                    return Listener.json(proven(request, token) ? 200 : 403, "");
                },
                "127.0.0.1")) {
            return ContractSuite.of(handler.uri(), "m", Secret.of(token))
                    .logs(log)
                    .only(only)
                    .run();
        }
    }

    private interface Line {
        String of(Listener.Seen request) throws IOException;
    }

    private static CaseResult result(ContractReport report, String number) {
        return report.result("OSF-C-" + number).orElseThrow();
    }

    @Test
    void aTokenOfWordsIsNotFoundInOrdinaryText() {
        canaries.add("application_token", "the-application-token-of-our-portal-17");

        assertThat(canaries.in("denied: a wrong application-token-of")).isEmpty();
        assertThat(canaries.in("got the-application-token-of-our-portal-17")).containsExactly("application_token");

        Canaries words = new Canaries();
        words.add("application_token", "the-application-token-of-our-portal");
        assertThat(words.in("the-application-token-of-another")).isEmpty();
        assertThat(words.in("got the-application-token-of-our-portal")).containsExactly("application_token");
    }

    @Test
    void aTokenThatIsAWordIsSaidToBeUnfit() {
        ContractReport report = judged("secret", request -> "no secret in the request", "101", "702");

        assertThat(result(report, "702").failures()).isEmpty();
        assertThat(result(report, "702").missing())
                .singleElement()
                .asString()
                .startsWith("the application token in the log: ordinary text may hold it by chance");
    }

    /** Tests the records that a web server writes of the odd places where case 114 puts the token. */
    @Test
    void theTokenThatTheSuiteWroteIntoACookieAHeaderOrAQueryIsNoLeak() {
        ContractReport report = judged(
                TOKEN,
                request -> {
                    String cookie = request.header("Cookie").replaceFirst(".*; ", "");
                    String line = request.line();
                    return "INFO A cookie header was received [" + cookie + "] that contained an invalid cookie\n"
                            + "x-application-token: " + request.header("X-Application-Token") + "\n"
                            + "args="
                            + line.substring(line.indexOf('?') + 1)
                                    .replace("%5B", "[")
                                    .replace("%5D", "]");
                },
                "114",
                "702");

        assertThat(result(report, "114").failures()).isEmpty();
        assertThat(result(report, "702").failures()).isEmpty();
    }

    @Test
    void aBodyInTheLogIsFoundAsBefore() {
        ContractReport report = judged(TOKEN, Listener.Seen::text, "114", "702");

        assertThat(result(report, "702").failures())
                .singleElement()
                .asString()
                .contains("<application_token>")
                .contains(", first in the line: ")
                .doesNotContain(TOKEN);
    }

    @Test
    void recordsFromBeforeTheRunAreNoLeakEvenAfterTheirFileWasRenamed() throws Exception {
        Path log = Files.writeString(folder.resolve("handler.log"), "token " + TOKEN + "\n");
        ContractReport report = judged(
                TOKEN,
                request -> {
                    Path old = folder.resolve("handler.log.1");
                    if (!Files.exists(old)) {
                        Files.move(log, old);
                    }
                    return "a request";
                },
                "101",
                "702");

        assertThat(result(report, "702").verdict()).isEqualTo(Verdict.PASS);
    }

    @Test
    void aCommandThatAShellRepeatsIsNoLeakButItsEnvironmentIs() {
        String command = "cd /srv &&  TOKEN=" + TOKEN + "  node hook.js --quiet";
        canaries.add("application_token", TOKEN);
        canaries.excuseCommand(command);

        assertThat(canaries.in("sh: line 1: 4711 Killed   TOKEN=" + TOKEN + " node hook.js --quiet"))
                .isEmpty();
        assertThat(canaries.in("TOKEN=" + TOKEN)).containsExactly("application_token");
        assertThat(canaries.in("node hook.js --quiet denied " + TOKEN)).containsExactly("application_token");
    }

    @Test
    void effectsOfAnotherRunAreAWarningAndMadeUpOnesAFailure() throws Exception {
        String theirs = Long.toString(new Mint(9, 0, "OSF-C-013").chat());
        try (SmallHandler handler = SmallHandler.right(folder)) {
            List<Effect> late = new ArrayList<>();
            ContractSuite suite = handler.suite().seed(1).only("001", "522").evidence(() -> {
                List<Effect> all = new ArrayList<>(new EvidenceFile(handler.evidence()).effects());
                if (!all.isEmpty()) {
                    all.addAll(late);
                }
                return all;
            });
            late.add(Effect.of(SmallHandler.MEMBER_ID, Long.parseLong(theirs)));
            late.add(Effect.of(SmallHandler.MEMBER_ID, Long.parseLong(theirs)));
            ContractReport report = suite.run();

            assertThat(result(report, "522").failures()).isEmpty();
            assertThat(result(report, "522").warnings())
                    .containsExactly(
                            "expected a store and evidence that no other run has used; got effects for chats of"
                                    + " another run of the suite, such as chat " + theirs);

            Files.delete(handler.evidence());
            late.set(1, Effect.of(SmallHandler.MEMBER_ID, new Mint(1, 0, "OSF-C-013").chat() + 500));
            assertThat(result(suite.run(), "522").verdict()).isEqualTo(Verdict.FAIL);
        }
    }

    /** Tests a handler that takes a chat id that is no number, which 703 sends. */
    @Test
    void aChatThatARequestNamedInsteadOfANumberIsNotMadeUp() throws Exception {
        String mark = "canary" + new Mint(1, 0, "OSF-C-703").hex(18);
        try (SmallHandler handler = SmallHandler.right(folder)) {
            ContractSuite suite = handler.suite()
                    .seed(1)
                    .only("001", "703", "522")
                    .evidence(() -> {
                        List<Effect> all = new ArrayList<>(new EvidenceFile(handler.evidence()).effects());
                        if (!all.isEmpty()) {
                            all.add(new Effect(mark, SmallHandler.MEMBER_ID, null, null, null));
                        }
                        return all;
                    });

            assertThat(result(suite.run(), "522").failures()).isEmpty();
        }
    }

    /** Tests a fault that 013 reports: it is no second one that JavaScript writes the rounded number in its own way. */
    @Test
    void aChatThatJavaScriptRoundedIsNotMadeUp() {
        Account account = new Account(1);
        account.know("9000000001801300781");
        List<Effect> effects = new ArrayList<>(List.of(Effect.of("m", 9_000_000_001_801_301_000L)));
        EffectBook book = new EffectBook(() -> List.copyOf(effects), account::knows);
        book.refresh();
        assertThat(account.broken(book, Set.of("m"))).isEmpty();

        effects.add(Effect.of("m", 9_000_000_001_801_400_000L));
        book.refresh();
        assertThat(account.broken(book, Set.of("m"))).isPresent();
    }

    /** Tests evidence whose server starts after the handler. */
    @Test
    void effectsFromBeforeTheRunAreOldEvenIfTheyCanBeReadOnlyLater() {
        Account account = new Account(1);
        List<Effect> effects = new ArrayList<>(List.of(Effect.of("m", 17), Effect.of("m", 17)));
        boolean[] up = {false};
        EffectBook book = new EffectBook(
                () -> {
                    if (!up[0]) {
                        throw new IOException("not yet");
                    }
                    return List.copyOf(effects);
                },
                account::knows);
        book.begin();
        assertThat(book.trouble()).isEqualTo("not yet");

        up[0] = true;
        account.know("18");
        effects.add(Effect.of("m", 18));
        book.refresh();
        assertThat(account.broken(book, Set.of("m"))).isEmpty();
        assertThat(book.of("18")).hasSize(1);

        effects.add(Effect.of("m", 19));
        book.refresh();
        assertThat(account.broken(book, Set.of("m")).orElseThrow()[1]).endsWith("such as chat 19");
    }

    @Test
    void aHandlerWithAPortalFromSettingsIsRightToRefuseANewToken() {
        try (Listener handler =
                Listener.start(request -> Listener.json(proven(request, TOKEN) ? 200 : 403, ""), "127.0.0.1")) {
            ContractSuite suite =
                    ContractSuite.of(handler.uri(), "m", Secret.of(TOKEN)).only("019");

            assertThat(result(suite.run(), "019").failures()).isEmpty();
            assertThat(result(suite.run(), "019").missing())
                    .anyMatch(reason -> reason.startsWith("whether the handler records installations: "));
            assertThat(result(suite.installing().run(), "019").verdict()).isEqualTo(Verdict.FAIL);
        }
    }

    @Test
    void theChatsOfARunAreNoneOfAnother() {
        Mint mint = new Mint(7, 0, "OSF-C-508");
        for (int i = 0; i < 3_500; i++) {
            String chat = Long.toString(mint.chat());
            assertThat(Mint.isOfAnotherRun(chat, 7)).as(chat).isFalse();
            assertThat(Mint.isOfAnotherRun(chat, 8_000)).as(chat).isTrue();
        }
        assertThat(Mint.isOfAnotherRun("17", 7)).isFalse();
        assertThat(Mint.isOfAnotherRun("9223372036854775807", 7)).isFalse();
    }
}
