// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A session of a chat, as {@code imopenlines.v2.Session.list} lists it. Its methods make changes to a session for which
 * the platform sends no event. Safe for use by several threads.
 */
public final class PortalSession {

    /** The time from the last message to the close of a dismissed operator's session, as the platform sets it. */
    private static final Duration AFTER_LAST_MESSAGE = Duration.ofMinutes(60);

    /** A transfer to another line. */
    record Transfer(Instant at, @Nullable Long fromOperator, long fromLine, long toLine) {}

    private final Portal portal;
    private final PortalChat chat;
    private final long id;
    private final Instant created;
    // Guarded by the portal.
    private final List<Transfer> transfers = new ArrayList<>();
    private PortalLine line;
    private String source;
    private String status = "new";
    private String vote = "none";
    private @Nullable Long operator;
    private @Nullable Instant closed;
    private @Nullable Instant answered;
    private @Nullable Instant voted;
    private @Nullable String closeReason;
    private @Nullable Integer voteHead;
    private @Nullable String commentHead;
    private @Nullable String crmType;
    private long crmId;

    PortalSession(PortalChat chat, PortalLine line, long id, Instant created) {
        this.portal = chat.portal();
        this.chat = chat;
        this.line = line;
        this.source = chat.connector();
        this.id = id;
        this.created = created;
    }

    /**
     * Returns the session's id; wire field {@code id}.
     *
     * @return 1 or more
     */
    public long id() {
        return id;
    }

    /**
     * Returns the chat it belongs to.
     *
     * @return the chat
     */
    public PortalChat chat() {
        return chat;
    }

    /**
     * Returns when it was closed last, as the portal lists it; wire field {@code dateClose}.
     *
     * @return whole seconds; empty while it is open, and if the platform closed it as a duplicate
     */
    public Optional<Instant> closedAt() {
        synchronized (portal) {
            return Optional.ofNullable(closed).map(PortalSession::second);
        }
    }

    /**
     * Closes the session as the platform does when its operator was dismissed: its close is an hour after the
     * last message, which may be long ago. No event is sent.
     *
     * @throws IllegalStateException if it is closed, or the last message is not an hour old by the portal's clock
     */
    public void dismissOperator() {
        synchronized (portal) {
            expectOpen();
            Instant last = created;
            for (ChatMessage message : chat.messages()) {
                last = message.sessionId() == id && message.authorId() != 0 ? message.at() : last;
            }
            Instant then = last.plus(AFTER_LAST_MESSAGE);
            if (then.isAfter(portal.clock().instant())) {
                throw new IllegalStateException("the last message of session " + id + " is not an hour old");
            }
            chat.endedSilently();
            closed = then;
            status = "closed";
        }
    }

    /**
     * Closes the session incompletely, as the platform sometimes does: it has a time of closing, but its status stays
     * open until {@link #repair()}. No event is sent.
     *
     * @throws IllegalStateException if it is closed
     */
    public void breakOff() {
        synchronized (portal) {
            expectOpen();
            chat.endedSilently();
            closed = portal.clock().instant();
        }
    }

    /**
     * Gives a closed session the status of a closed one, as the platform's agent does later. No event is sent.
     *
     * @throws IllegalStateException if it is open
     */
    public void repair() {
        synchronized (portal) {
            if (closed == null) {
                throw new IllegalStateException("session " + id + " is open");
            }
            status = "closed";
        }
    }

    /**
     * Adds a second session to the chat, which the platform closes at once as a duplicate of this one. It has no time
     * of closing, and no event is sent.
     *
     * @return the duplicate
     */
    public PortalSession duplicate() {
        return chat.openLines().duplicate(chat);
    }

    /**
     * Sets the channel that the list names; it may differ from the one in the user code.
     *
     * @param code wire field {@code source}
     */
    public void source(String code) {
        synchronized (portal) {
            source = code;
        }
    }

    /**
     * Lets the customer rate the session.
     *
     * @param good wire field {@code vote}: like or dislike
     */
    public void rate(boolean good) {
        synchronized (portal) {
            vote = good ? "like" : "dislike";
            voted = portal.clock().instant();
        }
    }

    /**
     * Lets a supervisor rate the session.
     *
     * @param stars 1 to 5; wire field {@code voteHead}
     * @param comment wire field {@code commentHead}
     */
    public void rateBySupervisor(int stars, String comment) {
        if (stars < 1 || stars > 5) {
            throw new IllegalArgumentException("expected 1 to 5 stars but found " + stars);
        }
        synchronized (portal) {
            voteHead = stars;
            commentHead = comment;
        }
    }

    /**
     * Links the session and its chat with an object of the CRM, which is added if it is not there.
     *
     * @param type lead, deal, contact or company; wire field {@code crmEntityType}
     * @param objectId wire field {@code crmEntityId}
     */
    public void linkToCrm(String type, long objectId) {
        synchronized (portal) {
            chat.linkToCrm(type, objectId);
            crmType = type;
            crmId = objectId;
        }
    }

    private void expectOpen() {
        if (!isCurrent() || !chat.isOpen()) {
            throw new IllegalStateException("session " + id + " is closed");
        }
    }

    private boolean isCurrent() {
        return chat.session() == this;
    }

    // OpenLines and REST methods call the following methods, and hold the portal's lock.

    void closedBy(Closing closing, Instant at) {
        closed = at;
        status = closing == Closing.SPAM ? "spam" : "closed";
        closeReason = switch (closing) {
            case OPERATOR, RATING -> "operator";
            case SPAM -> "spam";
            case AGENT, BOT -> "auto";
        };
        if (closing == Closing.OPERATOR || closing == Closing.SPAM) {
            operator = Portal.OPERATOR_ID;
        }
        if (closing == Closing.RATING) {
            vote = "like";
            voted = at;
        }
    }

    void closedAsDuplicate() {
        status = "closed";
    }

    void resumed() {
        closed = null;
        closeReason = null;
        status = operator == null ? "new" : "answered";
    }

    void answeredBy(long userId, Instant at) {
        operator = userId;
        answered = answered == null ? at : answered;
        status = "answered";
    }

    void moved(PortalLine to, Instant at) {
        transfers.add(new Transfer(at, operator, line.id(), to.id()));
        line = to;
    }

    PortalLine line() {
        return line;
    }

    String source() {
        return source;
    }

    String status() {
        return status;
    }

    String vote() {
        return vote;
    }

    Instant created() {
        return second(created);
    }

    @Nullable
    Instant closed() {
        return closed == null ? null : second(closed);
    }

    @Nullable
    Instant answered() {
        return answered == null ? null : second(answered);
    }

    @Nullable
    Instant voted() {
        return voted == null ? null : second(voted);
    }

    @Nullable
    Long operator() {
        return operator;
    }

    @Nullable
    String closeReason() {
        return closeReason;
    }

    @Nullable
    Integer voteHead() {
        return voteHead;
    }

    @Nullable
    String commentHead() {
        return commentHead;
    }

    @Nullable
    String crmType() {
        return crmType;
    }

    long crmId() {
        return crmId;
    }

    List<Transfer> transfers() {
        return List.copyOf(transfers);
    }

    @Nullable
    Long waitAnswer() {
        return answered == null
                ? null
                : Duration.between(created(), second(answered)).toSeconds();
    }

    @Nullable
    Long waitClose() {
        return closed == null
                ? null
                : Duration.between(created(), second(closed)).toSeconds();
    }

    /** Counts the messages of the customer (true), of operators (false), or all (null). */
    long messages(@Nullable Boolean byCustomer) {
        return chat.messages().stream()
                .filter(message -> message.sessionId() == id)
                .filter(message -> byCustomer == null
                        || (message.authorId() != 0
                                && byCustomer == chat.people().hasCustomer(message.authorId())))
                .count();
    }

    private static Instant second(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS);
    }

    @Override
    public String toString() {
        return "session " + id + " of " + chat;
    }
}
