// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import java.security.SecureRandom;

/**
 * SipHash-1-3 with a key that is drawn once per process. A sender who does not know the key cannot choose names with
 * equal hashes.
 */
final class SipHash {

    private static final long KEY0 = new SecureRandom().nextLong();
    private static final long KEY1 = new SecureRandom().nextLong();

    private long v0;
    private long v1;
    private long v2;
    private long v3;

    private SipHash(long key0, long key1) {
        v0 = key0 ^ 0x736f6d6570736575L;
        v1 = key1 ^ 0x646f72616e646f6dL;
        v2 = key0 ^ 0x6c7967656e657261L;
        v3 = key1 ^ 0x7465646279746573L;
    }

    /** Returns a hash of a range of bytes, which differs between processes. */
    static int hash(byte[] bytes, int from, int length) {
        return Long.hashCode(hash(KEY0, KEY1, bytes, from, length));
    }

    static long hash(long key0, long key1, byte[] bytes, int from, int length) {
        SipHash hash = new SipHash(key0, key1);
        int at = from;
        int to = from + length;
        for (; to - at >= 8; at += 8) {
            hash.add(Bytes.longAt(bytes, at));
        }
        long rest = (long) length << 56;
        for (int shift = 0; at < to; shift += 8) {
            rest |= (bytes[at++] & 0xffL) << shift;
        }
        hash.add(rest);
        return hash.finish();
    }

    private void add(long word) {
        v3 ^= word;
        round();
        v0 ^= word;
    }

    private long finish() {
        v2 ^= 0xff;
        round();
        round();
        round();
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private void round() {
        v0 += v1;
        v1 = Long.rotateLeft(v1, 13) ^ v0;
        v0 = Long.rotateLeft(v0, 32);
        v2 += v3;
        v3 = Long.rotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = Long.rotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = Long.rotateLeft(v1, 17) ^ v2;
        v2 = Long.rotateLeft(v2, 32);
    }
}
