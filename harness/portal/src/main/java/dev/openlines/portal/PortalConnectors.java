// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import jakarta.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * The connectors that the application registered on a portal. Chats that come through one of them cause the events of
 * {@code imconnector} beside those of {@code imopenlines}; all other chats do not. Safe for use by several threads.
 */
public final class PortalConnectors {

    private final Portal portal;
    // Guarded by the portal.
    private final TreeSet<String> codes = new TreeSet<>();
    private final Map<Long, List<String>> delivered = new HashMap<>();

    PortalConnectors(Portal portal) {
        this.portal = portal;
    }

    /**
     * Registers a connector, as {@code imconnector.register} does.
     *
     * @param code its code, which the platform keeps in lower case
     * @throws IllegalArgumentException if the code is empty or has a dot, as the platform permits none
     */
    public void register(String code) {
        if (code.isEmpty() || code.contains(".")) {
            throw new IllegalArgumentException("expected a connector's code without a dot");
        }
        synchronized (portal) {
            codes.add(code.toLowerCase(Locale.ROOT));
        }
    }

    /**
     * Confirms that an operator's message reached the messenger, as {@code imconnector.send.status.delivery} does. From
     * then on a change or deletion of the message is told to the application.
     *
     * @param messageId the message's id on the portal; wire field {@code im[message_id]}
     * @param externalIds its ids in the messenger, at least one; wire field {@code message[id]}
     * @throws IllegalArgumentException if there is no id
     */
    public void confirmDelivery(long messageId, List<String> externalIds) {
        if (externalIds.isEmpty()) {
            throw new IllegalArgumentException("expected an id of the messenger");
        }
        synchronized (portal) {
            delivered.put(messageId, List.copyOf(externalIds));
        }
    }

    /**
     * Switches a connector off on a line, as an administrator does. Sends {@code ONIMCONNECTORSTATUSDELETE} and blocks
     * until that is done.
     *
     * @param code the connector's code
     * @param line the line
     * @return the deliveries; empty if the connector is not the application's own
     */
    public List<Delivery> switchOff(String code, PortalLine line) {
        if (!isOwn(code)) {
            return List.of();
        }
        JsonObject data = EventBodies.object()
                .add("connector", code)
                .add("line", Long.toString(line.id()))
                .build();
        return portal.outbox().raise("ONIMCONNECTORSTATUSDELETE", shape -> data, Cause.user(Portal.ADMIN_ID));
    }

    boolean isOwn(String code) {
        synchronized (portal) {
            return codes.contains(code);
        }
    }

    boolean unregister(String code) {
        synchronized (portal) {
            return codes.remove(code);
        }
    }

    /** Returns the messenger's ids of a message, empty if its delivery was not confirmed. */
    List<String> delivered(long messageId) {
        synchronized (portal) {
            return delivered.getOrDefault(messageId, List.of());
        }
    }

    /** The application is gone, and its connectors with it. */
    void forget() {
        synchronized (portal) {
            codes.clear();
            delivered.clear();
        }
    }
}
