// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A chat of an open line, with its sessions. Safe for use by several threads: the portal's lock orders the changes.
 * Methods that send events block until the handlers have answered.
 */
public final class PortalChat {

    private final OpenLines openLines;
    private final Portal portal;
    private final long id;
    private final String connector;
    private final PortalUser visitor;
    private final boolean group;
    private final String externalChat;
    private final String externalUser;
    private final Instant opened;
    // Guarded by the portal.
    private final ChatPeople people;
    private final ChatLinks links = new ChatLinks();
    private final List<ChatMessage> messages = new ArrayList<>();
    private final List<PortalSession> sessions = new ArrayList<>();
    private PortalLine line;
    private PortalSession session;
    private Instant sessionStart;
    private boolean open = true;

    /** The ids of the chat in the messenger that it came from. A null id is made up. */
    record Outside(
            boolean group, @Nullable String chat, @Nullable String user) {

        static final Outside UNKNOWN = new Outside(false, null, null);
    }

    PortalChat(
            OpenLines openLines,
            long id,
            PortalLine line,
            String connector,
            PortalUser visitor,
            Outside outside,
            long sessionId,
            Instant sessionStart) {
        this.openLines = openLines;
        this.portal = openLines.portal();
        this.id = id;
        this.line = line;
        this.connector = connector;
        this.visitor = visitor;
        this.group = outside.group();
        this.externalChat = outside.chat() == null ? Long.toString(id + 1000) : outside.chat();
        this.externalUser = outside.user() == null ? Long.toString(visitor.id() + 500) : outside.user();
        this.people = new ChatPeople(visitor);
        this.opened = sessionStart;
        this.session = new PortalSession(this, line, sessionId, sessionStart);
        this.sessionStart = sessionStart;
        sessions.add(session);
    }

    /**
     * Returns the chat's id on the portal; wire field {@code connector[chat_id]}.
     *
     * @return 1 or more
     */
    public long id() {
        return id;
    }

    /**
     * Returns the code of the channel; wire field {@code connector_id}.
     *
     * @return the code, as given
     */
    public String connector() {
        return connector;
    }

    /**
     * Returns the line the chat is in now.
     *
     * @return the line
     */
    public PortalLine line() {
        synchronized (portal) {
            return line;
        }
    }

    /**
     * Returns the customer's user id on the portal; wire field {@code connector[user_id]}.
     *
     * @return 1 or more; 0 for a group chat, as on the platform
     */
    public long visitorId() {
        return group ? 0 : visitor.id();
    }

    /**
     * Lets a further customer join a group chat.
     *
     * @param name the customer's name
     * @return the customer's user id
     * @throws IllegalStateException if this is not a group chat
     */
    public long addCustomer(String name) {
        if (!group) {
            throw new IllegalStateException("chat " + id + " is not a group chat");
        }
        return join(PortalUser.Role.GUEST, name);
    }

    /**
     * Lets a bot join, as one that the line has.
     *
     * @param name the bot's name
     * @return the bot's user id
     */
    public long addBot(String name) {
        return join(PortalUser.Role.BOT, name);
    }

    private long join(PortalUser.Role role, String name) {
        synchronized (portal) {
            return people.add(openLines.addUser(role, name));
        }
    }

    /**
     * Lets a person write, as {@link #customerWrites} and {@link #operatorWrites} do.
     *
     * @param userId a customer or bot of this chat, or a user of the portal's staff
     * @param text the text of the message
     * @return the deliveries
     * @throws IllegalArgumentException if the user does not take part
     * @throws IllegalStateException if the chat is closed
     */
    public List<Delivery> write(long userId, String text) {
        return openLines.messages().write(this, userId, text, Map.of());
    }

    /**
     * Lets a person send files. The events about the message are those of {@link #write}; they name no files.
     *
     * @param userId as {@link #write} takes it
     * @param text the text of the message, may be empty
     * @param files names to contents, in order
     * @return the deliveries
     * @throws IllegalArgumentException as {@link #write}
     * @throws IllegalStateException as {@link #write}
     */
    public List<Delivery> send(long userId, String text, Map<String, byte[]> files) {
        return openLines.messages().write(this, userId, text, files);
    }

    /**
     * Links the chat with an object of the CRM, which is added if it is not there. The first link is the main one.
     *
     * @param type lead, deal, contact or company
     * @param objectId 1 or more
     * @throws IllegalArgumentException for another type and for an id below 1
     */
    public void linkToCrm(String type, long objectId) {
        String checked = PortalCrm.checked(type, objectId);
        synchronized (portal) {
            portal.crm().addIfMissing(checked, objectId);
            links.put(checked, objectId);
        }
    }

    /**
     * Returns the id of the latest session. Events of a real portal never carry it.
     *
     * @return 1 or more
     */
    public long sessionId() {
        return session().id();
    }

    /**
     * Returns the latest session. Its methods change it in ways that send no event on the platform.
     *
     * @return the session
     */
    public PortalSession session() {
        synchronized (portal) {
            return session;
        }
    }

    /**
     * Tells whether the chat can be closed.
     *
     * @return false between a close and the next start
     */
    public boolean isOpen() {
        synchronized (portal) {
            return open;
        }
    }

    /**
     * Closes the chat as an operator does.
     *
     * @return one delivery for each subscription to {@code ONSESSIONFINISH}, as in {@link #close(Closing)}
     */
    public List<Delivery> close() {
        return close(Closing.OPERATOR);
    }

    /**
     * Closes the chat and sends {@code ONSESSIONFINISH} to each bound handler, one after the other, at
     * most once each. Blocks until every answer came or is given up.
     *
     * @param closing the cause of the close
     * @return the deliveries in the order of the subscriptions; empty if there is no subscription or no application is
     *     installed
     * @throws IllegalStateException if the chat is closed
     */
    public List<Delivery> close(Closing closing) {
        return openLines.close(this, closing);
    }

    /**
     * Lets the customer write into the closed chat again: a new session starts and {@code
     * ONSESSIONSTART} is sent. Blocks until that is done.
     *
     * @throws IllegalStateException if the chat is open
     */
    public void customerReturns() {
        openLines.customerReturns(this);
    }

    /**
     * Opens the latest session again, as the platform does if the customer writes while a closed session still waits
     * for its rating. The session stays the same and no event is sent. The next close then sends a second {@code
     * ONSESSIONFINISH} of the same session.
     *
     * @throws IllegalStateException if the chat is open
     */
    public void resume() {
        openLines.resume(this);
    }

    /**
     * Moves the chat to another line of the same portal. The platform sends no event for that; later
     * events name the new line.
     *
     * @param to the new line of the chat
     */
    public void transfer(PortalLine to) {
        openLines.transfer(this, to);
    }

    /**
     * Lets the customer write. Sends {@code ONOPENLINEMESSAGEADD} with a token of the customer.
     *
     * @param text the text of the message
     * @return the deliveries
     * @throws IllegalStateException if the chat is closed
     */
    public List<Delivery> customerWrites(String text) {
        return openLines.messages().write(this, visitor.id(), text, Map.of());
    }

    /**
     * Lets the operator write. Sends {@code ONOPENLINEMESSAGEADD} with a token of the operator, in the
     * other shape that this event has, and {@code ONIMCONNECTORMESSAGEADD} if the chat came through a connector of the
     * application's own ({@link PortalConnectors}).
     *
     * @param text the text of the message
     * @return the deliveries
     * @throws IllegalStateException if the chat is closed
     */
    public List<Delivery> operatorWrites(String text) {
        return openLines.messages().write(this, Portal.OPERATOR_ID, text, Map.of());
    }

    /**
     * Returns the id of the last message.
     *
     * @return the message's id on the portal
     * @throws IllegalStateException if the chat has no messages
     */
    public long lastMessageId() {
        synchronized (portal) {
            for (int i = messages.size() - 1; i >= 0; i--) {
                if (messages.get(i).kind().equals(ChatMessage.WRITTEN)) {
                    return messages.get(i).id();
                }
            }
            throw new IllegalStateException("nothing was written in chat " + id);
        }
    }

    /**
     * Lets the author of a message change it. Sends {@code ONOPENLINEMESSAGEUPDATE}, and {@code
     * ONIMCONNECTORMESSAGEUPDATE} if the chat came through a connector of the application's own. As on the platform,
     * nothing is sent for an operator's message whose delivery was not confirmed ({@link
     * PortalConnectors#confirmDelivery}).
     *
     * @param messageId the message
     * @param text the new text
     * @return the deliveries
     * @throws IllegalArgumentException if this chat has no such message
     * @throws IllegalStateException if the chat is closed
     */
    public List<Delivery> edit(long messageId, String text) {
        return openLines.messages().edit(this, messageId, text);
    }

    /**
     * Lets the author of a message delete it. Sends {@code ONOPENLINEMESSAGEDELETE} and {@code
     * ONIMCONNECTORMESSAGEDELETE}, under the same conditions as {@link #edit}.
     *
     * @param messageId the message
     * @return the deliveries
     * @throws IllegalArgumentException if this chat has no such message
     * @throws IllegalStateException if the chat is closed
     */
    public List<Delivery> delete(long messageId) {
        return openLines.messages().delete(this, messageId);
    }

    PortalUser visitor() {
        return visitor;
    }

    /** Returns the chat's id in the messenger it came from. */
    String externalChat() {
        return externalChat;
    }

    /** Returns the customer's id in the messenger, or 0 for a group chat. */
    String externalUser() {
        return group ? "0" : externalUser;
    }

    boolean group() {
        return group;
    }

    ChatPeople people() {
        return people;
    }

    ChatLinks links() {
        return links;
    }

    /** Returns the chat's code, which {@code imopenlines.dialog.get} takes. */
    String userCode() {
        synchronized (portal) {
            return connector + "|" + line.id() + "|" + externalChat() + "|" + externalUser();
        }
    }

    Instant sessionStart() {
        synchronized (portal) {
            return sessionStart;
        }
    }

    /** Returns when the chat began, and its first session with it. */
    Instant opened() {
        return opened;
    }

    /** Returns the portal's name for the chat. */
    String title() {
        synchronized (portal) {
            return visitor.firstName() + " - " + line.name();
        }
    }

    /** Returns its sessions, oldest first, without those of deleted lines. */
    List<PortalSession> sessions() {
        synchronized (portal) {
            return List.copyOf(sessions);
        }
    }

    boolean hasSession(long wanted) {
        return sessions().stream().anyMatch(one -> one.id() == wanted);
    }

    OpenLines openLines() {
        return openLines;
    }

    Portal portal() {
        return portal;
    }

    /**
     * Returns the ten fields of {@code entity_data_1}; the sixth is the session, which is 0 once that is closed, the
     * eighth the line.
     */
    String entityData() {
        synchronized (portal) {
            return links.main() + "|N|N|" + (open ? session.id() : 0) + "|" + sessionStart.getEpochSecond() + "|"
                    + line.id() + "|0|0";
        }
    }

    List<ChatMessage> messages() {
        synchronized (portal) {
            return List.copyOf(messages);
        }
    }

    // OpenLines calls the following methods, and holds the portal's lock.

    void started(long newSessionId, Instant at) {
        session = new PortalSession(this, line, newSessionId, at);
        sessionStart = at;
        sessions.add(session);
        open = true;
    }

    void resumed() {
        session.resumed();
        open = true;
    }

    void closed(Closing closing, Instant at) {
        session.closedBy(closing, at);
        open = false;
    }

    /** Ends the chat without closing its session. */
    void endedSilently() {
        open = false;
    }

    void duplicated(PortalSession duplicate) {
        sessions.add(duplicate);
    }

    void forget(PortalLine deleted) {
        sessions.removeIf(one -> one.line() == deleted);
        open = open && line != deleted;
    }

    void moved(PortalLine to, Instant at) {
        session.moved(to, at);
        line = to;
    }

    void wrote(ChatMessage message) {
        messages.add(message);
        if (message.authorId() != 0 && !people.has(message.authorId())) {
            session.answeredBy(message.authorId(), message.at());
        }
    }

    ChatMessage edited(long messageId, String text) {
        ChatMessage changed = message(messageId).withText(text);
        messages.replaceAll(message -> message.id() == messageId ? changed : message);
        return changed;
    }

    ChatMessage deleted(long messageId) {
        ChatMessage gone = message(messageId);
        messages.remove(gone);
        return gone;
    }

    private ChatMessage message(long messageId) {
        return messages.stream()
                .filter(message -> message.id() == messageId && message.kind().equals(ChatMessage.WRITTEN))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no message " + messageId + " in " + this));
    }

    EventBodies.ChatFacts facts() {
        return new EventBodies.ChatFacts(connector, line.id(), id, visitorId(), line.name(), session.id(), !open);
    }

    @Override
    public String toString() {
        return "chat " + id + " of " + portal.label();
    }
}
