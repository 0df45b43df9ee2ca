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
 * Knows which closes need not be looked up in SQLite, because no row can be near them. That is so if the portal had no
 * row as late as the event when its rows were read, the chat has had no event since, and no close of the portal waits
 * for its event. Used by the thread that commits, in its transaction.
 */
final class RecentCloses {

    /** The most chats that are remembered. */
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

    /** Reports that other statements of this connection write rows. May be called from any thread. */
    void forget() {
        stale = true;
    }

    /**
     * Begins a transaction that has the right to write.
     *
     * @param connection the connection of the transaction; each connection has its own data version
     * @param dataVersion the number from SQLite, which changes when another connection commits
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

    /** Tells whether rows near a close may exist, and remembers its chat. */
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
