// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class LeaseSizeTest {

    private static final long MIB = 1 << 20;
    private static final long MILLISECOND = 1_000_000;

    @Test
    void nothingIsKnownAtFirst() {
        assertThat(new LeaseSize(4, 64 * MIB).most()).isEqualTo(32);
    }

    @Test
    void quickHandlersGetMoreEventsAndSlowOnesFew() {
        LeaseSize size = new LeaseSize(4, 64 * MIB);

        attempts(size, 200, 5 * MILLISECOND);
        assertThat(size.most()).isBetween(60, 80);
        attempts(size, 200, MILLISECOND / 10);
        assertThat(size.most()).isEqualTo(256);
        attempts(size, 1, 1000 * MILLISECOND);
        assertThat(size.most()).isBetween(60, 64);
        attempts(size, 20, 1000 * MILLISECOND);
        assertThat(size.most()).isEqualTo(32);
    }

    @Test
    void longPayloadsAreLeasedInSmallNumbersUntilTheyAreForgotten() {
        LeaseSize size = new LeaseSize(4, 64 * MIB);
        attempts(size, 200, MILLISECOND / 10);

        size.leased(delivery(20_000));
        assertThat(size.most()).isEqualTo(104);
        size.leased(delivery(500_000));
        assertThat(size.most()).isEqualTo(32);
        for (int i = 0; i < 100; i++) {
            size.leased(delivery(600));
        }
        assertThat(size.most()).isEqualTo(256);
    }

    @Test
    void manyWorkersLeaseNoMoreThanACommitSettles() {
        LeaseSize size = new LeaseSize(32, 1024 * MIB);
        attempts(size, 200, MILLISECOND / 10);

        assertThat(size.most()).isEqualTo(512);
        assertThat(new LeaseSize(1000, 1024 * MIB).most()).isEqualTo(8000);
    }

    private static void attempts(LeaseSize size, int count, long nanos) {
        for (int i = 0; i < count; i++) {
            size.attempted(nanos);
        }
    }

    private static LeasedDelivery delivery(int characters) {
        return new LeasedDelivery(
                1, "m", "E", "k", "x".repeat(characters), Instant.EPOCH, 1, 1, "o", Origin.EVENT, null, null);
    }
}
