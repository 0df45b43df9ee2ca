// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import jakarta.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Messages of a portal's chats and the events they cause. State is guarded by the portal. */
final class Messages {

    private static final long FIRST_FILE = 5437;

    private final Portal portal;
    private long last;
    private long lastFile = FIRST_FILE - 1;

    Messages(Portal portal) {
        this.portal = portal;
    }

    /** Returns the next id. Called under the portal's lock. */
    long next() {
        return ++last;
    }

    List<Delivery> write(PortalChat chat, long author, String text, Map<String, byte[]> files) {
        boolean byCustomer = chat.people().hasCustomer(author);
        boolean byStaff = portal.user(author).filter(PortalUser::staff).isPresent();
        if (!byStaff && !chat.people().has(author)) {
            throw new IllegalArgumentException("user " + author + " does not take part in " + chat);
        }
        EventBodies.MessageFacts facts;
        synchronized (portal) {
            expectOpen(chat);
            Instant now = portal.clock().instant();
            List<PortalFile> sent = new ArrayList<>();
            files.forEach((name, content) -> sent.add(new PortalFile(++lastFile, author, name, content, now)));
            ChatMessage written = new ChatMessage(
                    next(), chat.sessionId(), author, ChatMessage.WRITTEN, text, now, List.copyOf(sent));
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

    /**
     * Reports an operator's change of a message, if the message reached the messenger, because the event carries the
     * messenger's ids.
     */
    private List<Delivery> changed(PortalChat chat, EventBodies.MessageFacts facts, String what) {
        Cause cause = Cause.user(facts.authorId());
        if (chat.people().hasCustomer(facts.authorId())) {
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
                chat.externalUser(),
                message.files().stream().map(file -> file.facts(chat.portal())).toList());
    }
}
