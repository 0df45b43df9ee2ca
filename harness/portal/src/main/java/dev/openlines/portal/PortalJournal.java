// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.util.List;

/**
 * The requests that a portal sent and received, for the reader of a failed test. It is no error by itself. It is added
 * to one, because every runner and every report shows suppressed exceptions.
 */
final class PortalJournal extends RuntimeException {

    private static final long serialVersionUID = 1L;
    private static final int SHOWN = 50;

    PortalJournal(Portal portal) {
        super(text(portal), null, false, false);
    }

    /** Returns the newest of each, secrets masked. */
    static String text(Portal portal) {
        StringBuilder out = new StringBuilder(
                "journal of " + portal + ", plan " + portal.sending().plan());
        for (Fault fault : portal.faults().list()) {
            out.append("\n  fault ").append(fault);
        }
        List<Delivery> deliveries = portal.deliveries();
        more(out, deliveries.size(), "deliveries");
        for (Delivery delivery : deliveries.subList(Math.max(0, deliveries.size() - SHOWN), deliveries.size())) {
            out.append("\n  ").append(delivery).append("\n    ").append(delivery.maskedBody());
        }
        List<PortalCall> calls = portal.calls();
        more(out, calls.size(), "calls");
        for (PortalCall call : calls.subList(Math.max(0, calls.size() - SHOWN), calls.size())) {
            out.append("\n  call ")
                    .append(call.method())
                    .append(' ')
                    .append(call.parameters())
                    .append(" -> ")
                    .append(call.status());
            call.error().ifPresent(error -> out.append(' ').append(error));
            if (call.fault() != null) {
                out.append(", because of the fault ").append(call.fault());
            }
        }
        return out.toString();
    }

    private static void more(StringBuilder out, int size, String what) {
        if (size > SHOWN) {
            out.append("\n  (")
                    .append(size - SHOWN)
                    .append(" older ")
                    .append(what)
                    .append(')');
        }
    }
}
