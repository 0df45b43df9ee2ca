// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;

/**
 * The stored form of an application token. The token cannot be recovered from it. A token has 128 random bits, so a
 * plain digest is enough: all tokens cannot be tried.
 */
final class TokenDigest {

    /** Empty after each use. */
    private static final ThreadLocal<MessageDigest> SHA_256 = ThreadLocal.withInitial(TokenDigest::sha256);

    private final byte[] digest;
    private final Instant until;

    private TokenDigest(byte[] digest, Instant until) {
        this.digest = digest;
        this.until = until;
    }

    static TokenDigest of(Secret token, Instant until) {
        byte[] text = token.reveal().getBytes(StandardCharsets.UTF_8);
        return new TokenDigest(SHA_256.get().digest(text), until);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    static TokenDigest ofHex(String hex, Instant until) {
        return new TokenDigest(HexFormat.of().parseHex(hex), until);
    }

    /** Returns a random digest, which no token has. */
    static TokenDigest random() {
        byte[] bytes = new byte[32];
        new SecureRandom().nextBytes(bytes);
        return new TokenDigest(bytes, Instant.MAX);
    }

    /** Compares in constant time. */
    boolean same(TokenDigest other) {
        return MessageDigest.isEqual(digest, other.digest);
    }

    String hex() {
        return HexFormat.of().formatHex(digest);
    }

    /** Returns the moment when the token stops being valid. */
    Instant until() {
        return until;
    }

    boolean lasts() {
        return until.equals(Instant.MAX);
    }

    @Override
    public String toString() {
        return "***";
    }
}
