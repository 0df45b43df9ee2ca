// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Messages of a portal's chats and the events they cause. State is guarded by the portal. */
final class Messages {

    private final Portal portal;
    private long last;

    Messages(Portal portal) {
        this.portal = portal;
    }

    /** To be used under the portal's lock. */
    long next() {
        return ++last;
    }

    List<Delivery> write(PortalChat chat, boolean byCustomer, String text) {
        EventBodies.MessageFacts facts;
        synchronized (portal) {
            expectOpen(chat);
            long author = byCustomer ? chat.visitorId() : Portal.OPERATOR_ID;
            ChatMessage written = new ChatMessage(
                    next(),
                    chat.sessionId(),
                    author,
                    ChatMessage.WRITTEN,
                    text,
                    portal.clock().instant());
            chat.wrote(written);
            facts = facts(chat, written);
        }
        Cause cause = Cause.user(facts.authorId());
        if (byCustomer) {
            return raise("ONOPENLINEMESSAGEADD", EventBodies.customerMessage(facts), cause);
        }
        return both(
                raise("ONOPENLINEMESSAGEADD", EventBodies.operatorMessage(facts), cause),
                chat,
                "ONIMCONNECTORMESSAGEADD",
                EventBodies.connectorMessage(facts),
                cause);
    }

    List<Delivery> edit(PortalChat chat, long messageId, String text) {
        EventBodies.MessageFacts facts;
        synchronized (portal) {
            expectOpen(chat);
            facts = facts(chat, chat.edited(messageId, text));
        }
        return changed(chat, facts, "UPDATE");
    }

    List<Delivery> delete(PortalChat chat, long messageId) {
        EventBodies.MessageFacts facts;
        synchronized (portal) {
            expectOpen(chat);
            facts = facts(chat, chat.deleted(messageId));
        }
        return changed(chat, facts, "DELETE");
    }

    /** An operator's change is told only for a message that reached the messenger, whose ids the event carries. */
    private List<Delivery> changed(PortalChat chat, EventBodies.MessageFacts facts, String what) {
        Cause cause = Cause.user(facts.authorId());
        if (facts.authorId() == chat.visitorId()) {
            return raise("ONOPENLINEMESSAGE" + what, EventBodies.customerMessage(facts), cause);
        }
        List<String> external = portal.connectors().delivered(facts.id());
        if (external.isEmpty()) {
            return List.of();
        }
        boolean update = what.equals("UPDATE");
        return both(
                raise(
                        "ONOPENLINEMESSAGE" + what,
                        update
                                ? EventBodies.operatorChange(facts, external)
                                : EventBodies.operatorDeletion(facts, external),
                        cause),
                chat,
                "ONIMCONNECTORMESSAGE" + what,
                update ? EventBodies.connectorChange(facts, external) : EventBodies.connectorDeletion(facts, external),
                cause);
    }

    private List<Delivery> both(List<Delivery> first, PortalChat chat, String event, JsonObject data, Cause cause) {
        if (!portal.connectors().isOwn(chat.connector())) {
            return first;
        }
        List<Delivery> deliveries = new ArrayList<>(first);
        deliveries.addAll(raise(event, data, cause));
        return List.copyOf(deliveries);
    }

    private List<Delivery> raise(String event, JsonObject data, Cause cause) {
        return portal.outbox().raise(event, shape -> data, cause);
    }

    private static void expectOpen(PortalChat chat) {
        if (!chat.isOpen()) {
            throw new IllegalStateException("chat " + chat.id() + " is closed");
        }
    }

    private static EventBodies.MessageFacts facts(PortalChat chat, ChatMessage message) {
        return new EventBodies.MessageFacts(
                chat.facts(),
                message.id(),
                message.authorId(),
                message.text(),
                chat.externalChat(),
                chat.externalUser());
    }
}
