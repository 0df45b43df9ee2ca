// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class TurnsTest {

    private final Turns turns = new Turns();

    @Test
    void aSourceHasOneTurnAtATime() throws Exception {
        assertThat(turns.begin("guesser", false)).isTrue();
        assertThat(turns.begin("guesser", false)).isFalse();
        turns.end("guesser", false);
        assertThat(turns.begin("guesser", false)).isTrue();
    }

    @Test
    void whoeverHasASessionOrGaveThePasswordBeforeWaitsForNoStranger() throws Exception {
        assertThat(turns.begin("operator", false)).isTrue();
        turns.end("operator", true);
        assertThat(turns.begin("guesser", false)).isTrue();

        assertThat(turns.begin("operator", false)).isTrue();
        turns.end("operator", false);
        assertThat(turns.begin("session", true)).isTrue();
    }

    @Test
    void theOneWithTheFewestWrongGuessesIsNext() throws Exception {
        wrong("guesser");
        assertThat(turns.begin("first", false)).isTrue();
        CompletableFuture<Boolean> guesser = waiting("guesser");
        CompletableFuture<Boolean> newcomer = waiting("newcomer");

        turns.end("first", false);

        assertThat(newcomer.join()).isTrue();
        assertThat(turns.waiting()).isEqualTo(1);
        turns.end("newcomer", false);
        assertThat(guesser.join()).isTrue();
    }

    @Test
    void whoeverHasGivenTenWrongOnesSinceIsAStranger() throws Exception {
        assertThat(turns.begin("operator", false)).isTrue();
        turns.end("operator", true);
        for (int i = 0; i < 10; i++) {
            wrong("operator");
        }
        assertThat(turns.begin("guesser", false)).isTrue();
        CompletableFuture<Boolean> operator = waiting("operator");

        turns.end("guesser", false);

        assertThat(operator.join()).isTrue();
    }

    @Test
    void ifTooManyWaitTheOneWithTheMostWrongGuessesIsRefused() throws Exception {
        wrong("guesser");
        assertThat(turns.begin("first", false)).isTrue();
        CompletableFuture<Boolean> guesser = waiting("guesser");
        List<CompletableFuture<Boolean>> others = new ArrayList<>();
        for (int i = 1; i < Turns.WAITING; i++) {
            others.add(waiting("other " + i));
        }

        CompletableFuture<Boolean> newcomer = begin("newcomer");

        assertThat(guesser.join()).isFalse();
        assertThat(turns.waiting()).isEqualTo(Turns.WAITING);
        turns.end("first", false);
        for (int i = 1; i < Turns.WAITING; i++) {
            assertThat(others.get(i - 1).join()).isTrue();
            turns.end("other " + i, false);
        }
        assertThat(newcomer.join()).isTrue();
    }

    private void wrong(String source) throws InterruptedException {
        assertThat(turns.begin(source, false)).isTrue();
        turns.end(source, false);
    }

    /** Begins a turn that has to wait. */
    private CompletableFuture<Boolean> waiting(String source) {
        int before = turns.waiting();
        CompletableFuture<Boolean> turn = begin(source);
        Await.until(source + " to wait", () -> turns.waiting() > before);
        return turn;
    }

    private CompletableFuture<Boolean> begin(String source) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return turns.begin(source, false);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                },
                task -> new Thread(task).start());
    }
}
