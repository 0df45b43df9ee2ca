// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evidence as handlers really write it, and evidence that is none. */
class EvidenceTest {

    /** A limit of what never comes: an effect, or an answer. */
    private static final Duration TOO_SHORT = Duration.ofMillis(300);

    @TempDir
    private Path folder;

    private List<String> chats(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("evidence"), text, StandardCharsets.ISO_8859_1);
        return new EvidenceFile(file)
                .effects().stream()
                        .map(effect -> String.valueOf(effect.chatId()))
                        .toList();
    }

    @Test
    void textsAndNumbersZerosAndBigOnesAreTheSameIds() throws Exception {
        assertThat(
                        chats(
                                "{\"chat_id\":\"0017\"}\n{\"chat_id\":17}\n{\"chat_id\":9007199254740993}\n{\"chat_id\":1.7e1}\n"))
                .containsExactly("17", "17", "9007199254740993", "17");
    }

    @Test
    void oneOddLineLosesNoOther() throws Exception {
        EvidenceFile file = new EvidenceFile(Files.writeString(
                folder.resolve("evidence"), "PHP Warning: x\n{\"chat_id\":1}\r\n\n{\"chat_id\":\n{\"chat_id\":2}\n"));

        assertThat(file.effects()).extracting(Effect::chatId).containsExactly("1", "2");
        assertThat(file.unreadable()).isEqualTo(2);
    }

    @Test
    void bytesThatAreNoUtf8LoseNoEffect() throws Exception {
        assertThat(chats("{\"chat_id\":1,\"line_name\":\"\u00ff\u00fe\"}\n")).containsExactly("1");
    }

    @Test
    void anArrayAndALastLineWithoutItsEndCount() throws Exception {
        assertThat(chats("[{\"chat_id\":1},\n{\"chat_id\":2}]")).containsExactly("1", "2");
        assertThat(chats("{\"chat_id\":1}\n{\"chat_id\":2}")).containsExactly("1", "2");
        assertThat(chats("{\"chat_id\":1}\n{\"chat_id\":2")).containsExactly("1");
    }

    @Test
    void aFileThatGrowsIsReadFromWhereItEndedAndAnEmptiedOneAnew() throws Exception {
        Path file = Files.writeString(folder.resolve("evidence"), "{\"chat_id\":1}\n{\"chat");
        EvidenceFile evidence = new EvidenceFile(file);
        assertThat(evidence.effects()).hasSize(1);

        Files.writeString(file, "_id\":2}\n", StandardOpenOption.APPEND);
        assertThat(evidence.effects()).extracting(Effect::chatId).containsExactly("1", "2");

        Files.writeString(file, "{\"chat_id\":3}\n");
        assertThat(evidence.effects()).extracting(Effect::chatId).containsExactly("3");
    }

    @Test
    void aHundredThousandOldLinesAreNotTheRunsAndCostLittle() throws Exception {
        Path file =
                Files.writeString(folder.resolve("evidence"), "{\"chat_id\":17,\"member_id\":\"m\"}\n".repeat(100_000));
        EffectBook book = new EffectBook(new EvidenceFile(file), chat -> false);
        book.begin();
        Files.writeString(file, "{\"chat_id\":17,\"member_id\":\"m\"}\n", StandardOpenOption.APPEND);
        book.refresh();

        assertThat(book.of("17")).hasSize(1);
    }

    @Test
    void effectsFromBeforeTheRunAreAWarning() throws Exception {
        Path file = Files.writeString(folder.resolve("evidence"), "{\"chat_id\":17,\"member_id\":\"m\"}\n".repeat(2));

        ContractReport report = judge(EffectSources.file(file), "001");

        assertThat(report.remarks())
                .contains(
                        "the evidence has effects from before the run, 2 of them, which do not count: remove it, and give"
                                + " the handler a fresh store");
    }

    private ContractReport judge(EffectSource source, String... only) {
        try (SmallHandler handler = SmallHandler.right(folder)) {
            return handler.suite().only(only).evidence(source).settle(TOO_SHORT).run();
        }
    }

    private static void assertBlind(ContractReport report, String why) {
        assertThat(report.ids(Level.MUST, Verdict.FAIL)).isEmpty();
        assertThat(report.ids(Level.MUST, Verdict.NOT_OBSERVED)).contains("OSF-C-001");
        assertThat(report.remarks()).anyMatch(remark -> remark.contains(why));
        assertThat(report.exitCode(Level.MUST, false)).isEqualTo(ContractReport.INCONCLUSIVE);
    }

    @Test
    @Tag("long")
    void evidenceThatCannotBeReadNeitherFailsNorPassesACase() {
        assertBlind(judge(EffectSources.command("echo '<html>'"), "001", "121"), "not JSON lines nor an array");
        assertBlind(judge(EffectSources.command("exit 3"), "001", "121"), "ended with exit code 3");
        try (Listener page = Listener.start(request -> Listener.json(500, "<html>"), "127.0.0.1")) {
            assertBlind(judge(EffectSources.address(page.uri()), "001", "121"), "answered with status 500");
        }
        assertBlind(
                judge(
                        () -> {
                            throw new IllegalStateException("the user's own");
                        },
                        "001",
                        "121"),
                "the user's own");
    }

    @Test
    void aFileThatNeverComesIsALossAndItsPathIsNamed() {
        ContractReport report = judge(EffectSources.file(folder.resolve("nowhere")), "001");

        assertThat(report.ids(Level.MUST, Verdict.FAIL)).containsExactly("OSF-C-001");
        assertThat(report.remarks()).hasSize(1).allMatch(remark -> remark.contains("nowhere is not there"));
    }

    @Test
    void aWrongTokenIsReportedBeforeTheFirstCase() throws Exception {
        try (Listener denies = Listener.start(request -> Listener.json(403, ""), "127.0.0.1")) {
            ContractReport report = ContractSuite.of(denies.uri(), "m", SmallHandler.PROOF)
                    .only("101")
                    .run();

            assertThat(report.remarks()).hasSize(1).allMatch(remark -> remark.contains("given this --member-id"));
        }
    }

    @Test
    void aHandlerThatNeverAnswersEndsTheRunAtOnce() {
        CountDownLatch never = new CountDownLatch(1);
        try (Listener mute = Listener.start(
                request -> {
                    never.await();
                    return null;
                },
                "127.0.0.1")) {
            ContractReport report = ContractSuite.of(mute.uri(), "m", SmallHandler.PROOF)
                    .ackMax(TOO_SHORT)
                    .run();

            assertThat(report.stopped()).contains("the handler takes connections and does not answer");
            assertThat(report.exitCode(Level.MUST, false)).isEqualTo(ContractReport.NOT_READY);
            assertThat(report.ids(Level.MUST, Verdict.PASS)).isEmpty();
        }
    }

    @Test
    void aHandlerThatDiesInMidRunLeavesAWholeReport() throws Exception {
        AtomicInteger requests = new AtomicInteger();
        CompletableFuture<Listener> self = new CompletableFuture<>();
        try (Listener dying = Listener.start(
                request -> {
                    // At the first event that it should have denied: that case fails whatever comes of the answer.
                    boolean forged =
                            request.text().startsWith("POST") && !request.text().contains(SmallHandler.PROOF.reveal());
                    if (forged && requests.incrementAndGet() == 1) {
                        new Thread(() -> self.join().close()).start();
                    }
                    return Listener.json(200, "");
                },
                "127.0.0.1")) {
            self.complete(dying);

            ContractReport report =
                    ContractSuite.of(dying.uri(), "m", SmallHandler.PROOF).run();

            assertThat(report.stopped()).contains("the handler no longer takes connections");
            assertThat(report.ids(Level.MUST, Verdict.FAIL)).isNotEmpty();
            assertThat(report.ids(Level.MUST, Verdict.NOT_OBSERVED)).hasSizeGreaterThan(30);
            assertThat(report.exitCode(Level.MUST, false)).isEqualTo(ContractReport.NOT_READY);
            // All that the profile has, though most of it was never begun.
            assertThat(report.results())
                    .filteredOn(result -> result.contractCase().level() == Level.MUST)
                    .hasSizeGreaterThan(70);
        }
    }

    @Test
    void anAnswerThatIsNoHttpIsNoRefusal() {
        try (Listener ssh =
                Listener.start(request -> "SSH-2.0-x\r\n\r\n".getBytes(StandardCharsets.US_ASCII), "127.0.0.1")) {
            ContractReport report = ContractSuite.of(URI.create(ssh.uri() + "hook"), "m", SmallHandler.PROOF)
                    .only("202", "303")
                    .run();

            assertThat(report.ids(Level.MUST, Verdict.FAIL)).containsExactly("OSF-C-202", "OSF-C-303");
        }
    }

    @Test
    @Tag("long")
    void aTimeLimitLeavesAWholeReport() {
        ContractReport report;
        try (SmallHandler handler = SmallHandler.right(folder)) {
            report = handler.suite()
                    // There, 304 waits a minute.
                    .profile(Profile.EDGE)
                    .only("121", "304")
                    .timeLimit(Duration.ofSeconds(30))
                    .run();
        }

        assertThat(report.results()).hasSize(2);
        assertThat(report.ids(Level.MUST, Verdict.PASS)).containsExactly("OSF-C-121");
        assertThat(report.ids(Level.MUST, Verdict.NOT_OBSERVED)).containsExactly("OSF-C-304");
        assertThat(report.stopped()).contains("the time limit of 30 s was reached");
        assertThat(report.exitCode(Level.MUST, false)).isEqualTo(ContractReport.INCONCLUSIVE);
    }
}
