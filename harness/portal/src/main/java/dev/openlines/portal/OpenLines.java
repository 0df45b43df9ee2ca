// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A portal's people, lines and chats, and what happens in them. State is guarded by the portal; events
 * leave without its lock.
 */
final class OpenLines {

    private static final long FIRST_GUEST = 10;
    private static final long FIRST_CHAT = 17;

    private final Portal portal;
    private final Messages messages;
    private final List<PortalUser> users = new ArrayList<>();
    private final List<PortalLine> lines = new ArrayList<>();
    private final List<PortalChat> chats = new ArrayList<>();
    private long lastSession;
    private long lastLine;

    OpenLines(Portal portal) {
        this.portal = portal;
        messages = new Messages(portal);
        users.add(new PortalUser(Portal.ADMIN_ID, PortalUser.Role.ADMIN, "Ada", "Admin"));
        users.add(new PortalUser(Portal.OPERATOR_ID, PortalUser.Role.OPERATOR, "Olga", "Operator"));
    }

    Optional<PortalUser> user(long id) {
        synchronized (portal) {
            return users.stream().filter(user -> user.id() == id).findFirst();
        }
    }

    List<PortalLine> lines() {
        synchronized (portal) {
            return List.copyOf(lines);
        }
    }

    List<PortalChat> chats() {
        synchronized (portal) {
            return List.copyOf(chats);
        }
    }

    /** Returns the newest matching chat. */
    Optional<PortalChat> chat(Predicate<PortalChat> fits) {
        List<PortalChat> all = chats();
        for (int i = all.size() - 1; i >= 0; i--) {
            if (fits.test(all.get(i))) {
                return Optional.of(all.get(i));
            }
        }
        return Optional.empty();
    }

    PortalLine addLine(String name) {
        synchronized (portal) {
            return addLine(lastLine + 1, name);
        }
    }

    PortalLine addLine(long id, String name) {
        synchronized (portal) {
            if (id <= lastLine) {
                throw new IllegalArgumentException("expected a line id greater than those before, but found " + id);
            }
            lastLine = id;
            PortalLine line = new PortalLine(this, id, name);
            lines.add(line);
            return line;
        }
    }

    PortalChat openChat(PortalLine line, String connector, String customer, PortalChat.Outside outside) {
        PortalChat chat;
        synchronized (portal) {
            expectOurs(line);
            PortalUser visitor = addUser(PortalUser.Role.GUEST, customer);
            long id = chats.isEmpty() ? FIRST_CHAT : chats.get(chats.size() - 1).id() + 1;
            chat = new PortalChat(
                    this,
                    id,
                    line,
                    connector,
                    visitor,
                    outside,
                    ++lastSession,
                    portal.clock().instant());
            chats.add(chat);
            note(chat, "start", "New conversation #" + lastSession + " started.");
        }
        raiseSession("ONSESSIONSTART", chat, Cause.user(chat.visitor().id()));
        return chat;
    }

    /** Adds a user. Called under the portal's lock. */
    PortalUser addUser(PortalUser.Role role, String name) {
        long id = Math.max(FIRST_GUEST, users.get(users.size() - 1).id() + 1);
        PortalUser user = new PortalUser(id, role, name, "");
        users.add(user);
        return user;
    }

    List<PortalUser> users() {
        synchronized (portal) {
            return List.copyOf(users);
        }
    }

    Optional<PortalFile> file(Predicate<PortalFile> fits) {
        return chats().stream()
                .flatMap(chat -> chat.messages().stream())
                .flatMap(message -> message.files().stream())
                .filter(fits)
                .findFirst();
    }

    List<Delivery> close(PortalChat chat, Closing closing) {
        return portal.outbox().deliver(closed(chat, closing));
    }

    /**
     * Closes a chat for a REST call, which is answered before the handlers have answered. A closed chat stays as it is.
     */
    void closeLater(PortalChat chat, Closing closing, long userId, String connector) {
        synchronized (portal) {
            if (!chat.isOpen()) {
                return;
            }
            end(chat, closing);
        }
        portal.outbox()
                .deliverLater(
                        session("ONSESSIONFINISH", chat, Cause.user(userId).through(connector)));
    }

    private void end(PortalChat chat, Closing closing) {
        chat.closed(closing, portal.clock().instant());
        note(chat, "end", closing == Closing.SPAM ? "Conversation marked as spam." : "Conversation ended.");
    }

    private void note(PortalChat chat, String kind, String text) {
        chat.wrote(new ChatMessage(
                messages.next(), chat.sessionId(), 0, kind, text, portal.clock().instant(), List.of()));
    }

    private List<Outbox.Outgoing> closed(PortalChat chat, Closing closing) {
        synchronized (portal) {
            if (!chat.isOpen()) {
                throw new IllegalStateException("chat " + chat.id() + " is closed");
            }
            end(chat, closing);
        }
        Cause cause = switch (closing) {
            case OPERATOR, SPAM -> Cause.user(Portal.OPERATOR_ID);
            case BOT -> Cause.user(Portal.ADMIN_ID);
            case RATING -> Cause.user(chat.visitor().id());
            case AGENT -> Cause.timer();
        };
        return session("ONSESSIONFINISH", chat, cause);
    }

    void customerReturns(PortalChat chat) {
        synchronized (portal) {
            if (chat.isOpen()) {
                throw new IllegalStateException("chat " + chat.id() + " is open");
            }
            expectOurs(chat.line());
            chat.started(++lastSession, portal.clock().instant());
            note(chat, "start", "New conversation #" + lastSession + " started.");
        }
        raiseSession("ONSESSIONSTART", chat, Cause.user(chat.visitor().id()));
    }

    void resume(PortalChat chat) {
        synchronized (portal) {
            if (chat.isOpen()) {
                throw new IllegalStateException("chat " + chat.id() + " is open");
            }
            expectOurs(chat.line());
            chat.resumed();
        }
    }

    /** Changes the chat's line. The platform sends nothing for it. */
    void transfer(PortalChat chat, PortalLine line) {
        synchronized (portal) {
            expectOurs(line);
            chat.moved(line, portal.clock().instant());
        }
    }

    private void expectOurs(PortalLine line) {
        if (!lines.contains(line)) {
            throw new IllegalArgumentException("the line is not of this portal");
        }
    }

    /** Removes the line and its sessions, and ends its chats without an event about them. */
    List<Delivery> delete(PortalLine line) {
        synchronized (portal) {
            if (!lines.remove(line)) {
                throw new IllegalStateException("line " + line.id() + " is deleted");
            }
            chats.forEach(chat -> chat.forget(line));
        }
        JsonValue id = PhpJson.PROVIDER.createValue(Long.toString(line.id()));
        return portal.outbox().raise("ONIMCONNECTORLINEDELETE", shape -> id, Cause.user(Portal.ADMIN_ID));
    }

    /** Returns the sessions of all chats, by chat. */
    List<PortalSession> sessions() {
        synchronized (portal) {
            return chats.stream().flatMap(chat -> chat.sessions().stream()).toList();
        }
    }

    PortalSession duplicate(PortalChat chat) {
        synchronized (portal) {
            PortalSession duplicate = new PortalSession(
                    chat, chat.line(), ++lastSession, portal.clock().instant());
            duplicate.closedAsDuplicate();
            chat.duplicated(duplicate);
            return duplicate;
        }
    }

    Messages messages() {
        return messages;
    }

    Portal portal() {
        return portal;
    }

    private void raiseSession(String event, PortalChat chat, Cause cause) {
        portal.outbox().deliver(session(event, chat, cause));
    }

    private List<Outbox.Outgoing> session(String event, PortalChat chat, Cause cause) {
        EventBodies.ChatFacts facts;
        synchronized (portal) {
            facts = chat.facts();
        }
        List<Outbox.Outgoing> outgoing =
                portal.outbox().outgoing(event, shape -> EventBodies.sessionData(facts, shape), cause);
        if (portal.connectors().isOwn(chat.connector())) {
            String own = facts.closed() ? "ONIMCONNECTORDIALOGFINISH" : "ONIMCONNECTORDIALOGSTART";
            JsonObject data = EventBodies.connectorDialog(facts, chat.externalChat(), chat.externalUser());
            outgoing.addAll(portal.outbox().outgoing(own, shape -> data, cause));
        }
        return outgoing;
    }
}
