// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

import dev.openlines.model.Secret;
import dev.openlines.parser.Dialect;
import jakarta.json.JsonObject;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A simulated Bitrix24 portal with one application installed on it. Many live on one {@link
 * PortalServer}; none sees another's lines, chats, tokens, subscriptions, clock or journal.
 *
 * <p>What happens on the portal is caused, not scripted: close a chat, and the event goes to whoever
 * bound a handler. Methods that send events block until the handlers have answered. Safe for use by
 * several threads.
 */
public final class Portal implements AutoCloseable {

    static final long ADMIN_ID = 1;
    static final long OPERATOR_ID = 5;

    private final PortalServer server;
    private final String label;
    private final String domain;
    private final String memberId;
    private final Secret applicationToken;
    private final String clientId;
    private final Secret clientSecret;
    private final Secret webhookCode;
    private final List<String> scope;
    private final PortalClock clock;
    private final Journal journal = new Journal();
    private final EventSender sender;

    // All below are guarded by this.
    private final TokenStore tokens = new TokenStore();
    private final List<PortalUser> users = new ArrayList<>();
    private final List<PortalLine> lines = new ArrayList<>();
    private final List<PortalChat> chats = new ArrayList<>();
    private final List<Subscription> subscriptions = new ArrayList<>();
    private Dialect dialect;
    private int lastSubscription;
    private long lastUser = 9;
    private long lastChat = 16;
    private long lastSession;
    private long lastDelivery;

    Portal(PortalServer server, String mintedLabel, PortalSetup setup, EventSender sender) {
        this.server = server;
        this.sender = sender;
        label = setup.labelOr(mintedLabel);
        domain = setup.domainOr(label + ".bitrix24.test");
        memberId = setup.memberId();
        applicationToken = setup.applicationToken();
        clientId = setup.clientId();
        clientSecret = setup.clientSecret();
        webhookCode = setup.webhookCode();
        scope = setup.scope();
        dialect = setup.dialect();
        clock = new PortalClock(InstantSource.system());
        users.add(new PortalUser(ADMIN_ID, PortalUser.Role.ADMIN, "Ada", "Admin"));
        users.add(new PortalUser(OPERATOR_ID, PortalUser.Role.OPERATOR, "Olga", "Operator"));
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
     * Returns the token that proves where an event comes from; wire field {@code
     * auth[application_token]}.
     *
     * @return the secret a handler must know
     */
    public Secret applicationToken() {
        return applicationToken;
    }

    /**
     * Returns the application's id for OAuth.
     *
     * @return the {@code client_id}
     */
    public String clientId() {
        return clientId;
    }

    /**
     * Returns the application's secret for OAuth.
     *
     * @return the {@code client_secret}
     */
    public Secret clientSecret() {
        return clientSecret;
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
        return server.uri().resolve("/" + label + "/rest/");
    }

    /**
     * Returns the REST address of the portal's OAuth host; wire field {@code auth[server_endpoint]}.
     * The token address is this one with {@code oauth/token/} in place of the last {@code rest/}.
     *
     * @return an address that ends in a slash
     */
    public URI serverEndpoint() {
        return server.uri().resolve("/" + label + "/auth/rest/");
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
     * Issues an access token of the administrator, good for one hour of the portal's clock.
     *
     * @return a token for REST
     */
    public Secret accessToken() {
        return issueToken(ADMIN_ID, clock.instant().plus(TokenStore.ACCESS_LIFETIME));
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
    public synchronized PortalLine openLine(String name) {
        PortalLine line = new PortalLine(this, lines.size() + 1L, name);
        lines.add(line);
        return line;
    }

    /**
     * Returns the portal's lines.
     *
     * @return a copy, in the order of their ids
     */
    public synchronized List<PortalLine> lines() {
        return List.copyOf(lines);
    }

    /**
     * Returns the portal's chats, open and closed.
     *
     * @return a copy, in the order of their ids
     */
    public synchronized List<PortalChat> chats() {
        return List.copyOf(chats);
    }

    /**
     * Subscribes a handler, as {@code event.bind} does, in the portal's dialect.
     *
     * @param event the event's code in any case
     * @param handler where deliveries go
     * @return the new subscription
     */
    public synchronized Subscription subscribe(String event, URI handler) {
        return addSubscription(event, handler, 0);
    }

    /**
     * Returns what is bound now.
     *
     * @return a copy, in the order of the ids
     */
    public synchronized List<Subscription> subscriptions() {
        return List.copyOf(subscriptions);
    }

    /**
     * Sets the published shape of all subscriptions, those of now and later ones.
     *
     * @param value the shape
     */
    public synchronized void useDialect(Dialect value) {
        dialect = value;
        subscriptions.replaceAll(s -> new Subscription(s.id(), s.event(), s.handler(), s.authType(), value));
    }

    /**
     * Sets the published shape of one subscription.
     *
     * @param subscriptionId which
     * @param value the shape
     * @throws IllegalArgumentException if there is no such subscription
     */
    public synchronized void useDialect(int subscriptionId, Dialect value) {
        if (subscriptions.stream().noneMatch(s -> s.id() == subscriptionId)) {
            throw new IllegalArgumentException("there is no subscription " + subscriptionId);
        }
        subscriptions.replaceAll(s ->
                s.id() == subscriptionId ? new Subscription(s.id(), s.event(), s.handler(), s.authType(), value) : s);
    }

    /**
     * Returns what the portal sent, the newest 20 000.
     *
     * @return a copy, oldest first
     */
    public List<Delivery> deliveries() {
        return journal.deliveries();
    }

    /**
     * Returns the REST and OAuth requests that reached the portal, the newest 20 000.
     *
     * @return a copy, oldest first
     */
    public List<RestCall> calls() {
        return journal.calls();
    }

    /**
     * Waits until the portal's journal holds a request that fits.
     *
     * @param fits what to wait for
     * @param atMost how long
     * @return whether it came
     * @throws InterruptedException if the thread is interrupted
     */
    public boolean awaitCall(Predicate<RestCall> fits, Duration atMost) throws InterruptedException {
        return journal.await(j -> j.calls().stream().anyMatch(fits), atMost.toNanos());
    }

    /** Takes the portal off its server: its addresses answer as unknown from then on. */
    @Override
    public void close() {
        server.remove(this);
    }

    // ---- what REST needs

    Journal journal() {
        return journal;
    }

    List<String> scope() {
        return scope;
    }

    TokenStore tokens() {
        return tokens;
    }

    synchronized Secret issueToken(long userId, Instant expires) {
        return tokens.issueAccess(userId, expires);
    }

    synchronized Optional<PortalUser> user(long id) {
        return users.stream().filter(user -> user.id() == id).findFirst();
    }

    synchronized Subscription addSubscription(String event, URI handler, long authType) {
        Subscription added =
                new Subscription(++lastSubscription, event.toUpperCase(Locale.ROOT), handler, authType, dialect);
        subscriptions.add(added);
        return added;
    }

    synchronized int removeSubscriptions(Predicate<Subscription> which) {
        int before = subscriptions.size();
        subscriptions.removeIf(which);
        return before - subscriptions.size();
    }

    synchronized boolean knowsCredential(String text) {
        return tokens.knows(text) || clientId.equals(text);
    }

    // ---- what happens on the portal

    PortalChat openChat(PortalLine line, String connector) {
        PortalChat chat;
        synchronized (this) {
            PortalUser visitor = new PortalUser(++lastUser, PortalUser.Role.GUEST, "Guest", "");
            users.add(visitor);
            chat = new PortalChat(this, ++lastChat, line, connector, visitor, ++lastSession);
            chats.add(chat);
        }
        raiseSession("ONSESSIONSTART", chat, Cause.user(chat.visitorId()));
        return chat;
    }

    List<Delivery> closeChat(PortalChat chat, Closing closing) {
        synchronized (this) {
            if (!chat.isOpen()) {
                throw new IllegalStateException("chat " + chat.id() + " is closed");
            }
            chat.closed();
        }
        Cause cause = switch (closing) {
            case OPERATOR, SPAM -> Cause.user(OPERATOR_ID);
            case BOT -> Cause.user(ADMIN_ID);
            case RATING -> Cause.user(chat.visitorId());
            case AGENT -> Cause.timer();
        };
        return raiseSession("ONSESSIONFINISH", chat, cause);
    }

    void reopenChat(PortalChat chat) {
        synchronized (this) {
            if (chat.isOpen()) {
                throw new IllegalStateException("chat " + chat.id() + " is open");
            }
            chat.started(++lastSession);
        }
        raiseSession("ONSESSIONSTART", chat, Cause.user(chat.visitorId()));
    }

    private List<Delivery> raiseSession(String event, PortalChat chat, Cause cause) {
        EventBodies.ChatFacts facts;
        synchronized (this) {
            facts = chat.facts();
        }
        return raise(event, shape -> EventBodies.sessionData(facts, shape), cause);
    }

    /** Makes the bodies while the portal stands still, and sends them when it may go on. */
    List<Delivery> raise(String event, Function<Dialect, @Nullable JsonObject> data, Cause cause) {
        List<Outgoing> outgoing = new ArrayList<>();
        synchronized (this) {
            for (Subscription subscription : subscriptions) {
                if (subscription.event().equals(event)) {
                    byte[] body = EventBodies.form(EventBodies.envelope(
                            event,
                            subscription.id(),
                            data.apply(subscription.dialect()),
                            clock.instant(),
                            auth(subscription, cause),
                            subscription.dialect()));
                    byte[] head =
                            EventSender.head(subscription.handler(), body.length, "application/x-www-form-urlencoded");
                    outgoing.add(new Outgoing(subscription, head, body));
                }
            }
        }
        List<Delivery> sent = new ArrayList<>();
        for (Outgoing one : outgoing) {
            sent.add(send(one.subscription, one.head, one.body));
        }
        return List.copyOf(sent);
    }

    /** A request that is ready to go. */
    private static final class Outgoing {

        private final Subscription subscription;
        private final byte[] head;
        private final byte[] body;

        Outgoing(Subscription subscription, byte[] head, byte[] body) {
            this.subscription = subscription;
            this.head = head;
            this.body = body;
        }
    }

    Delivery send(Subscription subscription, byte[] head, byte[] body) {
        long number;
        synchronized (this) {
            number = ++lastDelivery;
        }
        Instant sentAt = Instant.now();
        Exchange exchange = sender.send(subscription.handler(), EventSender.join(head, body));
        Delivery delivery = new Delivery(this, number, subscription, sentAt, head, body, exchange);
        journal.add(delivery);
        return delivery;
    }

    /** The documentation's shapes show a refresh token with every event; the platform sends few. */
    private EventBodies.AuthFacts auth(Subscription subscription, Cause cause) {
        long userId = subscription.authType() > 0 ? subscription.authType() : cause.userId();
        boolean withToken = cause.credentials() && userId > 0;
        boolean withRefresh = withToken && (cause.refreshToken() || subscription.dialect() != Dialect.PLATFORM);
        Instant now = clock.instant();
        Instant expires = now.plus(TokenStore.ACCESS_LIFETIME);
        return new EventBodies.AuthFacts(
                withToken ? tokens.issueAccess(userId, expires) : null,
                expires,
                String.join(",", scope),
                domain,
                serverEndpoint().toString(),
                "L",
                restUri().toString(),
                memberId,
                userId,
                withRefresh ? tokens.issueRefresh(userId, now) : null,
                applicationToken);
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
