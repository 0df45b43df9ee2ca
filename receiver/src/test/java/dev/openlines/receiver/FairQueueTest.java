// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FairQueueTest {

    private final FairQueue queue = new FairQueue(4);

    @Test
    void onePortalAloneHasAllWorkers() {
        add("a", 6);
        assertThat(begin()).containsExactly("a", "a", "a", "a");
    }

    @Test
    void portalsTakeTurns() {
        add("a", 9);
        add("b", 2);
        add("c", 1);
        assertThat(begin()).containsExactly("a", "b", "c");
    }

    @Test
    void theLastWorkerIsLeftToAPortalThatHasNone() {
        queue.know("b");
        add("a", 9);
        assertThat(begin()).containsExactly("a", "a", "a");
        add("b", 2);
        assertThat(begin()).containsExactly("b");
        queue.ended(delivery("b"));
        assertThat(begin()).containsExactly("b");
    }

    @Test
    void oneWorkerServesAll() {
        FairQueue one = new FairQueue(1);
        one.know("b");
        one.add(delivery("a"));
        assertThat(one.next()).isNotNull();
        assertThat(one.next()).isNull();
    }

    @Test
    void itTellsWhoHoldsMuchAndGivesBackWhatHasNotBegun() {
        queue.know("b");
        add("a", 9);
        add("b", 2);
        begin();
        assertThat(queue.holding(9)).containsExactly("a");
        assertThat(queue.drain()).hasSize(8);
        assertThat(queue.holding(4)).isEmpty();
        assertThat(queue.next()).isNull();
    }

    private void add(String portal, int count) {
        for (int i = 0; i < count; i++) {
            queue.add(delivery(portal));
        }
    }

    private List<String> begin() {
        List<String> begun = new ArrayList<>();
        for (LeasedDelivery next = queue.next(); next != null; next = queue.next()) {
            begun.add(next.memberId());
        }
        return begun;
    }

    private static LeasedDelivery delivery(String portal) {
        return new LeasedDelivery(1, portal, "E", "k", "{}", Deliveries.T0, 1, 1, "owner");
    }
}
