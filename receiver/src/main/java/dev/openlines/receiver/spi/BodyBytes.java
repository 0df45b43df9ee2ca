// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver.spi;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A body that is being received. Its array grows with the received bytes, not with the declared length, and never past
 * the limit.
 */
public final class BodyBytes {

    /** The result of adding bytes. */
    public enum Added {
        KEPT,
        TOO_LARGE,
        DROPPED
    }

    private static final byte[] NOTHING = {};

    private final Gate.Place place;
    private final int most;
    private byte[] bytes = NOTHING;
    private int count;

    /**
     * Makes an empty body.
     *
     * @param place is charged for the array
     * @param limit how long a body may be
     * @param declared how long this one is to be, or a negative number
     */
    public BodyBytes(Gate.Place place, int limit, long declared) {
        this.place = place;
        this.most = declared < 0 ? limit : (int) Math.min(limit, declared);
    }

    public Added add(ByteBuffer more) {
        int length = more.remaining();
        if (length > most - count) {
            return Added.TOO_LARGE;
        }
        if (length > bytes.length - count) {
            int capacity = (int) Math.min(most, Math.max((long) count + length, 2L * bytes.length));
            if (!place.grow(capacity)) {
                return Added.DROPPED;
            }
            bytes = Arrays.copyOf(bytes, capacity);
        }
        more.get(bytes, count, length);
        count += length;
        place.content(length);
        return Added.KEPT;
    }

    public int count() {
        return count;
    }

    /** Returns the body. Most come in one piece, and then fill their array. */
    public byte[] whole() {
        return bytes.length == count ? bytes : Arrays.copyOf(bytes, count);
    }
}
