// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

/**
 * One thing the {@link Doctor} found.
 *
 * @param severity whether it prevents events from arriving
 * @param check the name of the check, one of {@code token}, {@code installed}, {@code paid}, {@code scope}, {@code
 *     event}, {@code subscription}, {@code address}, {@code answer}, {@code firewall}, {@code app-token}, {@code
 *     connector}, {@code closing}, {@code sessions}, {@code round-trip}
 * @param text the finding, without secrets
 * @param remedy the remedy, or empty if none is needed
 */
public record Finding(Severity severity, String check, String text, String remedy) {

    /** Tells whether a finding prevents events from arriving. */
    public enum Severity {
        /** All is well. */
        OK,
        /** Good to know. */
        NOTE,
        /** Events may come late, twice or seen by others. */
        WARNING,
        /** Events do not come. */
        ERROR
    }
}
