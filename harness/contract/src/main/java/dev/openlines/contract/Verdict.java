// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

/** The verdict on a case. */
public enum Verdict {
    /** Everything that the case requires was observed. */
    PASS("pass"),
    /** Something else was observed. */
    FAIL("fail"),
    /** No fault was observed, but not everything could be observed; the reasons say what was missing. */
    NOT_OBSERVED("not-observed");

    private final String label;

    Verdict(String label) {
        this.label = label;
    }

    /**
     * Returns the verdict's name in reports.
     *
     * @return {@code pass}, {@code fail} or {@code not-observed}
     */
    @Override
    public String toString() {
        return label;
    }
}
