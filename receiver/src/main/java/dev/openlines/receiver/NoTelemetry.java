// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.time.Duration;

/** Reports nothing. */
enum NoTelemetry implements Telemetry {
    NONE;

    @Override
    public void replied(Reply reply, Duration took) {}

    @Override
    public void attempted(String outcome, Duration took) {}
}
