// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A portal does not list its sessions. Thrown by implementations of {@link ClosedSessions}. */
public final class SessionsUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The cause, as far as it decides what the reconciler does next. */
    public enum Reason {
        /** The portal's plan has no reports ({@code TARIFF_RESTRICTION}): this portal cannot be reconciled. */
        PLAN("plan without reports: change the portal's plan, or turn reconciling off"),

        /** The portal has no such method ({@code ERROR_METHOD_NOT_FOUND}): this portal cannot be reconciled. */
        METHOD("method unknown: the portal is too old for imopenlines.v2.Session.list"),

        /**
         * The grant or webhook is not valid or lacks the scope, or its user may not see the reports: this portal cannot
         * be reconciled.
         */
        ACCESS("access denied: the grant or webhook needs the scope imopenlines and a user who may see the reports"),

        /** The portal limits calls: the reconciler asks again later. */
        THROTTLED("the portal limits calls"),

        /** The portal or the network does not answer: the reconciler asks again later. */
        AWAY("the portal does not answer"),

        /**
         * The portal rejects the query, such as {@code INVALID_FILTER}, or its list has no end: a fault of the program.
         */
        REJECTED("the portal rejects the query, or its list has no end: please report this");

        private final String remedy;

        Reason(String remedy) {
            this.remedy = remedy;
        }

        /** Returns whether asking again soon can help. */
        boolean passes() {
            return this == THROTTLED || this == AWAY;
        }

        String remedy() {
            return remedy;
        }
    }

    private final Reason reason;
    private final @Nullable Duration retryAfter;

    /**
     * Makes an exception.
     *
     * @param reason why
     * @param retryAfter how long the portal asks to wait, or null if it does not say
     * @param cause the exception that was thrown, or null
     */
    public SessionsUnavailableException(Reason reason, @Nullable Duration retryAfter, @Nullable Throwable cause) {
        super(reason.remedy(), cause);
        this.reason = Objects.requireNonNull(reason, "reason");
        this.retryAfter = retryAfter;
    }

    /**
     * Returns why the portal does not list its sessions.
     *
     * @return the reason
     */
    public Reason reason() {
        return reason;
    }

    /**
     * Returns how long the portal asks to wait.
     *
     * @return a time, or empty if the portal does not say
     */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
