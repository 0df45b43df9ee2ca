// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Access to the portal's reports on open lines, the methods {@code imopenlines.v2.*}. By default every user
 * except guests sees everything. Safe for use by several threads.
 */
public final class PortalReports {

    private boolean known = true;
    private boolean included = true;
    private boolean ratings = true;
    private boolean crm = true;
    private @Nullable Duration firstAnswerWithin;
    private final Set<Long> strangers = new HashSet<>();
    private final Set<Long> hiddenLines = new HashSet<>();

    PortalReports() {}

    /**
     * Sets whether the portal's version has these methods.
     *
     * @param value false for an older one, which answers {@code ERROR_METHOD_NOT_FOUND}
     */
    public synchronized void known(boolean value) {
        known = value;
    }

    /**
     * Sets whether the portal's plan has reports.
     *
     * @param value false for one that answers {@code TARIFF_RESTRICTION}
     */
    public synchronized void included(boolean value) {
        included = value;
    }

    /**
     * Sets whether a user may see reports at all.
     *
     * @param userId whose
     * @param value false for one who is answered {@code ACCESS_DENIED}
     */
    public synchronized void allowed(long userId, boolean value) {
        if (value) {
            strangers.remove(userId);
        } else {
            strangers.add(userId);
        }
    }

    /**
     * Sets whether the sessions of a line are listed. The answer does not say that some are left out.
     *
     * @param lineId the line
     * @param value false to leave them out of all answers
     */
    public synchronized void lineShown(long lineId, boolean value) {
        if (value) {
            hiddenLines.remove(lineId);
        } else {
            hiddenLines.add(lineId);
        }
    }

    /**
     * Sets whether supervisors' ratings and comments are shown.
     *
     * @param value false for nulls in their place
     */
    public synchronized void ratingsShown(boolean value) {
        ratings = value;
    }

    /**
     * Sets whether links to the CRM are shown.
     *
     * @param value false for nulls in their place
     */
    public synchronized void crmShown(boolean value) {
        crm = value;
    }

    /**
     * Sets the time within which the first answer is wanted; wire field {@code kpiFirstAnswer} is null without.
     *
     * @param time whole seconds
     */
    public synchronized void firstAnswerWithin(Duration time) {
        firstAnswerWithin = time;
    }

    synchronized boolean known() {
        return known;
    }

    synchronized boolean ratings() {
        return ratings;
    }

    synchronized boolean crm() {
        return crm;
    }

    synchronized boolean shows(PortalLine line) {
        return !hiddenLines.contains(line.id());
    }

    synchronized Optional<Boolean> inTime(@Nullable Long waitedSeconds) {
        return firstAnswerWithin == null || waitedSeconds == null
                ? Optional.empty()
                : Optional.of(waitedSeconds <= firstAnswerWithin.toSeconds());
    }

    /** Throws an error if a user may not see reports. */
    synchronized void check(PortalUser user) {
        if (!included) {
            throw new RestError(
                    400, "TARIFF_RESTRICTION", "Statistics reports are not available on the current tariff plan");
        }
        if (strangers.contains(user.id())) {
            throw RestError.accessDenied("");
        }
    }
}
