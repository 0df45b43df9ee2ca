// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;

/**
 * A store of grants. Several processes may share one; then one of them at a time holds the lease to refresh a portal's
 * tokens.
 *
 * <p>Applications may implement it. All methods may block, and are called by several threads at once, never by those of
 * the HTTP client. When {@link #save} and {@link #replace} return, their writes must survive a crash, because the old
 * refresh token may be invalid from then on.
 */
public interface TokenStore {

    /**
     * Returns a store in memory, for tests, and for applications that store all grants anew at each start.
     *
     * @return an empty store
     */
    static TokenStore memory() {
        return new MemoryTokenStore();
    }

    /**
     * Returns a store in a SQLite file, with sealed tokens. It needs {@code
     * org.xerial:sqlite-jdbc} and {@code com.google.crypto.tink:tink}.
     *
     * @param file created if missing, its folder must exist; processes of one machine may share it
     * @param seal the key
     * @return a store whose writes are on the disk when they return
     * @throws ClientStoreException if the file cannot be opened
     */
    static TokenStore sqlite(Path file, TokenSeal seal) {
        return SqlTokenStore.sqlite(file, seal);
    }

    /**
     * Returns a store in a PostgreSQL database, with sealed tokens. It creates its tables {@code
     * openlines_grant} and {@code openlines_kept} if they are missing, and needs {@code com.google.crypto.tink:tink}.
     *
     * @param database gives connections that commit durably, as PostgreSQL does by default
     * @param seal the key
     * @return a store that several nodes may share
     * @throws ClientStoreException if the database cannot be used
     */
    static TokenStore postgresql(DataSource database, TokenSeal seal) {
        return SqlTokenStore.postgresql(database, seal);
    }

    /**
     * Finds a portal's grant.
     *
     * @param memberId the portal
     * @return empty if there is none
     */
    Optional<Grant> find(String memberId);

    /**
     * Returns the portals that have a grant. This default knows none.
     *
     * @return their ids
     */
    default Set<String> portals() {
        return Set.of();
    }

    /**
     * Stores the grant of a new installation, in place of any other of the portal. Its version becomes one more than
     * that of the replaced grant; its own version is ignored.
     *
     * @param grant to be stored, durably
     * @return the grant with the version that it has in the store
     */
    Grant save(Grant grant);

    /**
     * Stores the next state of a grant, unless another process has changed it meanwhile.
     *
     * @param read the grant as it was read
     * @param next to be stored, durably; its version is that of {@code read} plus 1
     * @return false if the stored version is another one; then nothing changed
     */
    boolean replace(Grant read, Grant next);

    /**
     * Forgets a portal.
     *
     * @param memberId the portal
     * @return whether there was a grant
     */
    boolean forget(String memberId);

    /**
     * Takes the right to refresh a portal's tokens.
     *
     * @param memberId the portal
     * @param owner the one who asks; the same owner may take it again
     * @param time the time after which the right ends by itself, in case the owner crashes
     * @return false if another owner has it, or there is no grant
     */
    boolean lease(String memberId, String owner, Duration time);

    /**
     * Gives the right back.
     *
     * @param memberId the portal
     * @param owner the one who took it; another owner's right stays
     */
    void release(String memberId, String owner);

    /**
     * Returns records with tokens that are kept for a while, such as installations that cannot be verified now. {@code
     * put} returns when the record is sealed and durable. The stores in SQLite and PostgreSQL have such records; this
     * default has none and throws an {@link UnsupportedOperationException} on {@code put}.
     *
     * @return a view of this store; its {@code put} and {@code remove} return null whatever was there before
     */
    default Map<String, byte[]> kept() {
        return Map.of();
    }
}
