// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.model.ConnectorCode;
import dev.openlines.model.Printed;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A session as the portal lists it: one row with its latest close. If a session was resumed, its earlier
 * close cannot be seen any more. Times are the portal's local time with the offset of that moment.
 *
 * <p>Only {@link #closedAt()} tells that it is closed: the portal repairs closed sessions that still have an open
 * status later, and a session that it closes as a duplicate has no time of closing.
 *
 * @param id wire field {@code id}
 * @param lineId the line it is in now, 0 if not sent; wire field {@code configId}
 * @param source the channel; it may differ from the first part of the user code; wire field {@code source}
 * @param operatorId null if there is none; wire field {@code operatorId}
 * @param userId the customer's user on the portal, 0 for none; wire field {@code userId}
 * @param userCode the customer in the channel, null if not sent; wire field {@code userCode}
 * @param chatId the portal's chat, 0 if not sent; wire field {@code chatId}
 * @param createdAt null if not sent; wire field {@code dateCreate}
 * @param closedAt when it was closed, null while it is open. The portal may list it long after this time; wire field
 *     {@code dateClose}
 * @param firstAnswerAt the first answer, a bot's too, null if there is none; wire field {@code dateFirstAnswer}
 * @param operatorAnswerAt a person's first answer, null if there is none; wire field {@code dateOperatorAnswer}
 * @param status wire field {@code status}
 * @param closeReason null if there is none; wire field {@code closeReason}
 * @param vote the customer's rating; wire field {@code vote}
 * @param voteHead a supervisor's rating from 1 to 5, null if there is none or the user may not see it; wire
 *     field {@code voteHead}
 * @param commentHead the supervisor's comment, null under the same conditions; wire field {@code commentHead}
 * @param crmEntityType {@code lead}, {@code deal}, {@code contact} or {@code company}, null if there is
 *     none or the user may not read it; wire field {@code crmEntityType}
 * @param crmEntityId the id of that object, null under the same conditions; wire field {@code crmEntityId}
 * @param queueTransfers the number of transfers; wire field {@code queueTransfers}
 * @param waitAnswer the time until the first answer, null if there is none; wire field {@code waitAnswer}
 * @param waitClose the time until the close, null if there is none; wire field {@code waitClose}
 * @param kpiFirstAnswer whether the first answer came in the time agreed on, null if the line has no such
 *     time; wire field {@code kpiFirstAnswer}
 * @param messageCount wire field {@code messageCount}
 * @param raw the row as it came
 * @see <a href="https://apidocs.bitrix24.com/api-reference/imopenlines/statistics/data-types.html">Data types</a>
 */
public record Session(
        long id,
        long lineId,
        ConnectorCode source,
        @Nullable Long operatorId,
        long userId,
        @Nullable String userCode,
        long chatId,
        @Nullable OffsetDateTime createdAt,
        @Nullable OffsetDateTime closedAt,
        @Nullable OffsetDateTime firstAnswerAt,
        @Nullable OffsetDateTime operatorAnswerAt,
        Status status,
        @Nullable CloseReason closeReason,
        Vote vote,
        @Nullable Long voteHead,
        @Nullable String commentHead,
        @Nullable String crmEntityType,
        @Nullable Long crmEntityId,
        long queueTransfers,
        @Nullable Duration waitAnswer,
        @Nullable Duration waitClose,
        @Nullable Boolean kpiFirstAnswer,
        long messageCount,
        JsonObject raw) {

    /**
     * The status of a session. An open set: a code without a constant here keeps its text and is not {@link
     * #known()}.
     *
     * @param code as sent, empty if not sent
     */
    public record Status(String code) {

        /** {@code new}: in the queue, or not answered yet. */
        public static final Status NEW = new Status("new");

        /** {@code answered}: an operator is talking to the customer. */
        public static final Status ANSWERED = new Status("answered");

        /** {@code closed}: over. */
        public static final Status CLOSED = new Status("closed");

        /** {@code spam}: marked as spam, and closed by that. */
        public static final Status SPAM = new Status("spam");

        /** {@code paused}: put on hold. */
        public static final Status PAUSED = new Status("paused");

        private static final Set<Status> KNOWN = Set.of(NEW, ANSWERED, CLOSED, SPAM, PAUSED);

        public Status {
            Objects.requireNonNull(code, "code");
        }

        /**
         * Tells whether this is one of the constants.
         *
         * @return false for a code that appeared after this version
         */
        public boolean known() {
            return KNOWN.contains(this);
        }

        /** Returns the code on one line, without characters that steer a terminal. */
        @Override
        public String toString() {
            return Printed.line(code);
        }
    }

    /**
     * The reason of a close. An open set: a code without a constant here keeps its text and is not
     * {@link #known()}.
     *
     * @param code as sent
     */
    public record CloseReason(String code) {

        /** {@code operator}: an operator closed it. */
        public static final CloseReason OPERATOR = new CloseReason("operator");

        /** {@code auto}: the portal's timer closed it. */
        public static final CloseReason AUTO = new CloseReason("auto");

        /** {@code spam}: it was marked as spam. */
        public static final CloseReason SPAM = new CloseReason("spam");

        /** {@code client}: the customer did not answer any more. */
        public static final CloseReason CLIENT = new CloseReason("client");

        /** {@code replyLimit}: the channel's time for answers was over. */
        public static final CloseReason REPLY_LIMIT = new CloseReason("replyLimit");

        private static final Set<CloseReason> KNOWN = Set.of(OPERATOR, AUTO, SPAM, CLIENT, REPLY_LIMIT);

        public CloseReason {
            Objects.requireNonNull(code, "code");
        }

        /**
         * Tells whether this is one of the constants.
         *
         * @return false for a code that appeared after this version
         */
        public boolean known() {
            return KNOWN.contains(this);
        }

        /** Returns the code on one line, without characters that steer a terminal. */
        @Override
        public String toString() {
            return Printed.line(code);
        }
    }

    /**
     * A customer's rating. An open set: a code without a constant here keeps its text and is
     * not {@link #known()}.
     *
     * @param code as sent, empty if not sent
     */
    public record Vote(String code) {

        /** {@code like}: good. */
        public static final Vote LIKE = new Vote("like");

        /** {@code dislike}: bad. */
        public static final Vote DISLIKE = new Vote("dislike");

        /** {@code none}: nothing. */
        public static final Vote NONE = new Vote("none");

        /** {@code any}: good or bad; in filters only. */
        public static final Vote ANY = new Vote("any");

        private static final Set<Vote> KNOWN = Set.of(LIKE, DISLIKE, NONE, ANY);

        public Vote {
            Objects.requireNonNull(code, "code");
        }

        /**
         * Tells whether this is one of the constants.
         *
         * @return false for a code that appeared after this version
         */
        public boolean known() {
            return KNOWN.contains(this);
        }

        /** Returns the code on one line, without characters that steer a terminal. */
        @Override
        public String toString() {
            return Printed.line(code);
        }
    }

    static Session of(Fields row) {
        String reason = row.member("closeReason").textOrNull();
        return new Session(
                row.member("id").integer(),
                row.member("configId").integerOrZero(),
                new ConnectorCode(row.member("source").textOrEmpty()),
                row.member("operatorId").integerOrNull(),
                row.member("userId").integerOrZero(),
                row.member("userCode").textOrNull(),
                row.member("chatId").integerOrZero(),
                row.member("dateCreate").localTimeOrNull(),
                row.member("dateClose").localTimeOrNull(),
                row.member("dateFirstAnswer").localTimeOrNull(),
                row.member("dateOperatorAnswer").localTimeOrNull(),
                new Status(row.member("status").textOrEmpty()),
                reason == null || reason.isEmpty() ? null : new CloseReason(reason),
                new Vote(row.member("vote").textOrEmpty()),
                row.member("voteHead").integerOrNull(),
                row.member("commentHead").textOrNull(),
                row.member("crmEntityType").textOrNull(),
                row.member("crmEntityId").integerOrNull(),
                row.member("queueTransfers").integerOrZero(),
                row.member("waitAnswer").secondsOrNull(),
                row.member("waitClose").secondsOrNull(),
                row.member("kpiFirstAnswer").flagOrNull(),
                row.member("messageCount").integerOrZero(),
                row.object());
    }

    /** Returns the session, its chat and its close, without what people wrote. */
    @Override
    public String toString() {
        return "session " + id + " of chat " + chatId + ", " + status
                + (closedAt == null ? "" : ", closed " + closedAt);
    }
}
