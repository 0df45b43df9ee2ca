// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

/**
 * One thing the {@link Doctor} found.
 *
 * @param severity whether it keeps events away
 * @param check which examination, one of {@code token}, {@code installed}, {@code paid}, {@code scope},
 *     {@code event}, {@code subscription}, {@code address}, {@code answer}, {@code firewall}, {@code
 *     app-token}, {@code connector}, {@code closing}, {@code sessions}, {@code round-trip}
 * @param text what was found, without secrets
 * @param remedy what to do, empty if nothing
 */
public record Finding(Severity severity, String check, String text, String remedy) {

    /** Says whether a finding keeps events away. */
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
