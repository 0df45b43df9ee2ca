// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.Secret;
import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Envelope;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The portals that a receiver trusts, each by its application tokens.
 *
 * <p>A check costs the same whether the portal is unknown, its token wrong or right: the digest of
 * what was sent is compared in constant time with {@value #TOKENS} digests, and random ones stand
 * where a portal has fewer or does not exist. Safe for use by many threads; nothing here blocks.
 */
public final class Portals {

    /** How many application tokens of one portal may be valid at a time: enough to rotate. */
    static final int TOKENS = 4;

    private static final String NO_TOKEN = "";

    private final ConcurrentMap<String, List<byte[]>> digests = new ConcurrentHashMap<>();
    private final byte[] nobody = new byte[32];

    /** Trusts nobody yet. */
    public Portals() {
        new SecureRandom().nextBytes(nobody);
    }

    /**
     * Trusts a portal by one more application token.
     *
     * @param memberId the portal's stable identity; wire field {@code auth[member_id]}
     * @param applicationToken the token the portal sends with each event; wire field {@code
     *     auth[application_token]}
     * @return this
     * @throws IllegalArgumentException if either is blank, or the portal has four tokens already
     */
    public Portals trust(String memberId, Secret applicationToken) {
        if (memberId.isBlank()) {
            throw new IllegalArgumentException("expected a member id but found none");
        }
        if (applicationToken.reveal().isBlank()) {
            throw new IllegalArgumentException("expected an application token but found none");
        }
        byte[] digest = digest(applicationToken);
        digests.compute(memberId, (key, known) -> {
            List<byte[]> tokens = known == null ? new ArrayList<>() : new ArrayList<>(known);
            if (tokens.stream().noneMatch(token -> MessageDigest.isEqual(token, digest))) {
                if (tokens.size() == TOKENS) {
                    throw new IllegalArgumentException(
                            "expected at most " + TOKENS + " application tokens for a portal but found one more");
                }
                tokens.add(digest);
            }
            return List.copyOf(tokens);
        });
        return this;
    }

    /**
     * Trusts a portal no longer, by any token.
     *
     * @param memberId the portal's identity
     */
    public void forget(String memberId) {
        digests.remove(memberId);
    }

    /**
     * Checks who sent an event.
     *
     * @return the event without credentials, or empty where portal and token do not match
     * @throws DecodeException where a field of the check is not one single text
     */
    Optional<VerifiedDelivery> verify(Envelope envelope, int bodyBytes, Instant receivedAt) {
        String memberId = envelope.memberId().orElse("");
        Secret token = envelope.applicationToken().orElse(Secret.of(NO_TOKEN));
        return trusts(memberId, token)
                ? Optional.of(new VerifiedDelivery(envelope, memberId, bodyBytes, receivedAt))
                : Optional.empty();
    }

    private boolean trusts(String memberId, Secret token) {
        byte[] sent = digest(token);
        List<byte[]> tokens = digests.getOrDefault(memberId, List.of());
        boolean right = false;
        for (int i = 0; i < TOKENS; i++) {
            right |= MessageDigest.isEqual(sent, i < tokens.size() ? tokens.get(i) : nobody);
        }
        return right;
    }

    private static byte[] digest(Secret token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.reveal().getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
