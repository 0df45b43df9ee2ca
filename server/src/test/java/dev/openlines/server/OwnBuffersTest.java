// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.eclipse.jetty.util.BufferUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a connection which gives a buffer back twice cannot take it from another. */
class OwnBuffersTest {

    private static final int SIZE = 8192;

    /** Shows the fault that {@link OwnBuffers} prevents. If this test fails, Jetty has repaired it. */
    @Test
    void jettysPoolLendsABufferThatWasGivenBackTwiceToTwoConnections() {
        ByteBufferPool pool = used(new ArrayByteBufferPool());
        RetainableByteBuffer first = pool.acquire(SIZE, true);
        first.release();
        RetainableByteBuffer second = pool.acquire(SIZE, true);
        first.release();

        assertThat(contentIsSharedBy(second, pool.acquire(SIZE, true))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBufferThatIsGivenBackTwiceStaysWithItsNextConnection(boolean direct) {
        ByteBufferPool pool = used(new OwnBuffers());
        RetainableByteBuffer first = pool.acquire(SIZE, direct);
        first.release();
        RetainableByteBuffer second = pool.acquire(SIZE, direct);
        assertThat(first.release()).isFalse();

        assertThat(contentIsSharedBy(second, pool.acquire(SIZE, direct))).isFalse();
    }

    @Test
    void aLateUseDoesNotMoveThePositionOfTheNextConnection() {
        ByteBufferPool pool = used(new OwnBuffers());
        RetainableByteBuffer first = pool.acquire(SIZE, true);
        first.release();
        RetainableByteBuffer second = pool.acquire(SIZE, true);
        BufferUtil.append(second.getByteBuffer(), "event".getBytes(StandardCharsets.US_ASCII));

        first.getByteBuffer().clear();

        assertThat(second.remaining()).isEqualTo(5);
    }

    @Test
    void aBufferIsUsedAgain() {
        ByteBufferPool pool = used(new OwnBuffers());
        RetainableByteBuffer first = pool.acquire(SIZE, true);
        ByteBuffer content = first.getByteBuffer();
        first.release();

        assertThat(contentIsSharedBy(RetainableByteBuffer.wrap(content), pool.acquire(SIZE, true)))
                .isTrue();
    }

    /** Fills the pool: Jetty reuses the object of a buffer, and not only its content, from the second time on. */
    private static ByteBufferPool used(ByteBufferPool pool) {
        pool.acquire(SIZE, true).release();
        pool.acquire(SIZE, false).release();
        return pool;
    }

    private static boolean contentIsSharedBy(RetainableByteBuffer one, RetainableByteBuffer another) {
        ByteBuffer written = one.getByteBuffer().duplicate().clear();
        ByteBuffer read = another.getByteBuffer().duplicate().clear();
        written.put(0, (byte) 1);
        read.put(0, (byte) 2);
        return written.get(0) == 2;
    }
}
