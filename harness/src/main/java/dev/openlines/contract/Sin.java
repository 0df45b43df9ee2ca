// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.Locale;

/** What the practice handler can do wrong, one at a time, and the must-case that catches it. */
enum Sin {
    TRUSTS_USER_AGENT("OSF-C-101"),
    ANY_TOKEN("OSF-C-101"),
    LOOSE_COMPARISON("OSF-C-109"),
    IGNORES_MEMBER_ID("OSF-C-105"),
    ACTS_BEFORE_CHECK("OSF-C-102"),
    KEY_WITHOUT_TS("OSF-C-503"),
    NO_DEDUPLICATION("OSF-C-501"),
    FORGETFUL_DEDUPLICATION("OSF-C-116"),
    ACKNOWLEDGES_FIRST("OSF-C-601"),
    ACKNOWLEDGES_UNSTORED("OSF-C-603"),
    WAITS_FOR_PORTAL("OSF-C-512"),
    REFRESHES_PER_EVENT("OSF-C-023"),
    BELIEVES_INSTALLS("OSF-C-117"),
    FOLLOWS_ENDPOINT("OSF-C-120"),
    LOGS_REQUESTS("OSF-C-702"),
    ECHOES_BODY("OSF-C-703"),
    FIRST_ELEMENT_ONLY("OSF-C-001"),
    IDS_AS_FLOATS("OSF-C-013"),
    REJECTS_OLD("OSF-C-115"),
    ONE_AT_A_TIME("OSF-C-411"),
    UNBOUNDED_BODY("OSF-C-303"),
    ARRAY_BY_INDEX("OSF-C-307"),
    BREAKS_ON_LIST("OSF-C-106"),
    EFFECT_ON_GET("OSF-C-401"),
    HANGS_ON_BAD_TOKEN("OSF-C-121");

    private final String caughtBy;

    Sin(String caughtBy) {
        this.caughtBy = caughtBy;
    }

    String caughtBy() {
        return caughtBy;
    }

    /** Whether the suite must own the process, to restart it or to read what it prints. */
    boolean needsProcess() {
        return this == FORGETFUL_DEDUPLICATION
                || this == ACKNOWLEDGES_FIRST
                || this == ACKNOWLEDGES_UNSTORED
                || this == LOGS_REQUESTS;
    }

    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Sin of(String label) {
        for (Sin sin : values()) {
            if (sin.label().equals(label)) {
                return sin;
            }
        }
        throw new IllegalArgumentException("expected the name of a sin but found '" + label + "'");
    }
}
