// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.client.ClientStoreException;
import dev.openlines.client.ErrorCode;
import dev.openlines.client.OfflineEvent;
import dev.openlines.client.OfflineQueue;
import dev.openlines.client.ReinstallRequiredException;
import dev.openlines.client.RestClient;
import dev.openlines.client.RestException;
import dev.openlines.receiver.OfflineQueues;
import dev.openlines.receiver.StoreException;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Drains the default offline queues of the portals that have installed the application, with their stored grants. A queue
 * that is bound with a connector's key of its own is not drained.
 */
public final class PortalQueues implements OfflineQueues {

    private final RestClient client;

    /**
     * Asks nothing yet.
     *
     * @param client built with {@link RestClient.Builder#application}
     */
    public PortalQueues(RestClient client) {
        this.client = client;
    }

    @Override
    public Set<String> portals() {
        return client.oauth().portals();
    }

    @Override
    public Drained drain(String memberId, Consumer<Queued> sink) {
        try {
            OfflineQueue.Drained drained =
                    client.portal(memberId).offlineQueue().drain(event -> store(event, sink));
            return new Drained(drained.failed(), null);
        } catch (ClientStoreException e) {
            if (e.getCause() instanceof StoreException down) {
                throw down;
            }
            // The store of the grants.
            throw e;
        } catch (ReinstallRequiredException e) {
            return new Drained(0, "the portal does not let the application in: it must be installed again");
        } catch (RestException e) {
            String refusal = refusal(e);
            if (refusal == null) {
                throw e;
            }
            return new Drained(0, refusal);
        }
    }

    private static void store(OfflineEvent event, Consumer<Queued> sink) {
        try {
            sink.accept(new Queued(event.event(), event.queuedAt(), event.data()));
        } catch (StoreException e) {
            throw new ClientStoreException("the inbox cannot store", e);
        }
    }

    private static @Nullable String refusal(RestException e) {
        if (e.is(ErrorCode.WRONG_LICENSE)) {
            return "the portal's plan does not let applications reserve offline events";
        }
        return e.is(ErrorCode.ACCESS_DENIED) ? "the user of the grant must be an administrator of the portal" : null;
    }
}
