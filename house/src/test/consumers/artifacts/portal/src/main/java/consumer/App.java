// SPDX-License-Identifier: Apache-2.0
package consumer;

import dev.openlines.portal.PortalServer;

/** Closes a chat of a simulated portal that no application has subscribed to. */
public final class App {

    private App() {}

    public static void main(String[] args) {
        try (PortalServer server = PortalServer.start()) {
            System.out.println(
                    "deliveries=" + server.portal().openLine("Support").openChat().close().size());
        }
    }
}
