// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.RetainableByteBuffer;

/**
 * Pools Jetty's buffers so that no connection can touch a buffer that it has given back. After a malformed head, Jetty
 * 12.1.14 ends the connection on one thread while another still reads from it, and sometimes both give the connection's
 * buffer back. Jetty's own pool then lends this buffer to two connections at once, and an event is mixed with the bytes
 * of an unknown sender.
 *
 * <p>Thread-safe, as its buffers are.
 */
final class OwnBuffers extends ByteBufferPool.Wrapper {

    OwnBuffers() {
        super(new ArrayByteBufferPool());
    }

    /** Lends a buffer with a count and a position of its own. Giving it back twice has no further effect. */
    @Override
    public RetainableByteBuffer.Mutable acquire(int size, boolean direct) {
        RetainableByteBuffer pooled = super.acquire(size, direct);
        return new RetainableByteBuffer.FixedCapacity(pooled.getByteBuffer().duplicate()) {
            @Override
            public boolean release() {
                boolean last;
                try {
                    last = super.release();
                } catch (IllegalStateException e) {
                    // It was given back before.
                    return false;
                }
                if (last) {
                    pooled.release();
                }
                return last;
            }
        };
    }
}
