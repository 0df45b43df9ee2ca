// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Knows which closes need not be looked up in SQLite, since nothing near them can be there: an event that is later than
 * every row of its portal when that was read, of a chat that had no event since, of a portal without closes that wait
 * for their event. Used by the thread that commits, in its transaction.
 */
final class RecentCloses {

    /** So many chats are remembered at most. */
    private static final int MOST = 10_000;

    /**
     * The state of a portal when it was read.
     *
     * @param latest the second of the latest row, or the least number if there is none
     * @param open whether closes wait for their event
     */
    private record Portal(long latest, boolean open) {}

    private final Map<String, Portal> portals = new HashMap<>();
    private final Set<SessionLedger.Chat> chats = new HashSet<>();
    private @Nullable Connection of;
    private long version = -1;
    private volatile boolean stale;

    /** Says that rows are written by other statements of this connection. From any thread. */
    void forget() {
        stale = true;
    }

    /**
     * Begins a transaction that has the right to write.
     *
     * @param connection the transaction's: each connection counts anew
     * @param dataVersion what SQLite gives: another number if another connection has committed since
     */
    void begin(Connection connection, long dataVersion) {
        if (stale || of != connection || version != dataVersion || chats.size() > MOST) {
            stale = false;
            of = connection;
            version = dataVersion;
            portals.clear();
            chats.clear();
        }
    }

    /** Says whether rows near a close may be there, and remembers its chat. */
    boolean mayHave(PreparedStatement latest, PreparedStatement open, SessionLedger.Chat chat, long at, long reach)
            throws SQLException {
        Portal portal = portals.get(chat.memberId());
        if (portal == null) {
            portal = read(latest, open, chat.memberId());
            portals.put(chat.memberId(), portal);
        }
        return !chats.add(chat) || portal.open() || at - reach <= portal.latest();
    }

    private static Portal read(PreparedStatement latest, PreparedStatement open, String memberId) throws SQLException {
        latest.setString(1, memberId);
        long second = Long.MIN_VALUE;
        try (ResultSet row = latest.executeQuery()) {
            if (row.next() && row.getObject(1) != null) {
                second = row.getLong(1);
            }
        }
        open.setString(1, memberId);
        try (ResultSet row = open.executeQuery()) {
            return new Portal(second, row.next());
        }
    }
}
