// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import jakarta.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The connectors that the application registered on a portal. Chats that come through one of them cause events of
 * {@code imconnector} as well as those of {@code imopenlines}. Other chats do not. Safe for use by several threads.
 */
public final class PortalConnectors {

    private final Portal portal;
    // Guarded by the portal.
    private final Map<String, Boolean> codes = new TreeMap<>();
    private final Set<String> active = new HashSet<>();
    private final Map<Long, List<String>> delivered = new HashMap<>();

    PortalConnectors(Portal portal) {
        this.portal = portal;
    }

    /**
     * Registers a connector, as {@code imconnector.register} does.
     *
     * @param code its code, which the platform keeps in lower case
     * @throws IllegalArgumentException if the code is empty, or has a dot, which the platform does not permit
     */
    public void register(String code) {
        register(code, false);
    }

    /** Registers a connector, whose chats may be group chats. */
    void register(String code, boolean group) {
        if (code.isEmpty() || code.contains(".")) {
            throw new IllegalArgumentException("expected a connector's code without a dot");
        }
        synchronized (portal) {
            codes.put(code.toLowerCase(Locale.ROOT), group);
        }
    }

    /** Switches a connector on or off on a line. Returns false if it is not the application's own. */
    boolean activate(String code, long lineId, boolean active) {
        synchronized (portal) {
            if (!isOwn(code)) {
                return false;
            }
            String place = code + "|" + lineId;
            if (active) {
                this.active.add(place);
            } else {
                this.active.remove(place);
            }
            return true;
        }
    }

    boolean isActive(String code, long lineId) {
        synchronized (portal) {
            return active.contains(code + "|" + lineId);
        }
    }

    /**
     * Takes a customer's message into the chat of the outside chat, or into a new chat. For files, only names and
     * addresses are known; the address stands for the content.
     */
    PortalChat receive(
            PortalLine line,
            String connector,
            String externalChat,
            String externalUser,
            String name,
            String text,
            Map<String, String> files) {
        boolean group;
        synchronized (portal) {
            group = codes.getOrDefault(connector, false);
        }
        PortalChat chat = portal.openLines()
                .chat(one -> one.connector().equals(connector)
                        && one.externalChat().equals(externalChat)
                        && (group || one.externalUser().equals(externalUser)))
                .orElseGet(() -> portal.openLines()
                        .openChat(
                                line,
                                connector,
                                name.isEmpty() ? "Guest" : name,
                                new PortalChat.Outside(group, externalChat, externalUser)));
        if (!chat.isOpen()) {
            chat.customerReturns();
        }
        Map<String, byte[]> contents = new LinkedHashMap<>();
        files.forEach((file, address) -> contents.put(file, address.getBytes(StandardCharsets.UTF_8)));
        chat.send(chat.visitor().id(), text, contents);
        return chat;
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
            return codes.containsKey(code);
        }
    }

    boolean unregister(String code) {
        synchronized (portal) {
            active.removeIf(place -> place.startsWith(code + "|"));
            return codes.remove(code) != null;
        }
    }

    /** Returns the messenger's ids of a message, empty if its delivery was not confirmed. */
    List<String> delivered(long messageId) {
        synchronized (portal) {
            return delivered.getOrDefault(messageId, List.of());
        }
    }

    /** Forgets the application's connectors, because it is gone. */
    void forget() {
        synchronized (portal) {
            codes.clear();
            active.clear();
            delivered.clear();
        }
    }
}
