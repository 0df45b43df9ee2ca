// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.receiver.CloseMatching.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class CloseMatchingTest {

    private static final long TEN = 36_000;
    private static final long LATER = TEN + 10_000;

    @Test
    void anEventOfTheSameSecondOrALittleLaterBelongsToTheClose() {
        assertThat(pairs(at(TEN), at(TEN))).isEqualTo(Map.of(0, 0));
        assertThat(pairs(at(TEN + 120), at(TEN))).isEqualTo(Map.of(0, 0));
        assertThat(pairs(at(TEN - 1), at(TEN))).isEqualTo(Map.of(0, 0));
    }

    @Test
    void anEventOutsideOfTheWindowDoesNot() {
        assertThat(pairs(at(TEN + 121), at(TEN))).isEmpty();
        assertThat(pairs(at(TEN - 2), at(TEN))).isEmpty();
    }

    @Test
    void anEventOfAnotherChatDoesNot() {
        assertThat(CloseMatching.match(
                                List.of(new Point(1L, TEN)),
                                List.of(new Point(2L, TEN)),
                                LATER,
                                CloseMatchingTest::never)
                        .eventOf())
                .isEmpty();
    }

    /** Closes at 10:00:00 and 10:01:00 of one chat, and the first event was lost. */
    @Test
    void ofTwoClosesAMinuteApartTheOneWhoseEventWasLostIsLeft() {
        assertThat(pairs(at(TEN + 60), at(TEN, TEN + 60))).isEqualTo(Map.of(1, 0));
    }

    @Test
    void morePairsCountMoreThanSmallDistances() {
        // The nearest pair of the second event is the first close, and then the first event would have none.
        assertThat(pairs(at(TEN + 1, TEN + 60), at(TEN, TEN + 2))).isEqualTo(Map.of(0, 0, 1, 1));
        assertThat(pairs(at(TEN + 100, TEN + 121), at(TEN, TEN + 100))).isEqualTo(Map.of(0, 0, 1, 1));
    }

    @Test
    void ofEquallyManyPairsTheNearestCount() {
        assertThat(pairs(at(TEN + 100, TEN + 200), at(TEN, TEN + 100, TEN + 200)))
                .isEqualTo(Map.of(1, 0, 2, 1));
    }

    @Test
    void twoEventsOfOneSecondAreTwoCloses() {
        assertThat(pairs(at(TEN, TEN), at(TEN, TEN))).hasSize(2);
        assertThat(pairs(at(TEN), at(TEN, TEN))).hasSize(1);
    }

    @Test
    void ofChatZeroLineUserAndConnectorMustAgree() {
        ClosePlace event = new ClosePlace(0, 1L, 2L, "livechat");
        assertThat(zero(event, new ClosePlace(0, 1L, 2L, "livechat"))).hasSize(1);
        assertThat(zero(event, new ClosePlace(0, 9L, 2L, "livechat"))).isEmpty();
        assertThat(zero(event, new ClosePlace(0, 1L, 9L, "livechat"))).isEmpty();
        assertThat(zero(event, new ClosePlace(0, 1L, 2L, "viber"))).isEmpty();
        ClosePlace noLine = new ClosePlace(0, null, 2L, "livechat");
        assertThat(zero(noLine, new ClosePlace(0, 1L, 2L, "livechat"))).isEmpty();
        assertThat(zero(noLine, noLine)).isEmpty();
    }

    @Test
    void ofAnyOtherChatOnlyItsIdMustAgree() {
        assertThat(zero(new ClosePlace(5, 1L, 2L, "livechat"), new ClosePlace(5, 9L, null, null)))
                .hasSize(1);
    }

    /** Checks local times that are wrong by an hour, in either direction, in the hour that comes twice. */
    @Test
    void afterAChangeOfTheOffsetPairsOneHourApartAreTriedLast() {
        List<Point> events = at(TEN + 3, TEN + 7200);
        List<Point> closes = at(TEN + 3600, TEN + 7200);
        assertThat(CloseMatching.match(events, closes, LATER, CloseMatchingTest::never)
                        .eventOf())
                .isEqualTo(Map.of(1, 1));
        assertThat(CloseMatching.match(at(TEN + 3602), at(TEN), LATER, at -> true)
                        .eventOf())
                .isEqualTo(Map.of(0, 0));
        assertThat(CloseMatching.match(at(TEN), at(TEN + 3599), LATER, at -> true)
                        .eventOf())
                .isEqualTo(Map.of(0, 0));
        assertThat(CloseMatching.match(at(TEN, TEN + 3600), at(TEN + 3600), LATER, at -> true)
                        .eventOf())
                .as("what fits without the hour comes first")
                .isEqualTo(Map.of(0, 1));
    }

    @Test
    void anHourApartNoEventIsTakenFromACloseThatIsNotListedYet() {
        assertThat(CloseMatching.match(at(TEN + 3602), at(TEN), TEN + 3600, at -> true)
                        .eventOf())
                .isEmpty();
    }

    @Test
    void aCloseIsUndecidedWhileWhatFollowsItMayTakeItsEvent() {
        // The event may belong to a close that is listed in the next second.
        assertThat(CloseMatching.match(at(TEN + 60), at(TEN), TEN + 60, CloseMatchingTest::never)
                        .undecided())
                .containsExactly(0);
        assertThat(CloseMatching.match(at(TEN + 60), at(TEN), TEN + 60 + 121, CloseMatchingTest::never)
                        .undecided())
                .isEmpty();
        // Each may take the event of the one before it.
        assertThat(CloseMatching.match(at(), at(TEN, TEN + 100, TEN + 200), TEN + 300, CloseMatchingTest::never)
                        .undecided())
                .containsExactlyInAnyOrder(0, 1, 2);
    }

    @Test
    void anEndlessChainOfClosesIsDecidedAfterHalfAnHour() {
        List<Point> closes = LongStream.range(0, 40)
                .mapToObj(i -> new Point(1L, TEN + 100 * i))
                .toList();

        assertThat(CloseMatching.match(at(), closes, TEN + 3900, CloseMatchingTest::never)
                        .undecided())
                .hasSize(18)
                .doesNotContain(0, 21)
                .contains(22, 39);
    }

    @Test
    void noPairingOfRandomTimesIsBetter() {
        long seed = Long.getLong("seed", 20_261_129L);
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            List<Point> events = random(random, 5);
            List<Point> closes = random(random, 5);
            Map<Integer, Integer> pairs = CloseMatching.match(events, closes, LATER, CloseMatchingTest::never)
                    .eventOf();
            assertThat(pairs.values()).as("seed %d", seed).doesNotHaveDuplicates();
            assertThat(pairs)
                    .as("seed %d", seed)
                    .allSatisfy((close, event) -> assertThat(CloseMatching.fits(
                                    events.get(event).at(), closes.get(close).at()))
                            .isTrue());
            long score = pairs.entrySet().stream()
                    .mapToLong(pair -> 1_000_000
                            - Math.abs(events.get(pair.getValue()).at()
                                    - closes.get(pair.getKey()).at()))
                    .sum();
            assertThat(score)
                    .as("seed %d round %d: %s %s", seed, round, events, closes)
                    .isEqualTo(best(events, closes, 0, new boolean[events.size()]));
        }
    }

    private static long best(List<Point> events, List<Point> closes, int close, boolean[] used) {
        if (close == closes.size()) {
            return 0;
        }
        long best = best(events, closes, close + 1, used);
        for (int event = 0; event < used.length; event++) {
            long at = events.get(event).at();
            if (!used[event] && CloseMatching.fits(at, closes.get(close).at())) {
                used[event] = true;
                best = Math.max(
                        best,
                        1_000_000 - Math.abs(at - closes.get(close).at()) + best(events, closes, close + 1, used));
                used[event] = false;
            }
        }
        return best;
    }

    private static List<Point> random(Random random, int most) {
        List<Point> points = new ArrayList<>();
        for (int i = random.nextInt(most + 1); i > 0; i--) {
            points.add(new Point(1L, TEN + random.nextInt(300)));
        }
        return points;
    }

    private static Map<Integer, Integer> zero(ClosePlace event, ClosePlace close) {
        return CloseMatching.match(
                        List.of(new Point(event.group(), TEN)),
                        List.of(new Point(close.group(), TEN)),
                        LATER,
                        CloseMatchingTest::never)
                .eventOf();
    }

    private static Map<Integer, Integer> pairs(List<Point> events, List<Point> closes) {
        return CloseMatching.match(events, closes, LATER, CloseMatchingTest::never)
                .eventOf();
    }

    private static List<Point> at(long... seconds) {
        return LongStream.of(seconds).mapToObj(second -> new Point(1L, second)).toList();
    }

    private static boolean never(long ignored) {
        return false;
    }
}
