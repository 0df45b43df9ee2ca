// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One row of the table {@code session_close}: a chat of an event, or a close that was found in a portal's list.
 *
 * @param at seconds since 1970: the event's time, or the close's if no event came
 * @param key the key of the stored event or close
 * @param repeats the key of the row that counts for the same close, or null if this one counts
 * @param handlerId the portal's subscription that delivered it; 0 if unknown
 * @param sessionId the session, or null while it is not known
 * @param closedAt the close's time in the portal's list, or null while it is not known
 * @param offset the offset of that time as the portal wrote it, in seconds
 * @param hour 3600 if the portal may have written it an hour too early or too late
 */
record LedgerRow(
        String memberId,
        long at,
        ClosePlace place,
        String key,
        @Nullable String repeats,
        State state,
        Origin origin,
        long handlerId,
        @Nullable Long sessionId,
        @Nullable Long closedAt,
        int offset,
        int hour,
        Instant recordedAt) {

    /** The meaning of a row. */
    enum State {
        /** An event that was stored to be handled. */
        COUNTED,
        /** An event of a close that another row counts for. */
        REPEAT,
        /** A close without an event, stored to be handled. */
        OPEN,
        /** A close without an event, stored to be handled; its event came later. */
        CLAIMED,
        /** A close without an event that was too old to be handled. */
        REPORTED;

        /** Returns whether a late event can claim such a row. */
        boolean claimable() {
            return this == OPEN || this == REPORTED;
        }
    }

    static final String COLUMNS = "member_id, at, chat_id, event_key, repeats, state, origin, handler_id, line_id,"
            + " user_id, connector, session_id, closed_at, utc_offset, hour, recorded_at";

    /** Inserts a row with the parameters of {@link #bind}, unless it exists. */
    static final String INSERT = "insert into session_close (" + COLUMNS
            + ") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            + " on conflict (member_id, at, chat_id, event_key) do nothing";

    static LedgerRow read(ResultSet row) throws SQLException {
        return new LedgerRow(
                row.getString(1),
                row.getLong(2),
                new ClosePlace(row.getLong(3), number(row, 9), number(row, 10), row.getString(11)),
                row.getString(4),
                row.getString(5),
                State.valueOf(row.getString(6)),
                Origin.of(row.getString(7)),
                row.getLong(8),
                number(row, 12),
                number(row, 13),
                row.getInt(14),
                row.getInt(15),
                Instant.ofEpochMilli(row.getLong(16)));
    }

    private static @Nullable Long number(ResultSet row, int column) throws SQLException {
        long number = row.getLong(column);
        return row.wasNull() ? null : number;
    }

    void bind(PreparedStatement insert) throws SQLException {
        insert.setString(1, memberId);
        insert.setLong(2, at);
        insert.setLong(3, place.chatId());
        insert.setString(4, key);
        insert.setString(5, repeats);
        insert.setString(6, state.name());
        insert.setString(7, origin.stored());
        insert.setLong(8, handlerId);
        set(insert, 9, place.lineId());
        set(insert, 10, place.userId());
        insert.setString(11, place.connector());
        set(insert, 12, sessionId);
        set(insert, 13, closedAt);
        insert.setInt(14, offset);
        insert.setInt(15, hour);
        insert.setLong(16, recordedAt.toEpochMilli());
    }

    static void set(PreparedStatement insert, int column, @Nullable Long number) throws SQLException {
        if (number == null) {
            insert.setNull(column, Types.BIGINT);
        } else {
            insert.setLong(column, number);
        }
    }

    /** Returns the key of the row that counts for this row's close. */
    String counts() {
        return repeats == null ? key : repeats;
    }

    LedgerRow with(State newState, @Nullable String newRepeats) {
        return new LedgerRow(
                memberId,
                at,
                place,
                key,
                newRepeats,
                newState,
                origin,
                handlerId,
                sessionId,
                closedAt,
                offset,
                hour,
                recordedAt);
    }

    LedgerRow of(LedgerRow close) {
        return new LedgerRow(
                memberId,
                at,
                place,
                key,
                repeats,
                state,
                origin,
                handlerId,
                close.sessionId,
                close.closedAt,
                close.offset,
                hour,
                recordedAt);
    }

    LedgerRow withoutClose() {
        return new LedgerRow(
                memberId, at, place, key, repeats, state, origin, handlerId, null, null, 0, hour, recordedAt);
    }

    /** Tells whether this row already is this close of this session, in either reading of the portal's local time. */
    boolean isClose(ClosedSession session) {
        return sessionId != null
                && closedAt != null
                && sessionId == session.sessionId()
                && (closedAt == session.closedSecond()
                        || closedAt + offset == session.closedSecond() + session.offset());
    }
}
