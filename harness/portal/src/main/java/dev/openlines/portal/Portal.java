// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.model.Secret;
import dev.openlines.parser.Dialect;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.EventSender;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonValue;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A simulated Bitrix24 portal with one application installed on it. One {@link PortalServer} can have many. They share
 * no lines, chats, tokens, subscriptions, clock or journal.
 *
 * <p>Events are not scripted: close a chat, and the event is sent to each handler that is bound to it. Methods that
 * send events block until the handlers have answered. Safe for use by several threads.
 */
public final class Portal implements AutoCloseable {

    static final long ADMIN_ID = 1;
    static final long OPERATOR_ID = 5;

    private final PortalServer server;
    private final String label;
    private final String domain;
    private final String memberId;
    private final Secret webhookCode;
    private final @Nullable URI clientEndpoint;
    private final @Nullable URI serverEndpoint;
    private final @Nullable URI redirectUri;
    private final PortalClock clock = new PortalClock(InstantSource.system());
    private final Journal journal = new Journal();
    private final Outbox outbox;
    private final OpenLines openLines;
    private final PortalLimits limits = new PortalLimits(clock);
    private final PortalFaults faults = new PortalFaults();
    private final PortalSending sending;
    private final PortalReports reports = new PortalReports();
    private final PortalConnectors connectors = new PortalConnectors(this);
    private final PortalCrm crm = new PortalCrm(this);
    private final PortalLifecycle lifecycle;

    // The following fields are guarded by this.
    private final Application application;
    private final TokenStore tokens = new TokenStore();
    private final Map<String, RestMethod> declared = new HashMap<>();

    Portal(PortalServer server, String mintedLabel, PortalSetup setup, EventSender sender) {
        this.server = server;
        label = setup.labelOr(mintedLabel);
        domain = setup.domainOr(label + ".bitrix24.test");
        memberId = setup.memberId();
        webhookCode = setup.webhookCode();
        clientEndpoint = setup.clientEndpoint();
        serverEndpoint = setup.serverEndpoint();
        redirectUri = setup.redirectUri();
        application = new Application(setup);
        lifecycle = new PortalLifecycle(this, application.installed());
        outbox = new Outbox(this, sender, server.background(), setup.dialect());
        openLines = new OpenLines(this);
        sending = new PortalSending(this, outbox);
    }

    /**
     * Returns the portal's name on its server.
     *
     * @return the first part of its path
     */
    public String label() {
        return label;
    }

    /**
     * Returns the host name that events carry; wire field {@code auth[domain]}.
     *
     * @return a host name, under {@code .test} unless set up otherwise
     */
    public String domain() {
        return domain;
    }

    /**
     * Returns the portal's stable identity; wire field {@code auth[member_id]}.
     *
     * @return 32 hexadecimal digits unless set up otherwise
     */
    public String memberId() {
        return memberId;
    }

    /**
     * Returns the token that proves the origin of an event; wire field {@code
     * auth[application_token]}. A new installation has a new one.
     *
     * @return the secret a handler must know
     */
    public synchronized Secret applicationToken() {
        return application.applicationToken();
    }

    /**
     * Returns the application's id for OAuth.
     *
     * @return the {@code client_id}
     */
    public String clientId() {
        return application.clientId();
    }

    /**
     * Returns the application's secret for OAuth.
     *
     * @return the {@code client_secret}
     */
    public Secret clientSecret() {
        return application.clientSecret();
    }

    /**
     * Returns the code of the administrator's incoming webhook.
     *
     * @return the part of the path after {@code /rest/1/}
     */
    public Secret webhookCode() {
        return webhookCode;
    }

    /**
     * Returns the portal's REST address; wire field {@code auth[client_endpoint]}.
     *
     * @return an address that ends in a slash
     */
    public URI restUri() {
        return clientEndpoint != null ? clientEndpoint : server.publicUri().resolve(label + "/rest/");
    }

    /**
     * Returns the REST address of the portal's OAuth host; wire field {@code auth[server_endpoint]}.
     * The token address is this one with {@code oauth/token/} in place of the last {@code rest/}.
     *
     * @return an address that ends in a slash
     */
    public URI serverEndpoint() {
        return serverEndpoint != null ? serverEndpoint : server.publicUri().resolve(label + "/auth/rest/");
    }

    /**
     * Returns the portal's clock.
     *
     * @return the same clock each time
     */
    public PortalClock clock() {
        return clock;
    }

    /**
     * Returns how the portal sends.
     *
     * @return the same each time
     */
    public PortalSending sending() {
        return sending;
    }

    /**
     * Returns the limits of the portal's REST, all off at first.
     *
     * @return the same each time
     */
    public PortalLimits limits() {
        return limits;
    }

    /**
     * Returns the faults of the portal's REST and OAuth, none at first.
     *
     * @return the same each time
     */
    public PortalFaults faults() {
        return faults;
    }

    /**
     * Returns the access to the portal's reports on open lines.
     *
     * @return the same each time
     */
    public PortalReports reports() {
        return reports;
    }

    /**
     * Returns the portal's leads, deals, contacts and companies.
     *
     * @return the CRM
     */
    public PortalCrm crm() {
        return crm;
    }

    /**
     * Returns the connectors that the application registered, none at first.
     *
     * @return the same each time
     */
    public PortalConnectors connectors() {
        return connectors;
    }

    /**
     * Returns the application's other events, which come after its installation.
     *
     * @return the same each time
     */
    public PortalLifecycle lifecycle() {
        return lifecycle;
    }

    /**
     * Issues an access token of the administrator, good for one hour of the portal's clock.
     *
     * @return a token for REST
     */
    public Secret accessToken() {
        return issueToken(ADMIN_ID, clock.instant().plus(EventBodies.ACCESS_LIFETIME));
    }

    /**
     * Issues an access token of the administrator that expired a minute ago.
     *
     * @return a token that REST refuses with {@code expired_token}
     */
    public Secret expiredAccessToken() {
        return issueToken(ADMIN_ID, clock.instant().minus(Duration.ofMinutes(1)));
    }

    /**
     * Adds an open line.
     *
     * @param name any text
     * @return the line
     */
    public PortalLine openLine(String name) {
        return openLines.addLine(name);
    }

    /**
     * Returns the portal's lines.
     *
     * @return a copy, in the order of their ids
     */
    public List<PortalLine> lines() {
        return openLines.lines();
    }

    /**
     * Returns the portal's chats, open and closed.
     *
     * @return a copy, in the order of their ids
     */
    public List<PortalChat> chats() {
        return openLines.chats();
    }

    /**
     * Subscribes a handler, as {@code event.bind} does, in the portal's dialect.
     *
     * @param event the event's code in any case
     * @param handler the address of deliveries
     * @return the new subscription
     */
    public PortalSubscription subscribe(String event, URI handler) {
        return outbox.add(event, handler, 0);
    }

    /**
     * Returns the present subscriptions.
     *
     * @return a copy, in the order of the ids
     */
    public List<PortalSubscription> subscriptions() {
        return outbox.subscriptions();
    }

    /**
     * Sets the published shape of all subscriptions, those of now and later ones.
     *
     * @param value the shape
     */
    public void useDialect(Dialect value) {
        outbox.useDialect(value);
    }

    /**
     * Sets the published shape of one subscription.
     *
     * @param subscriptionId the subscription
     * @param value the shape
     * @throws IllegalArgumentException if there is no such subscription
     */
    public void useDialect(int subscriptionId, Dialect value) {
        outbox.useDialect(subscriptionId, value);
    }

    /**
     * Returns the newest 20,000 deliveries of the portal.
     *
     * @return a copy, oldest first
     */
    public List<Delivery> deliveries() {
        return journal.deliveries();
    }

    /**
     * Returns the newest 20,000 REST and OAuth requests that reached the portal.
     *
     * @return a copy, oldest first
     */
    public List<PortalCall> calls() {
        return journal.calls();
    }

    /**
     * Waits until the portal's journal holds a request that fits.
     *
     * @param fits the condition for the request
     * @param atMost how long
     * @return whether it came
     * @throws InterruptedException if the thread is interrupted
     */
    public boolean awaitCall(Predicate<PortalCall> fits, Duration atMost) throws InterruptedException {
        return journal.await(j -> j.calls().stream().anyMatch(fits), atMost.toNanos());
    }

    /**
     * Waits until the portal's journal has a number of deliveries, including those that REST calls caused.
     *
     * @param count how many, from the portal's beginning
     * @param atMost how long
     * @return whether they came
     * @throws InterruptedException if the thread is interrupted
     */
    public boolean awaitDeliveries(int count, Duration atMost) throws InterruptedException {
        return journal.await(j -> j.deliveries().size() >= count, atMost.toNanos());
    }

    PortalServer server() {
        return server;
    }

    /** Takes the portal off its server: its addresses answer as unknown from then on. */
    @Override
    public void close() {
        server.remove(this);
    }

    /**
     * Finishes the installation of the application, or installs it anew, with a new application token.
     * Sends {@code ONAPPINSTALL} to whoever bound it, with an access token and a refresh token of the
     * administrator, and blocks until that is done.
     *
     * @return the deliveries
     */
    public List<Delivery> install() {
        return lifecycle.install();
    }

    /**
     * Updates the application to its next version. Sends {@code ONAPPUPDATE} with a refresh token and
     * blocks until that is done. The subscriptions stay, as they do in the server's source.
     *
     * @param newToken whether the application token changes, as the documentation says it may
     * @return the deliveries
     */
    public List<Delivery> update(boolean newToken) {
        return lifecycle.update(newToken);
    }

    /**
     * Uninstalls the application: {@code ONAPPUNINSTALL} goes out without any access token, then the
     * subscriptions are gone and no token of the application works. Blocks until that is done.
     *
     * @param clean whether the application's data is to be deleted; wire field {@code data[CLEAN]}
     * @return the deliveries
     */
    public List<Delivery> uninstall(boolean clean) {
        return lifecycle.uninstall(clean);
    }

    /**
     * Says whether the application's paid period lasts. When it is over, REST and OAuth refuse and no
     * event goes out.
     *
     * @param value false to end it
     */
    public synchronized void paid(boolean value) {
        application.paid(value);
    }

    /**
     * Says whether the portal's plan lets an application take offline events in two steps, {@code clear=0}
     * and {@code event.offline.clear}.
     *
     * @param value false for a plan that refuses it with {@code WRONG_LICENSE}
     */
    public synchronized void extendedOfflineEvents(boolean value) {
        application.extendedOffline(value);
    }

    /**
     * Declares what a REST method answers that the simulator does not have, or answers otherwise.
     *
     * @param method the method's name
     * @param resultJson the {@code result}, as JSON
     * @throws jakarta.json.JsonException if it is no JSON
     */
    public synchronized void answer(String method, String resultJson) {
        JsonValue result = PhpJson.parse(resultJson.getBytes(StandardCharsets.UTF_8));
        String name = method.toLowerCase(Locale.ROOT);
        declared.put(name, new RestMethod(name, "", Provenance.DECLARED, call -> RestResult.of(result)));
    }

    // For REST.

    Journal journal() {
        return journal;
    }

    /** Returns the application. Guarded by this portal, as all that it knows. */
    Application application() {
        return application;
    }

    Outbox outbox() {
        return outbox;
    }

    Optional<URI> redirectUri() {
        return Optional.ofNullable(redirectUri);
    }

    TokenStore tokens() {
        return tokens;
    }

    synchronized Secret issueToken(long userId, Instant expires) {
        return tokens.issueAccess(userId, expires);
    }

    Optional<PortalUser> user(long id) {
        return openLines.user(id);
    }

    OpenLines openLines() {
        return openLines;
    }

    synchronized @Nullable RestMethod declared(String method) {
        return declared.get(method);
    }

    synchronized boolean knowsCredential(String text) {
        return tokens.knows(text) || application.clientId().equals(text);
    }

    /**
     * Describes the portal without its secrets.
     *
     * @return its label and address
     */
    @Override
    public String toString() {
        return "portal " + label + " at " + restUri();
    }
}
