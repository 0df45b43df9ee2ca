// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.EventAuth;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Finds out whether installations and uninstallations are genuine. Anybody can post an installation, with any addresses
 * in it. So ask an OAuth host of your own list, never one that only the event names. {@code OAuth} of {@code
 * openlines-client} does so, and stores the tokens, which the receiver does not keep:
 *
 * <pre>{@code
 * InstallationCheck check = InstallationCheck.of(oauth::verify, oauth::verifyPage, oauth::refused, oauth.kept());
 * }</pre>
 *
 * <p>Applications may implement it. Its methods are called on threads of their own and may block, but only for a few
 * seconds, because a portal waits for the answer. Their exceptions are logged, so no message may contain a token.
 */
@FunctionalInterface
public interface InstallationCheck {

    /** The result of a check. */
    enum Answer {

        /** The tokens are valid, and belong to an administrator of the portal that the event names. */
        VERIFIED,

        /** The tokens are valid and of that portal, but not an administrator's. An operator may trust the portal. */
        NOT_ADMINISTRATOR,

        /** The tokens are not valid, or belong to another portal. */
        REFUSED
    }

    /**
     * Checks an installation or update.
     *
     * @param claim the event's auth block with its tokens, none of it verified
     * @return whether it is genuine; only {@link Answer#VERIFIED} changes the trust
     * @throws Exception if that cannot be told now, such as when the OAuth host cannot be reached; the event is then
     *     kept and checked again, for an hour
     */
    Answer verify(EventAuth claim) throws Exception;

    /**
     * Checks a request to the application's installer page, whose tokens must not be renewed: the page still uses them.
     *
     * @param claim the statements of the request, none of them verified
     * @return the portal's REST address as its OAuth host gave it if the tokens are of this application and an
     *     administrator's of the portal that the claim names, otherwise empty; this default returns empty
     * @throws Exception if that cannot be told now
     */
    default Optional<URI> verifyPage(EventAuth claim) throws Exception {
        return Optional.empty();
    }

    /**
     * Checks an uninstallation, whose event has the right application token and no other. That proves little: every
     * user who may use the application can learn this token.
     *
     * @param memberId the portal
     * @return true if the portal's stored grant is refused by the OAuth host; this default returns false
     * @throws Exception if that cannot be told now
     */
    default boolean uninstalled(String memberId) throws Exception {
        return false;
    }

    /**
     * Returns where events are kept that cannot be checked now; their tokens must be sealed there. An event counts as
     * kept when {@code put} has returned. At most 1,000 records of at most 5 KiB.
     *
     * @return a durable map from ids to records; this default keeps nothing and throws an {@link
     *     UnsupportedOperationException} on {@code put}: such an event is answered 503 and remembered in memory only
     */
    default Map<String, byte[]> kept() {
        return Map.of();
    }

    /**
     * Makes a check from the methods of {@code OAuth} in {@code openlines-client}, which this module does not see.
     *
     * @param verify {@code oauth::verify}; returns a constant with the name of an {@link Answer}
     * @param uninstalled {@code oauth::refused}
     * @param kept {@code oauth.kept()}
     * @return a check
     */
    static InstallationCheck of(
            Function<EventAuth, ? extends Enum<?>> verify, Predicate<String> uninstalled, Map<String, byte[]> kept) {
        return of(verify, claim -> Optional.empty(), uninstalled, kept);
    }

    /**
     * Makes a check that knows the installer page as well.
     *
     * @param verify {@code oauth::verify}; returns a constant with the name of an {@link Answer}
     * @param verifyPage {@code oauth::verifyPage}
     * @param uninstalled {@code oauth::refused}
     * @param kept {@code oauth.kept()}
     * @return a check
     */
    static InstallationCheck of(
            Function<EventAuth, ? extends Enum<?>> verify,
            Function<EventAuth, Optional<URI>> verifyPage,
            Predicate<String> uninstalled,
            Map<String, byte[]> kept) {
        return new InstallationCheck() {
            @Override
            public Optional<URI> verifyPage(EventAuth claim) {
                return verifyPage.apply(claim);
            }

            @Override
            public Answer verify(EventAuth claim) {
                return Answer.valueOf(verify.apply(claim).name());
            }

            @Override
            public boolean uninstalled(String memberId) {
                return uninstalled.test(memberId);
            }

            @Override
            public Map<String, byte[]> kept() {
                return kept;
            }
        };
    }
}
