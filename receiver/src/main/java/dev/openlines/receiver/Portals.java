// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.OnAppInstall;
import dev.openlines.model.OnAppUninstall;
import dev.openlines.model.OnAppUpdate;
import dev.openlines.model.Secret;
import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventDecoder;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The portals that a receiver trusts, each by its application tokens.
 *
 * <p>A portal is either trusted from the start ({@link #trust}), or once it installs the application and a check
 * verifies that ({@link #verifiedBy}). After such an installation the new token is valid at once. The older tokens of
 * the portal stay valid for one more hour, for events that are on their way. Once the check verifies an uninstallation,
 * none of the portal's tokens is valid any more. An installation or uninstallation that is not verified changes
 * nothing. Without a check, only an operator's settings end the trust in a portal.
 *
 * <p>A check takes the same time whether the portal is unknown, its token wrong or right: the digest of the token is
 * compared in constant time with {@value #TOKENS} digests. If the portal has fewer tokens or does not exist, random
 * digests take their place. Safe for use by many threads; nothing here blocks.
 */
public final class Portals {

    /** The most application tokens of one portal that may be valid at a time: enough to rotate. */
    static final int TOKENS = 4;

    /** The time that an older token stays valid after an installation with another one. */
    public static final Duration OVERLAP = Duration.ofHours(1);

    private static final Logger LOG = LoggerFactory.getLogger(Portals.class);
    private static final Set<String> INSTALLING = Set.of(OnAppInstall.CODE, OnAppUpdate.CODE);

    private final ConcurrentMap<String, List<TokenDigest>> valid = new ConcurrentHashMap<>();
    private final TokenDigest nobody = TokenDigest.random();
    private final EventDecoder decoder = EventDecoder.lenient();
    private final TrustLog log;
    private final ReplyLog records = new ReplyLog(System::nanoTime);
    private @Nullable Verifications verifications;
    /** Stores events that were verified after their answer. Set by the last receiver that was made with this. */
    private volatile @Nullable Function<VerifiedDelivery, CompletionStage<Reply>> store;

    private volatile InstantSource clock = InstantSource.system();

    /** Trusts no portal yet. Installations that portals report are forgotten when the process ends. */
    public Portals() {
        this(TrustLog.NONE);
    }

    /**
     * Trusts the portals that a log names, and follows it.
     *
     * @param log the changes that portals have reported
     */
    public Portals(TrustLog log) {
        this.log = log;
    }

    /**
     * Trusts a portal by one more application token, without an end.
     *
     * @param memberId the portal's stable identity; wire field {@code auth[member_id]}
     * @param applicationToken the token the portal sends with each event; wire field {@code
     *     auth[application_token]}
     * @return this
     * @throws IllegalArgumentException if either is blank, or the portal has four tokens already
     */
    public Portals trust(String memberId, Secret applicationToken) {
        return trust(memberId, applicationToken, Instant.MAX);
    }

    /**
     * Trusts a portal by one more application token until a given time, for a change of tokens. A token that an
     * uninstallation or a newer installation of the portal has ended before stays ended.
     *
     * @param memberId the portal's stable identity; wire field {@code auth[member_id]}
     * @param applicationToken the token the portal sends with each event; wire field {@code
     *     auth[application_token]}
     * @param until when the token ends
     * @return this
     * @throws IllegalArgumentException if either is blank, or the portal has four tokens already
     */
    public Portals trust(String memberId, Secret applicationToken, Instant until) {
        if (memberId.isBlank()) {
            throw new IllegalArgumentException("expected a member id but found none");
        }
        if (applicationToken.reveal().isBlank()) {
            throw new IllegalArgumentException("expected an application token but found none");
        }
        TokenDigest token = TokenDigest.of(applicationToken, until);
        valid.compute(memberId, (key, known) -> {
            List<TokenDigest> tokens = known == null ? List.of() : known;
            Optional<TokenDigest> same = tokens.stream().filter(token::same).findFirst();
            if (same.isPresent()) {
                if (!same.get().lasts()) {
                    LOG.warn(
                            "reason=token-ended portal={} at={}",
                            memberId,
                            same.get().until());
                }
                return tokens;
            }
            if (tokens.stream().filter(TokenDigest::lasts).count() >= TOKENS) {
                throw new IllegalArgumentException(
                        "expected at most " + TOKENS + " application tokens for a portal but found one more");
            }
            return with(tokens, token);
        });
        return this;
    }

    /**
     * Trusts portals that install or update the application, once a check has verified that. Ends the trust once the
     * check has verified an uninstallation. Reads the events that the check has kept. Call once, before the receiver
     * starts.
     *
     * @param check the check
     * @return this
     */
    public Portals verifiedBy(InstallationCheck check) {
        return verifiedBy(check, () -> clock.instant());
    }

    Portals verifiedBy(InstallationCheck check, InstantSource time) {
        verifications = new Verifications(check, time, this::storeLate, valid::containsKey);
        return this;
    }

    /** Checks the kept events that are due, if no check is running. Returns whether none was running. */
    boolean lookIfIdle() {
        Verifications queue = verifications;
        if (queue == null || !queue.idle()) {
            return false;
        }
        queue.look();
        return true;
    }

    /** Sets the store for events that are verified after their answer, and the clock for that. */
    void storingWith(Function<VerifiedDelivery, CompletionStage<Reply>> inbox, InstantSource time) {
        store = inbox;
        clock = time;
    }

    /**
     * Checks who sent an event.
     *
     * @param source the sender's address, or null
     * @return the event without credentials, or none if portal and token do not match, or if an installation or
     *     uninstallation is not genuine or only kept; fails if it cannot be checked now
     * @throws DecodeException if a field of the check is not one single text
     */
    CompletionStage<Admission> admit(Envelope envelope, @Nullable String source, int bodyBytes, Instant now) {
        Claim claim = new Claim(
                envelope,
                envelope.memberId().orElse(""),
                envelope.applicationToken().orElse(Secret.of("")),
                source,
                bodyBytes,
                now);
        boolean right = trusts(claim);
        log.refreshSoon(this::apply);
        if (verifications != null && INSTALLING.contains(envelope.event())) {
            return installation(claim, right, verifications);
        }
        if (right || !log.shared()) {
            return right ? trusted(claim) : CompletableFuture.completedStage(refused(claim));
        }
        // Another node may have learned of this portal a moment ago.
        return log.refresh(this::apply)
                .thenCompose(
                        ignored -> trusts(claim) ? trusted(claim) : CompletableFuture.completedStage(refused(claim)));
    }

    /** Returns the difference in the token if the portal is known. An unknown portal takes the same work. */
    private Admission refused(Claim claim) {
        String token = claim.token().reveal();
        boolean ended = standing(claim, claim.token()) == Standing.ENDED;
        boolean space = standing(claim, Secret.of(token.strip())) == Standing.RIGHT;
        if (!valid.containsKey(claim.memberId())) {
            return Admission.REFUSED;
        }
        String difference = token.isBlank()
                ? "it sent no application token"
                : ended
                        ? "its application token has ended, by a newer one or an uninstallation"
                        : space
                                ? "there is white space before or after its application token"
                                : "it sent another application token; did it change?";
        return new Admission(null, new Reply.WrongToken(claim.memberId(), difference));
    }

    /**
     * Returns the portals that are trusted now.
     *
     * @return their member ids in alphabetical order; a copy
     */
    public SortedSet<String> memberIds() {
        Instant now = clock.instant();
        SortedSet<String> trusted = new TreeSet<>();
        valid.forEach((memberId, tokens) -> {
            if (tokens.stream().anyMatch(token -> now.isBefore(token.until()))) {
                trusted.add(memberId);
            }
        });
        return trusted;
    }

    /**
     * Checks who opened the installer page.
     *
     * @return the portal, with an installation to store unless the portal is trusted by that token already; empty if
     *     the request is not genuine. Fails if it cannot be checked now
     */
    CompletionStage<Optional<Page>> page(Envelope envelope, @Nullable String source, int bodyBytes, Instant now) {
        Verifications queue = verifications;
        if (queue == null) {
            return CompletableFuture.completedStage(Optional.empty());
        }
        Secret token = envelope.applicationToken().orElse(Secret.of(""));
        Claim claim = new Claim(envelope, envelope.memberId().orElse(""), token, source, bodyBytes, now);
        UncheckedEvent unchecked = unchecked(claim, true);
        return queue.ask(unchecked).thenApply(outcome -> {
            URI portal = unchecked.portal;
            if (outcome == Verifications.Outcome.LATER || outcome == Verifications.Outcome.KEPT) {
                later();
            }
            if (outcome != Verifications.Outcome.VERIFIED || portal == null) {
                return Optional.empty();
            }
            boolean nothingNew = token.reveal().isBlank() || trusts(claim);
            return Optional.of(new Page(portal, nothingNew ? null : claim.verified(installed(claim))));
        });
    }

    /** An installer page that a portal's administrator opened, and the installation that it brought, if any. */
    record Page(URI portal, @Nullable VerifiedDelivery installation) {}

    /** Applies a change that the inbox has stored. */
    void apply(TrustChange change) {
        valid.compute(change.memberId(), (memberId, known) -> {
            Map<String, Instant> tokens = new HashMap<>();
            change.known().forEach(digest -> tokens.put(digest, change.knownUntil()));
            for (TokenDigest token : known == null ? List.<TokenDigest>of() : known) {
                tokens.put(
                        token.hex(), token.until().isBefore(change.knownUntil()) ? token.until() : change.knownUntil());
            }
            if (change.installed() != null) {
                tokens.put(change.installed(), Instant.MAX);
            }
            return sorted(tokens.entrySet().stream()
                    .map(token -> TokenDigest.ofHex(token.getKey(), token.getValue()))
                    .toList());
        });
    }

    /**
     * Applies one row of the log.
     *
     * @param memberId the portal
     * @param digest the token's digest
     * @param until when the token ends
     */
    public void apply(String memberId, String digest, Instant until) {
        TokenDigest token = TokenDigest.ofHex(digest, until);
        valid.compute(memberId, (key, known) -> with(known == null ? List.of() : known, token));
    }

    private CompletionStage<Admission> installation(Claim claim, boolean right, Verifications queue) {
        Admission ordinary = right ? Admission.of(claim.verified(null)) : refused(claim);
        // If a field has another shape, this fails here, before a thread takes the event.
        var unused = decoder.decode(claim.envelope());
        if (claim.memberId().isBlank() || claim.token().reveal().isBlank()) {
            return CompletableFuture.completedStage(ordinary);
        }
        return queue.ask(unchecked(claim)).thenApply(outcome -> switch (outcome) {
            case VERIFIED -> Admission.of(claim.verified(installed(claim)));
            case UNVERIFIED -> ordinary;
            // With the right token the event is as genuine as any other. Only the change that it makes must wait.
            case KEPT -> right ? ordinary : Admission.KEPT;
            case LATER -> right ? ordinary : later();
        });
    }

    /**
     * Admits an event with the right token. An uninstallation counts only once it is verified: users can learn the
     * token.
     */
    private CompletionStage<Admission> trusted(Claim claim) {
        if (!claim.envelope().event().equals(OnAppUninstall.CODE)) {
            return CompletableFuture.completedStage(Admission.of(claim.verified(null)));
        }
        if (verifications == null) {
            records.bounded("reason=uninstall-unverified portal=" + claim.memberId(), null);
            return CompletableFuture.completedStage(Admission.REFUSED);
        }
        return verifications.ask(unchecked(claim)).thenApply(outcome -> switch (outcome) {
            case VERIFIED -> Admission.of(claim.verified(uninstalled(claim)));
            case UNVERIFIED -> Admission.REFUSED;
            case KEPT -> Admission.KEPT;
            case LATER -> later();
        });
    }

    private static Admission later() {
        throw new StoreException("an installation or uninstallation cannot be verified or kept now", null);
    }

    private UncheckedEvent unchecked(Claim claim) {
        return unchecked(claim, false);
    }

    private UncheckedEvent unchecked(Claim claim, boolean page) {
        return new UncheckedEvent(
                claim.envelope(),
                claim.memberId(),
                claim.source(),
                valid.containsKey(claim.memberId()),
                claim.bodyBytes(),
                claim.now(),
                page);
    }

    private CompletionStage<?> storeLate(UncheckedEvent event) {
        Function<VerifiedDelivery, CompletionStage<Reply>> inbox = store;
        if (inbox == null) {
            return CompletableFuture.failedStage(new StoreException("there is no receiver yet", null));
        }
        Claim claim = new Claim(
                event.envelope,
                event.memberId,
                event.envelope.applicationToken().orElse(Secret.of("")),
                null,
                event.bodyBytes,
                clock.instant());
        boolean uninstalls = event.envelope.event().equals(OnAppUninstall.CODE);
        return inbox.apply(claim.verified(uninstalls ? uninstalled(claim) : installed(claim)));
    }

    private TrustChange uninstalled(Claim claim) {
        return new TrustChange(claim.memberId(), null, known(claim), claim.now());
    }

    private TrustChange installed(Claim claim) {
        String digest = TokenDigest.of(claim.token(), Instant.MAX).hex();
        List<String> others =
                known(claim).stream().filter(other -> !other.equals(digest)).toList();
        return new TrustChange(claim.memberId(), digest, others, claim.now().plus(OVERLAP));
    }

    private List<String> known(Claim claim) {
        return valid.getOrDefault(claim.memberId(), List.of()).stream()
                .filter(token -> claim.now().isBefore(token.until()))
                .map(TokenDigest::hex)
                .toList();
    }

    private boolean trusts(Claim claim) {
        return standing(claim, claim.token()) == Standing.RIGHT;
    }

    /** The validity of a token. */
    private enum Standing {
        UNKNOWN,
        ENDED,
        RIGHT
    }

    private Standing standing(Claim claim, Secret token) {
        TokenDigest sent = TokenDigest.of(token, Instant.MAX);
        List<TokenDigest> tokens = valid.getOrDefault(claim.memberId(), List.of());
        boolean right = false;
        boolean ended = false;
        for (int i = 0; i < TOKENS; i++) {
            TokenDigest known = i < tokens.size() ? tokens.get(i) : nobody;
            boolean same = sent.same(known);
            boolean lasts = claim.now().isBefore(known.until());
            right |= same && lasts;
            ended |= same && !lasts;
        }
        return right ? Standing.RIGHT : ended ? Standing.ENDED : Standing.UNKNOWN;
    }

    /**
     * Puts a token first, and removes an older entry of the same token. Tokens that last longest come before ended
     * ones.
     */
    private static List<TokenDigest> with(List<TokenDigest> tokens, TokenDigest token) {
        List<TokenDigest> all = new ArrayList<>(tokens.size() + 1);
        all.add(token);
        tokens.stream().filter(other -> !other.same(token)).forEach(all::add);
        return sorted(all);
    }

    private static List<TokenDigest> sorted(List<TokenDigest> tokens) {
        return tokens.stream()
                .sorted((one, other) -> other.until().compareTo(one.until()))
                .toList();
    }

    /** The portal that an event claims to be from, and the token that it claims it by. */
    private record Claim(
            Envelope envelope,
            String memberId,
            Secret token,
            @Nullable String source,
            int bodyBytes,
            Instant now) {

        VerifiedDelivery verified(@Nullable TrustChange change) {
            return new VerifiedDelivery(envelope, memberId, bodyBytes, now, change);
        }
    }
}
