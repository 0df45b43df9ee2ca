// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The result of one case. Holds no secret.
 *
 * @param contractCase the case
 * @param verdict its verdict
 * @param failures each broken part of the requirement: expected, got, and the place
 * @param warnings broken recommendations, and remarks; they do not change the verdict
 * @param missing why it was not observed, or not completely
 * @param reproduce one line that sends the same bytes by hand; empty if nothing was sent
 * @param begun when
 * @param took the duration of the case
 */
public record CaseResult(
        ContractCase contractCase,
        Verdict verdict,
        List<String> failures,
        List<String> warnings,
        List<String> missing,
        String reproduce,
        Instant begun,
        Duration took) {

    /** Copies the lists. */
    public CaseResult {
        failures = List.copyOf(failures);
        warnings = List.copyOf(warnings);
        missing = List.copyOf(missing);
    }

    /**
     * Returns the case's id.
     *
     * @return such as {@code OSF-C-101}
     */
    public String id() {
        return contractCase.id();
    }
}
