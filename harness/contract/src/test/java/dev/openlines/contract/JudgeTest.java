// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import dev.openlines.testkit.RequiresTool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Verdicts that must not be given by luck, in silence, or for what another case has caused. */
class JudgeTest {

    private static final Pattern ENDPOINT = Pattern.compile("client_endpoint%5D=(http%3A%2F%2F127\\.0\\.0\\.2[^&]*)");

    /** A limit of what never comes. */
    private static final Duration TOO_SHORT = Duration.ofMillis(100);

    @TempDir
    private Path folder;

    private static ContractSuite suite(Listener handler, String... only) {
        return new ContractSuite(new Settings(handler.uri(), SmallHandler.MEMBER_ID, SmallHandler.PROOF)).only(only);
    }

    private static boolean proven(Listener.Seen request) {
        return request.text().contains(SmallHandler.PROOF.reveal());
    }

    private static byte[] answer(boolean right) {
        return Listener.json(right ? 200 : 403, "");
    }

    private List<Effect> effects(SmallHandler handler) {
        try {
            return new ArrayList<>(new EvidenceFile(handler.evidence()).effects());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static CaseResult result(ContractReport report, String number) {
        return report.result("OSF-C-" + number).orElseThrow();
    }

    @Test
    void anEffectThatNoEventExplainsIsAFailure() {
        try (SmallHandler handler = SmallHandler.right(folder)) {
            ContractSuite suite = handler.suite().only("001", "121", "522");

            assertThat(result(suite.evidence(() -> effects(handler)).run(), "522")
                            .verdict())
                    .isEqualTo(Verdict.PASS);
            int before = effects(handler).size();
            ContractReport made = suite.evidence(() -> {
                        List<Effect> effects = effects(handler);
                        if (effects.size() > before) {
                            effects.add(Effect.of(SmallHandler.MEMBER_ID, 99));
                        }
                        return effects;
                    })
                    .run();

            assertThat(made.ids(Level.MUST, Verdict.FAIL)).contains("OSF-C-522");
            assertThat(result(suite.run(), "522").missing()).containsExactly("evidence of effects (E)");
        }
    }

    @Test
    void anEffectOfAChatThatNoCaseLooksAtIsComparedToo() {
        Account account = new Account(1);
        account.know("17");
        account.know("18");
        account.expect("18");
        List<Effect> effects = new ArrayList<>(List.of(Effect.of("m", 17), Effect.of("m", 18), Effect.of("m", 18)));
        EffectBook book = new EffectBook(() -> List.copyOf(effects), account::knows);
        book.refresh();
        assertThat(account.broken(book, java.util.Set.of("m"))).isEmpty();

        effects.add(Effect.of("m", 17));
        book.refresh();
        assertThat(account.broken(book, java.util.Set.of("m")).orElseThrow())
                .containsExactly("at most one effect for each event that was sent once", "2 for chat 17");

        effects.remove(3);
        effects.set(0, Effect.of("other", 17));
        book.refresh();
        assertThat(account.broken(book, java.util.Set.of("m")).orElseThrow()[1]).isEqualTo("one in another, chat 17");

        effects.set(0, new Effect(null, "m", null, null, null));
        book.refresh();
        assertThat(account.broken(book, java.util.Set.of("m")).orElseThrow()[1])
                .isEqualTo("an effect that names a portal and no chat");
    }

    /**
     * Tests a handler whose one sin is that of 120. The calls that it makes there are no evidence against 117 and 118.
     */
    @Test
    void aCallToOneCasesListenerAccusesNoOther() {
        try (Listener follows = Listener.start(
                request -> {
                    Matcher endpoint = ENDPOINT.matcher(request.text());
                    if (proven(request) && endpoint.find()) {
                        call(URI.create(URLDecoder.decode(endpoint.group(1), StandardCharsets.UTF_8)), request.text());
                    }
                    return answer(proven(request));
                },
                "127.0.0.1")) {
            ContractReport report = suite(follows, "117", "118", "120").run();

            assertThat(report.ids(Level.MUST, Verdict.FAIL)).containsExactly("OSF-C-120");
        }
    }

    private static void call(URI address, String secret) throws IOException {
        try (Socket socket = new Socket(address.getHost(), address.getPort())) {
            String request = "POST /rest/x HTTP/1.1\r\nContent-Length: " + secret.length() + "\r\n\r\n" + secret;
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getInputStream().readAllBytes();
        }
    }

    /** Returns a handler that a forged installation, and nothing else, makes lose its trust. */
    private static Listener trusting(AtomicBoolean broken, boolean heals) {
        return Listener.start(
                request -> {
                    boolean install = request.text().contains("event=ONAPPINSTALL");
                    if (install && !proven(request)) {
                        broken.set(true);
                    } else if (install && heals) {
                        broken.set(false);
                    }
                    return answer(proven(request) && !broken.get());
                },
                "127.0.0.1");
    }

    @Test
    void aFailureThatMayFollowFromAnEarlierCaseNamesThatCase() {
        try (Listener handler = trusting(new AtomicBoolean(), false)) {
            ContractReport report = suite(handler, "117", "303").run();

            assertThat(result(report, "117").verdict()).isEqualTo(Verdict.FAIL);
            assertThat(result(report, "117").warnings()).noneMatch(line -> line.startsWith(CaseRun.CONSEQUENCE));
            assertThat(result(report, "303").verdict()).isEqualTo(Verdict.FAIL);
            assertThat(result(report, "303").warnings())
                    .contains("this may be a consequence of OSF-C-117: since that case the handler does not acknowledge"
                            + " good events");
            assertThat(Outcome.toMend(report.results(), Baseline.none()).stream()
                            .map(CaseResult::id))
                    .containsExactly("OSF-C-117", "OSF-C-303");
        }
    }

    @Test
    @Tag("long")
    void aGenuineInstallationRestoresTheTrustForTheCasesAfterwards() {
        try (Listener handler = trusting(new AtomicBoolean(), true)) {
            ContractReport report = suite(handler, "117", "122").run();

            assertThat(result(report, "117").warnings())
                    .contains("the handler denied good events after this case; a genuine ONAPPINSTALL ended that");
            assertThat(result(report, "122").failures()).isEmpty();
        }
    }

    @Test
    @Tag("long")
    void aFindingAboutAnEffectNamesTheRequestOfItsEvent() {
        try (SmallHandler handler = SmallHandler.right(folder)) {
            ContractReport report = handler.suite()
                    .only("504")
                    .settle(Duration.ofSeconds(30))
                    .evidence(() -> {
                        List<Effect> effects = effects(handler);
                        // The first is that of the good event before all cases.
                        if (effects.size() > 7) {
                            effects.remove(7);
                        }
                        return effects;
                    })
                    .run();

            assertThat(result(report, "504").failures())
                    .singleElement()
                    .asString()
                    .matches("expected one effect for each of fifty chats with one ts; got no effect for chat [0-9]+"
                            + " \\(request 7\\)");
            assertThat(result(report, "504").reproduce()).endsWith(" --raw 7 --send");
        }
    }

    @Test
    void findingsThatSayTheSameAreOneWithTheirNumber() {
        try (Listener denies = Listener.start(request -> answer(false), "127.0.0.1")) {
            assertThat(result(suite(denies, "504").run(), "504").failures())
                    .singleElement()
                    .asString()
                    .contains("; got status 403 (request 1; ")
                    .endsWith(", and 49 more like it");
        }
    }

    @Test
    @Tag("long")
    void anUninstallationConcernsHandlersThatRecordInstallations() {
        try (Listener settings = Listener.start(request -> answer(proven(request)), "127.0.0.1")) {
            ContractSuite suite = suite(settings, "017").evidence(List::of);

            assertThat(result(suite.run(), "017").missing())
                    .singleElement()
                    .asString()
                    .startsWith("whether the handler records installations: ");
            assertThat(result(suite.installing().run(), "017").verdict()).isEqualTo(Verdict.FAIL);
            assertThat(suite.only().settingsOnly().cases().stream().map(ContractCase::id))
                    .contains("OSF-C-016")
                    .doesNotContain("OSF-C-017", "OSF-C-019");
        }
    }

    @Test
    void aHandlerOfSettingsMayRefuseAnUninstallationThatItCannotFollow() {
        try (Listener settings = Listener.start(
                request -> answer(proven(request) && !request.text().contains("ONAPPUNINSTALL")), "127.0.0.1")) {
            ContractSuite suite = suite(settings, "017").evidence(List::of);

            assertThat(result(suite.run(), "017").verdict()).isEqualTo(Verdict.NOT_OBSERVED);
            assertThat(result(suite.installing().run(), "017").verdict()).isEqualTo(Verdict.FAIL);
        }
    }

    @Test
    void aHandlerThatEndsItsTrustMayNotRefuseTheUninstallation() {
        AtomicBoolean ended = new AtomicBoolean();
        try (Listener ends = Listener.start(
                request -> {
                    ended.compareAndSet(false, request.text().contains("ONAPPUNINSTALL"));
                    return answer(proven(request) && !ended.get());
                },
                "127.0.0.1")) {
            ContractSuite suite = suite(ends, "017").evidence(List::of);

            assertThat(result(suite.run(), "017").verdict()).isEqualTo(Verdict.FAIL);
        }
    }

    @Test
    @Tag("long")
    void casesThatWereNotObservedDoNotPass() {
        try (SmallHandler handler = SmallHandler.right(folder)) {
            ContractReport report = handler.suite()
                    .evidence(EffectSource.file(handler.evidence()))
                    .only("104", "512", "513", "514", "605")
                    .run();

            assertThat(report.ids(Level.MUST, Verdict.NOT_OBSERVED))
                    .containsExactly("OSF-C-104", "OSF-C-512", "OSF-C-513", "OSF-C-514", "OSF-C-605");
        }
    }

    /** Tests a handler that may or may not look at its store. */
    @Test
    void aClosedConnectionDoesNotShowThatTheHandlerLooksAtItsStore() {
        Path broken = folder.resolve("broken");
        try (Listener dies =
                Listener.start(request -> Files.exists(broken) ? null : answer(proven(request)), "127.0.0.1")) {
            CaseResult result = result(
                    suite(dies, "603")
                            .evidence(List::of)
                            .settle(TOO_SHORT)
                            .brokenStore("touch '" + broken + "'", "rm '" + broken + "'")
                            .run(),
                    "603");

            assertThat(result.missing()).anyMatch(line -> line.contains("closed 10 connections without one"));
        }
    }

    @Test
    @RequiresTool("prlimit")
    void aLimitOnTheHandlersFilesDoesNotTouchWhatItPrints() throws Exception {
        String talks = "echo ready; while [ ! -e '" + folder + "/go' ]; do sleep 0.05; done; echo printed; sleep 600";
        try (HandlerProcess process = new HandlerProcess(
                talks,
                "ready",
                "TERM",
                Duration.ofMinutes(1),
                Wire.dry(URI.create("http://127.0.0.1:9/")),
                wire -> false)) {
            assertThat(process.start()).isTrue();
            assertThat(new ProcessBuilder("prlimit", "--pid", process.pid(), "--fsize=0:")
                            .start()
                            .waitFor())
                    .isZero();
            Files.createFile(folder.resolve("go"));

            Await.until("the line after the limit", () -> process.output().contains("printed"));
            assertThat(process.alive()).isTrue();
        }
    }

    @Test
    void everyMustCaseHasARemedyAndEveryCaseAReason() {
        assertThat(Catalogue.all())
                .filteredOn(one -> one.level() == Level.MUST)
                .allMatch(one -> Advice.isFor(one.id()));
        assertThat(Catalogue.all())
                .noneMatch(one ->
                        Advice.fix(one.id()).isBlank() || Advice.why(one.id()).isBlank());
    }
}
