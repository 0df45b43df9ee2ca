// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

/** The verdict on a case. */
public enum Verdict {
    /** Everything the case asks for was seen. */
    PASS("pass"),
    /** Something else was seen. */
    FAIL("fail"),
    /** Nothing wrong was seen, but not everything could be looked at; the reasons say what was missing. */
    NOT_OBSERVED("not-observed");

    private final String label;

    Verdict(String label) {
        this.label = label;
    }

    /**
     * Returns the verdict as reports write it.
     *
     * @return {@code pass}, {@code fail} or {@code not-observed}
     */
    @Override
    public String toString() {
        return label;
    }
}
