// SPDX-License-Identifier: Apache-2.0
package dev.openlines.model;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Objects;

/**
 * A token or key that must not be seen.
 *
 * <p>It prints as {@code ***}, compares in a time that does not depend on the place where two secrets differ, and gives
 * its text only through {@link #reveal()}, so that every use can be found by a search for that name. Serialization
 * frameworks see no property.
 */
public final class Secret {

    private final String text;

    private Secret(String text) {
        this.text = Objects.requireNonNull(text, "text");
    }

    /**
     * Wraps a secret.
     *
     * @param text the secret, may be empty, never null
     * @return a secret that reveals {@code text}
     */
    public static Secret of(String text) {
        return new Secret(text);
    }

    /**
     * Returns the secret itself. The caller must keep it out of logs and messages.
     *
     * @return the text given to {@link #of}, never null
     */
    public String reveal() {
        return text;
    }

    /**
     * Compares digests of the two texts, in time that depends on their lengths only.
     *
     * @param other anything, may be null
     * @return whether {@code other} is a secret with the same text
     */
    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && MessageDigest.isEqual(digest(text), digest(secret.text));
    }

    /**
     * Returns the same number for every secret, because a hash of the text would reveal something about it.
     *
     * @return a constant
     */
    @Override
    public int hashCode() {
        return Secret.class.hashCode();
    }

    /**
     * Returns three asterisks.
     *
     * @return {@code ***}
     */
    @Override
    public String toString() {
        return "***";
    }

    private static byte[] digest(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
