// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.common.FatalStartupException;
import com.github.tomakehurst.wiremock.common.Slf4jNotifier;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.standalone.MappingsSource;
import com.github.tomakehurst.wiremock.stubbing.StubMapping;
import com.github.tomakehurst.wiremock.stubbing.StubMappings;
import dev.openlines.model.Secret;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.EventSender;
import dev.openlines.portal.wire.Minting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A server for any number of simulated portals, on 127.0.0.1. Start one for a whole test run: a server takes about a
 * second to start, a portal on it a fraction of a millisecond.
 *
 * <p>A request finds its portal by the label in its path, or else by a host name of a portal, or else by its token,
 * webhook code or client id. Otherwise it goes to the portal that was made first. Safe for use by several threads.
 */
public final class PortalServer implements AutoCloseable {

    /** The portals, the oldest first. Guarded by itself. */
    private final Map<String, Portal> portals = new LinkedHashMap<>();

    private final AtomicLong lastLabel = new AtomicLong();
    private final EventSender sender;
    private final WireMockServer wireMock;
    private final ExecutorService background = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "portal-events");
        thread.setDaemon(true);
        return thread;
    });
    private final URI uri;
    private final URI publicUri;

    private PortalServer(int port, @Nullable URI publicUri, EventSender.Settings settings) {
        sender = new EventSender(settings);
        wireMock = new WireMockServer(WireMockConfiguration.options()
                .httpServerFactory(new JettyFront.Factory(this))
                .extensions(new PortalTransformer(this))
                .extensionScanningEnabled(false)
                .templatingEnabled(false)
                .stubCorsEnabled(false)
                .disableRequestJournal()
                .mappingSource(new NoMappings())
                .httpClientFactory((options, trustAll, trusted, system) -> request -> {
                    throw new IOException("a simulated portal forwards no request");
                })
                .disableOptimizeXmlFactoriesLoading(true)
                .notifier(new Slf4jNotifier(false))
                .bindAddress("127.0.0.1")
                .port(port));
        wireMock.stubFor(any(anyUrl()));
        try {
            wireMock.start();
        } catch (FatalStartupException e) {
            throw e.getCause() instanceof UncheckedIOException cause ? cause : e;
        }
        uri = URI.create("http://127.0.0.1:" + wireMock.port() + "/");
        this.publicUri = publicUri == null ? uri : publicUri;
    }

    /**
     * Starts a server on a free port.
     *
     * @return the running server; close it to free the port
     */
    public static PortalServer start() {
        return start(0);
    }

    /**
     * Starts a server.
     *
     * @param port the port, 0 for any free one
     * @return the running server; close it to free the port
     * @throws UncheckedIOException if the port is taken
     */
    public static PortalServer start(int port) {
        return new PortalServer(port, null, EventSender.Settings.defaults());
    }

    /**
     * Starts a server that is reached through a proxy, such as one that speaks TLS.
     *
     * @param port the port, 0 for any free one
     * @param publicUri the proxy's address, which ends in a slash; portals give it to their clients
     * @return the running server; close it to free the port
     * @throws UncheckedIOException if the port is taken
     */
    public static PortalServer start(int port, URI publicUri) {
        return new PortalServer(port, publicUri, EventSender.Settings.defaults());
    }

    /**
     * Starts a server whose sender has settings of its own.
     *
     * @param port the port, 0 for any free one
     * @param publicUri the address that portals give to their clients, ending in a slash, or null for the server's own
     * @param settings how events are sent
     * @return the running server; close it to free the port
     * @throws UncheckedIOException if the port is taken
     */
    public static PortalServer start(int port, @Nullable URI publicUri, EventSender.Settings settings) {
        return new PortalServer(port, publicUri, settings);
    }

    /**
     * Makes the portals that a seed file describes; {@code docs/portal-seed.md} has its format.
     *
     * @param json the content of the file
     * @throws IllegalArgumentException if it is not JSON or a member is unknown or wrong; the message has its path
     */
    public void seed(byte[] json) {
        PortalSeed.apply(this, json);
    }

    /**
     * Makes a portal with random secrets.
     *
     * @return a portal that shares nothing with any other
     */
    public Portal portal() {
        return portal(PortalSetup.minted());
    }

    /**
     * Makes a portal.
     *
     * @param setup its start values
     * @return the portal
     * @throws IllegalArgumentException if the label is taken
     */
    public Portal portal(PortalSetup setup) {
        Portal portal = new Portal(this, "portal-" + lastLabel.incrementAndGet() + "-" + Minting.hex(4), setup, sender);
        synchronized (portals) {
            if (portals.putIfAbsent(portal.label(), portal) != null) {
                throw new IllegalArgumentException("there is a portal " + portal.label() + " already");
            }
        }
        return portal;
    }

    /**
     * Returns the address of the server itself: its page, and the control API under {@code control/}.
     *
     * @return an address that ends in a slash
     */
    public URI uri() {
        return uri;
    }

    /**
     * Returns the portals that were made and not closed.
     *
     * @return a copy, in the order they were made
     */
    public List<Portal> portals() {
        synchronized (portals) {
            return List.copyOf(portals.values());
        }
    }

    /**
     * Takes over a given access token for a portal's administrator, valid for one hour of the portal's clock. It is for
     * tests that send the same bytes again.
     *
     * @param portal a portal of this server
     * @param token a text that no other portal of the server knows
     */
    public void acceptAccessToken(Portal portal, Secret token) {
        synchronized (portal) {
            portal.tokens()
                    .addAccess(
                            token,
                            new TokenStore.Grant(
                                    Portal.ADMIN_ID, portal.clock().instant().plus(EventBodies.ACCESS_LIFETIME)));
        }
    }

    /**
     * Takes over a given refresh token for a portal's administrator, valid once and for thirty days of the portal's
     * clock. It is for tests that send the same bytes again.
     *
     * @param portal a portal of this server
     * @param token a text that no other portal of the server knows
     */
    public void acceptRefreshToken(Portal portal, Secret token) {
        synchronized (portal) {
            portal.tokens()
                    .addRefresh(
                            token,
                            new TokenStore.Grant(
                                    Portal.ADMIN_ID, portal.clock().instant().plus(TokenStore.REFRESH_LIFETIME)));
        }
    }

    /** Stops the server. Its portals can no longer be reached, and their running deliveries end. */
    @Override
    public void close() {
        portals().forEach(portal -> portal.journal().close());
        wireMock.stop();
        background.shutdownNow();
    }

    /** Returns the server's address that portals give to their clients. */
    URI publicUri() {
        return publicUri;
    }

    ExecutorService background() {
        return background;
    }

    Optional<Portal> portal(String label) {
        synchronized (portals) {
            return Optional.ofNullable(portals.get(label));
        }
    }

    void remove(Portal portal) {
        synchronized (portals) {
            portals.remove(portal.label(), portal);
        }
        portal.journal().close();
    }

    /** Returns the portal that a request is for. */
    Optional<Portal> portalOf(RestRequest request) {
        if (request.label().isPresent()) {
            return portal(request.label().get());
        }
        List<Portal> all = portals();
        String host = request.header("host").orElse("").split(":", 2)[0];
        Optional<Portal> byHost = all.stream()
                .filter(portal -> portal.domain().split(":", 2)[0].equals(host) && !host.equals("127.0.0.1"))
                .findFirst();
        return byHost.or(() -> all.stream()
                        .filter(portal -> carriesCredentialOf(portal, request))
                        .findFirst())
                .or(() -> all.stream().findFirst());
    }

    private static boolean carriesCredentialOf(Portal portal, RestRequest request) {
        return request.accessToken().filter(portal::knowsCredential).isPresent()
                || request.text("refresh_token").filter(portal::knowsCredential).isPresent()
                || request.text("code").filter(portal::knowsCredential).isPresent()
                || request.text("client_id").filter(portal::knowsCredential).isPresent()
                || (request.path().size() > 1
                        && portal.webhookCode().reveal().equals(request.path().get(1)));
    }

    /**
     * WireMock's own source of mappings would read {@code src/test/resources/mappings} of the project that runs here,
     * and load a template engine for it.
     */
    private static final class NoMappings implements MappingsSource {

        @Override
        public void loadMappingsInto(StubMappings mappings) {
            // The one stub is made by the server.
        }

        @Override
        public void save(List<StubMapping> mappings) {
            // Nothing is kept.
        }

        @Override
        public void save(StubMapping mapping) {
            // Nothing is kept.
        }

        @Override
        @SuppressWarnings("removal") // The method is still abstract.
        public void remove(StubMapping mapping) {
            // Nothing is kept.
        }

        @Override
        public void remove(UUID id) {
            // Nothing is kept.
        }

        @Override
        public void removeAll() {
            // Nothing is kept.
        }
    }
}
