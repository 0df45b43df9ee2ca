// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class GateTest {

    private final List<String> dropped = new ArrayList<>();
    private final Gate gate = new Gate(1000);

    @Test
    void theOldestIsDroppedAndNotTheNewcomer() {
        enter("1", "first", 300);
        enter("2", "second", 300);
        enter("3", "third", 300);

        enter("4", "fourth", 300);

        assertThat(dropped).containsExactly("first");
        assertThat(gate.bytes()).isEqualTo(900);
    }

    @Test
    void theSourceThatHoldsMostLosesItsOldest() {
        enter("other", "other", 100);
        enter("1", "first", 400);
        enter("1", "second", 400);

        enter("2", "third", 300);

        assertThat(dropped).containsExactly("first");
    }

    @Test
    void aSourceBeginsWithNothingAfterAnotherHasLeft() {
        Gate.Place left = enter("left", "left", 400);
        left.read(10);
        left.leave();
        enter("new", "new", 100);
        enter("other", "other", 300);

        enter("other", "last", 700);

        assertThat(dropped).containsExactly("other");
        assertThat(gate.sources()).isEqualTo(2);
    }

    /** Puts two senders behind one proxy. Until a head is whole, nothing tells which of them it is. */
    @Test
    void aRequestIsOfTheSourceThatAProxyNamesUntilItsAnswer() {
        Gate.Place first = enter("proxy", "first", 100);
        first.from("1");
        Gate.Place second = enter("proxy", "second", 400);
        second.from("2");
        enter("proxy", "third", 450);
        assertThat(gate.sources()).isEqualTo(3);

        enter("4", "fourth", 300);

        assertThat(dropped).containsExactly("third");
        second.answered();
        assertThat(gate.sources()).isEqualTo(3);
        enter("4", "fifth", 300);
        assertThat(dropped).containsExactly("third", "fourth");
    }

    @Test
    void theOldestOfAllIsDroppedIfNoSourceHoldsMuch() {
        for (int i = 0; i < 10; i++) {
            enter("" + i, "place " + i, 100);
        }

        enter("large", "large", 120);

        assertThat(dropped).containsExactly("place 0", "place 1");
    }

    @Test
    void aWholeRequestIsNeverDropped() {
        Gate.Place whole = enter("1", "whole", 100);
        assertThat(whole.grow(200)).isTrue();
        assertThat(whole.whole()).isTrue();
        assertThat(gate.bytes()).isEqualTo(700);

        enter("1", "next", 300);
        enter("1", "last", 300);

        assertThat(dropped).containsExactly("next");
    }

    @Test
    void wholeRequestsTakeThreeQuartersAtMost() {
        Gate.Place whole = enter("1", "whole", 400);
        assertThat(whole.whole()).isTrue();
        Gate.Place more = enter("1", "more", 400);

        assertThat(more.whole()).isFalse();
        assertThat(more.gone()).isFalse();

        whole.answered();
        assertThat(more.whole()).isTrue();
        assertThat(dropped).isEmpty();
        assertThat(gate.bytes()).isEqualTo(800);
    }

    @Test
    void theHeadCountsForWhatItMayBecomeUntilItIsWhole() {
        Gate.Place place = enter("1", "place", 10);
        place.read(15);
        assertThat(gate.bytes()).isEqualTo(10 + 15 * Gate.SPREAD);

        place.head(11, 1);
        assertThat(gate.bytes()).isEqualTo(10 + 4 * Gate.SPREAD + 11 + 100);

        assertThat(place.grow(8)).isTrue();
        place.content(4);
        assertThat(gate.bytes()).isEqualTo(10 + 11 + 100 + 8);

        place.answered();
        assertThat(gate.bytes()).isEqualTo(10);
    }

    @Test
    void theBytesOfTheNextRequestStillCount() {
        Gate.Place place = enter("1", "place", 10);
        place.read(18);
        place.head(11, 0);

        place.answered();

        assertThat(gate.bytes()).isEqualTo(10 + 7 * Gate.SPREAD);
    }

    @Test
    void anAnswerMakesAConnectionTheNewest() {
        Gate.Place first = enter("1", "first", 400);
        enter("1", "second", 400);
        assertThat(first.whole()).isTrue();
        first.answered();

        enter("1", "third", 400);

        assertThat(dropped).containsExactly("second");
    }

    @Test
    void aPlaceThatLeavesGivesEverythingBackOnce() {
        Gate.Place place = enter("1", "place", 100);
        place.read(5);
        assertThat(place.grow(100)).isTrue();
        assertThat(place.whole()).isTrue();

        place.leave();
        place.leave();
        place.read(5);
        place.answered();

        assertThat(place.grow(100)).isFalse();
        assertThat(gate.bytes()).isZero();
        assertThat(gate.sources()).isZero();
        assertThat(dropped).isEmpty();
    }

    @Test
    void noOrderOfEventsLosesAByte() {
        Random random = new Random(7);
        List<Gate.Place> places = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            if (places.isEmpty() || random.nextInt(4) == 0) {
                places.add(enter("" + random.nextInt(5), "place", 10 + random.nextInt(50)));
            }
            Gate.Place place = places.get(random.nextInt(places.size()));
            switch (random.nextInt(8)) {
                case 0 -> place.read(random.nextInt(5));
                case 1 -> place.head(random.nextInt(5), random.nextInt(2));
                case 2 -> place.grow(random.nextInt(100));
                case 3 -> place.content(random.nextInt(5));
                case 4 -> place.whole();
                case 5 -> place.answered();
                case 6 -> place.from("" + random.nextInt(5));
                default -> place.leave();
            }
            places.removeIf(Gate.Place::gone);
            // Whole requests take 750 and their places are kept; one more may have just been answered.
            assertThat(gate.bytes()).isBetween(0L, 1000L + 750L);
        }

        places.forEach(Gate.Place::leave);

        assertThat(gate.bytes()).isZero();
        assertThat(gate.sources()).isZero();
    }

    @Test
    void theArrayNeverGrowsPastTheLimitNorPastWhatIsDeclared() {
        Gate wide = new Gate(1_000_000);
        Gate.Place place = wide.place("1", 0, () -> {});
        place.enter();
        BodyBytes body = new BodyBytes(place, 524_288, -1);
        for (int part : new int[] {131_071, 131_071, 262_142}) {
            assertThat(body.add(ByteBuffer.allocate(part))).isEqualTo(BodyBytes.Added.KEPT);
        }
        assertThat(body.add(ByteBuffer.allocate(1))).isEqualTo(BodyBytes.Added.KEPT);
        assertThat(wide.bytes()).isEqualTo(524_288);
        assertThat(body.add(ByteBuffer.allocate(4))).isEqualTo(BodyBytes.Added.TOO_LARGE);
        assertThat(body.whole()).hasSize(524_285);

        BodyBytes declared = new BodyBytes(place, 524_288, 1000);
        declared.add(ByteBuffer.allocate(800));
        declared.add(ByteBuffer.allocate(1));
        assertThat(wide.bytes()).isEqualTo(1000);
    }

    @Test
    void allAddressesOfAnIpv6PrefixAreOneSource() throws Exception {
        assertThat(Gate.source(InetAddress.getByName("2001:db8:1:2:3:4:5:6")))
                .isEqualTo(Gate.source(InetAddress.getByName("2001:db8:1:2:f::1")))
                .isNotEqualTo(Gate.source(InetAddress.getByName("2001:db8:1:3:3:4:5:6")));
        assertThat(Gate.source(InetAddress.getByName("192.0.2.1"))).isEqualTo("192.0.2.1");
    }

    private Gate.Place enter(String source, String name, long weight) {
        Gate.Place place = gate.place(source, weight, () -> dropped.add(name));
        place.enter();
        return place;
    }
}
