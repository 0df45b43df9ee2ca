// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import dev.openlines.testkit.RequiresTool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The packaged jar on a disk that fails, by a library that is preloaded, and a process that is stopped for a while. A
 * portal sends twenty events a second: whatever was answered with 200 is handled.
 */
@Timeout(600)
@RequiresTool("gcc")
@Tag("long")
class BrokenDiskIT {

    private static final String HEAP = "64m";
    private static final int EVENTS = 20;

    @TempDir
    Path directory;

    private Path faults;
    private Map<String, String> settings;
    private Map<String, String> failing;

    @BeforeEach
    void preload() throws Exception {
        Path store = Files.createDirectories(directory.toRealPath().resolve("store"));
        Path library = directory.resolve("faults.so");
        Process compiler = new ProcessBuilder(
                        "gcc", "-shared", "-fPIC", "-o", library.toString(), "src/test/c/faults.c", "-ldl")
                .inheritIO()
                .start();
        assertThat(compiler.waitFor()).isZero();
        faults = Files.writeString(directory.resolve("faults"), "-");
        settings = Map.of("OPENLINES_INBOX", store.resolve("inbox.db").toString());
        failing = Map.of(
                "OPENLINES_INBOX",
                store.resolve("inbox.db").toString(),
                "LD_PRELOAD",
                library.toString(),
                "FAULTS",
                faults.toString(),
                "FAULTS_BELOW",
                store.toString());
    }

    @ParameterizedTest
    @CsvSource({"f, fsync fails", "n, no space left", "r, read-only"})
    void nothingIsAcknowledgedWhileTheDiskFailsAndItGoesOnByItselfAfterwards(String letter, String what)
            throws Exception {
        Set<String> handled;
        Set<String> acknowledged;
        try (AttackedReceiver receiver = new AttackedReceiver(directory, HEAP, failing)) {
            receiver.send();
            receiver.awaitAnswers(EVENTS);
            receiver.suspend();
            Files.writeString(faults, letter);
            int first = receiver.resume();

            receiver.awaitAnswers(EVENTS);
            Await.until(receiver::state, () -> receiver.health().equals("503"));
            assertThat(receiver.answersFrom(first))
                    .as(() -> what + ": " + receiver.state())
                    .containsExactly("503");
            receiver.suspend();
            Files.writeString(faults, "-");
            Await.until(receiver::state, () -> receiver.health().equals("200"));
            first = receiver.resume();

            receiver.awaitAnswers(EVENTS);
            assertThat(receiver.answersFrom(first)).as(receiver::state).containsExactly("200");
            receiver.suspend();
            receiver.process().destroyForcibly();
            receiver.process().onExit().join();
            acknowledged = receiver.answered("200");
            handled = new HashSet<>(receiver.handled());
        }
        theNextProcessHandlesTheRest(acknowledged, handled);
    }

    /** Fails the sync of the log at a commit, and that of the database when a stop moves the log into it. */
    @ParameterizedTest
    @ValueSource(strings = {"w", "d"})
    void aPageThatIsHalfWrittenWhenTheProcessDiesLosesNothing(String letter) throws Exception {
        Set<String> handled;
        Set<String> acknowledged;
        try (AttackedReceiver receiver = new AttackedReceiver(directory, HEAP, failing)) {
            receiver.send();
            receiver.awaitAnswers(2 * EVENTS);
            Files.writeString(faults, letter);
            if (letter.equals("d")) {
                receiver.suspend();
                receiver.process().toHandle().destroy();
            }
            assertThat(receiver.process().waitFor()).as("killed").isEqualTo(137);
            acknowledged = receiver.answered("200");
            handled = new HashSet<>(receiver.handled());
        }
        theNextProcessHandlesTheRest(acknowledged, handled);
    }

    private void theNextProcessHandlesTheRest(Set<String> acknowledged, Set<String> handled) throws Exception {
        Process check = AttackedReceiver.start(directory, HEAP, settings, "inbox", "check");
        assertThat(check.waitFor()).isZero();
        try (AttackedReceiver again = new AttackedReceiver(directory, HEAP, settings)) {
            Await.until(again::state, () -> {
                Set<String> all = new HashSet<>(handled);
                all.addAll(again.handled());
                return all.containsAll(acknowledged);
            });
            assertThat(again.health()).isEqualTo("200");
        }
        assertThat(acknowledged).hasSizeGreaterThanOrEqualTo(EVENTS);
    }

    @Test
    void aProcessThatIsStoppedForAWhileAnswersWhenItGoesOn() throws Exception {
        try (AttackedReceiver receiver = new AttackedReceiver(directory, HEAP, settings)) {
            receiver.send();
            receiver.awaitAnswers(EVENTS);
            signal(receiver, "STOP");
            List<Thread> more = new ArrayList<>();
            for (int i = 0; i < EVENTS; i++) {
                more.add(new Thread(receiver::sendNow));
            }
            more.forEach(Thread::start);
            Await.until(receiver::state, () -> receiver.unanswered() >= EVENTS);

            signal(receiver, "CONT");

            for (Thread thread : more) {
                thread.join();
            }
            receiver.everyEventWasAnsweredAndHandled();
        }
    }

    private static void signal(AttackedReceiver receiver, String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder(
                        "sh", "-c", "kill -" + name + " " + receiver.process().pid())
                .inheritIO()
                .start();
        assertThat(kill.waitFor()).isZero();
    }
}
