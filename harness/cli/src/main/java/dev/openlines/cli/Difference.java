// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.portal.Provenance;

/**
 * A difference between a portal's answer and the simulated one's. Holds no value of an answer.
 *
 * @param what the kind of difference
 * @param path the place
 * @param simulated the answer of the simulated portal
 * @param portal the answer of the portal
 */
record Difference(What what, String path, String simulated, String portal) {

    /** The kinds of differences. */
    enum What {
        STATUS("status"),
        ERROR_CODE("error code"),
        TYPE("type"),
        MISSING_KEY("missing key"),
        EXTRA_KEY("extra key"),
        ORDER("order of checks"),
        PAGING("paging"),
        HEADER("header"),
        BATCH("batch"),
        THROTTLING("throttling");

        private final String label;

        What(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    /** Returns the reliability of an answer's origin, in words. */
    static String sureness(Provenance provenance) {
        return switch (provenance) {
            case SOURCE, CAPTURE -> "sure";
            case SDK -> "fairly sure";
            case DOCS -> "fairly sure";
            case GUESS -> "a guess";
            case DECLARED, UNBUILT -> "unknown";
        };
    }
}
