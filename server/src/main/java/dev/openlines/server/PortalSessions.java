// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.client.AddressRefusedException;
import dev.openlines.client.ClientException;
import dev.openlines.client.ClientStoreException;
import dev.openlines.client.ErrorCode;
import dev.openlines.client.OpenLines;
import dev.openlines.client.PortalClient;
import dev.openlines.client.ReinstallRequiredException;
import dev.openlines.client.RestClient;
import dev.openlines.client.RestException;
import dev.openlines.client.RetriableRestException;
import dev.openlines.client.Session;
import dev.openlines.client.SessionFilter;
import dev.openlines.client.SessionPage;
import dev.openlines.client.Subscription;
import dev.openlines.client.TokenStore;
import dev.openlines.model.ConnectorCode;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Secret;
import dev.openlines.receiver.ClosedSession;
import dev.openlines.receiver.ClosedSessions;
import dev.openlines.receiver.SessionsUnavailableException;
import dev.openlines.receiver.SessionsUnavailableException.Reason;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks portals which sessions they have closed: those that have installed the application, with their stored grants,
 * and those that have an incoming webhook for it. Its calls leave room for other calls: see {@link
 * PortalClient#yielding}. Immutable.
 */
public final class PortalSessions implements ClosedSessions {

    /** The longest time that a portal waits for the answer to its installation. */
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    /** The portal requires https, and reports that with the status of a refused token. */
    private static final ErrorCode INVALID_REQUEST = new ErrorCode("INVALID_REQUEST");

    private final @Nullable RestClient client;
    private final @Nullable URI address;
    private final Map<String, PortalClient> webhooks;

    private PortalSessions(@Nullable RestClient client, @Nullable URI address, Map<String, PortalClient> webhooks) {
        this.client = client;
        this.address = address;
        this.webhooks = Map.copyOf(webhooks);
    }

    /** Creates an object without portals. {@link #webhook} adds some. */
    public PortalSessions() {
        this(null, null, Map.of());
    }

    /**
     * Creates an object for the portals that have granted access. Calls no portal yet.
     *
     * @param client built with {@link RestClient.Builder#application}
     */
    public PortalSessions(RestClient client) {
        this(client, null, Map.of());
    }

    /**
     * Makes the client of an application that portals install, with the timeouts that a receiver needs: a request to an
     * OAuth host ends before a portal stops waiting for the answer to its installation.
     *
     * @param clientId the application's {@code client_id}
     * @param clientSecret the application's {@code client_secret}
     * @param tokens the store of the grants
     * @param oauthHosts other OAuth hosts than the vendor's; empty for those. One on {@code 127.0.0.1} with a port is a
     *     simulated portal's, and lets the client call this machine
     * @return a new client
     */
    public static RestClient client(String clientId, Secret clientSecret, TokenStore tokens, List<String> oauthHosts) {
        RestClient.Builder client =
                RestClient.builder().application(clientId, clientSecret, tokens).oauthTimeout(PATIENCE);
        if (!oauthHosts.isEmpty()) {
            client.oauthHosts(oauthHosts.toArray(String[]::new));
        }
        if (oauthHosts.stream().anyMatch(host -> host.startsWith("127.0.0.1:"))) {
            client.allowLoopback();
        }
        return client.build();
    }

    /**
     * Returns a copy that also subscribes to {@code OnSessionFinish} again, if closes are missing and the portal has no
     * subscription that sends them to the receiver. An update of the application may have ended it.
     *
     * @param receiver the receiver's public address
     * @return another object
     */
    public PortalSessions subscribing(URI receiver) {
        return new PortalSessions(client, receiver, webhooks);
    }

    /**
     * Returns a copy with one more portal, or with a webhook for a portal that has a grant.
     *
     * @param memberId the portal. It is not checked that the webhook belongs to it
     * @param portal made by {@link RestClient#webhook}; its user must be allowed to see the reports on open lines
     * @return another object
     */
    public PortalSessions webhook(String memberId, PortalClient portal) {
        Map<String, PortalClient> all = new HashMap<>(webhooks);
        all.put(memberId, portal);
        return new PortalSessions(client, address, all);
    }

    /**
     * Returns a copy with one more portal, as the other method does.
     *
     * @param memberId the portal. It is not checked that the webhook belongs to it
     * @param address {@code https://HOST/rest/USER/CODE/}, a secret, of a user who may see the reports on open lines. A
     *     loopback address is a simulated portal's
     * @return another object
     * @throws IllegalArgumentException if the address has another form; the message does not repeat it
     */
    public PortalSessions webhook(String memberId, Secret address) {
        return webhook(memberId, ClientSettings.byWebhook(address));
    }

    /**
     * Returns an object that also asks the portals of another one.
     *
     * @param setting the setting's name, for the message
     * @throws ConfigurationException if the others are not asked by this class
     */
    static PortalSessions with(@Nullable ClosedSessions others, Map<String, PortalClient> webhooks, String setting) {
        if (others != null && !(others instanceof PortalSessions)) {
            throw new ConfigurationException(
                    setting + ": expected PortalSessions beside it but found other sessions", null);
        }
        PortalSessions all = others instanceof PortalSessions own ? own : new PortalSessions();
        for (Map.Entry<String, PortalClient> webhook : webhooks.entrySet()) {
            all = all.webhook(webhook.getKey(), webhook.getValue());
        }
        return all;
    }

    @Override
    public Set<String> portals() {
        Set<String> all = new HashSet<>(webhooks.keySet());
        all.addAll(granted());
        return all;
    }

    private Set<String> granted() {
        RestClient application = client;
        return application == null ? Set.of() : asked(() -> application.oauth().portals());
    }

    @Override
    public Page list(Query query) {
        SessionFilter filter = SessionFilter.closed(query.from(), query.to())
                .offset(query.offset())
                .limit(query.limit());
        if (query.lineId() != null) {
            filter = filter.lines(query.lineId());
        }
        if (query.source() != null) {
            filter = filter.sources(new ConnectorCode(query.source()));
        }
        SessionFilter wanted = filter;
        SessionPage page = asked(() -> openLines(query.memberId()).sessionPage(wanted));
        Instant answeredAt = page.answeredAt();
        if (answeredAt == null) {
            // Only the portal's own time can decide which closes are old enough.
            throw new SessionsUnavailableException(Reason.AWAY, null, null);
        }
        return new Page(page.sessions().stream().map(PortalSessions::closed).toList(), page.hasNextPage(), answeredAt);
    }

    private static ClosedSession closed(Session session) {
        return new ClosedSession(
                session.id(),
                session.chatId(),
                session.lineId(),
                session.userId(),
                session.source().code(),
                session.createdAt(),
                session.closedAt(),
                session.status().code());
    }

    @Override
    public Map<Long, String> lines(String memberId) {
        Map<Long, String> names = new HashMap<>();
        asked(() -> openLines(memberId).lines())
                .forEach(line -> names.put(line.id(), Objects.requireNonNullElse(line.name(), "")));
        return names;
    }

    /**
     * Returns the cause from the portal's data on the application and its subscriptions; empty if the portal has no
     * grant, because a webhook cannot ask for these.
     */
    @Override
    public Optional<String> cause(String memberId) {
        RestClient application = client;
        if (application == null || !granted().contains(memberId)) {
            return Optional.empty();
        }
        return asked(() -> {
            PortalClient portal = application.portal(memberId);
            OpenLines.App app = portal.openLines().app();
            if (!app.installed()) {
                return Optional.of("the installation of the application is not finished");
            }
            if (app.paymentExpired()) {
                return Optional.of("the paid time of the application is over");
            }
            return unsubscribed(portal);
        });
    }

    /** Returns the fault of the subscription. Its addresses are not named, because they may hold secrets. */
    private Optional<String> unsubscribed(PortalClient portal) {
        List<Subscription> bound = portal.subscriptions().get().stream()
                .filter(subscription -> subscription.event().equalsIgnoreCase(OnSessionFinish.CODE)
                        && subscription.handlerAddress().isPresent())
                .toList();
        String what = bound.isEmpty()
                ? "no subscription to " + OnSessionFinish.CODE
                : "the subscription to " + OnSessionFinish.CODE + " has another address";
        if (address == null) {
            return bound.isEmpty() ? Optional.of(what + ": subscribe again") : Optional.empty();
        }
        if (bound.stream().anyMatch(one -> one.handlerAddress().orElseThrow().equals(address))) {
            return Optional.empty();
        }
        portal.subscriptions().ensure(Subscription.online(OnSessionFinish.CODE, address));
        return Optional.of(what + ": subscribed again");
    }

    private OpenLines openLines(String memberId) {
        PortalClient webhook = webhooks.get(memberId);
        return (webhook == null ? Objects.requireNonNull(client).portal(memberId) : webhook)
                .yielding()
                .openLines();
    }

    private static <T> T asked(Supplier<T> question) {
        try {
            return question.get();
        } catch (RetriableRestException e) {
            Reason reason = e.status() == 429 || e.is(ErrorCode.QUERY_LIMIT_EXCEEDED) ? Reason.THROTTLED : Reason.AWAY;
            throw unavailable(reason, e.retryAfter(), e);
        } catch (RestException e) {
            throw unavailable(reason(e), null, e);
        } catch (ReinstallRequiredException | AddressRefusedException e) {
            throw unavailable(Reason.ACCESS, null, e);
        } catch (ClientException | ClientStoreException e) {
            throw unavailable(Reason.AWAY, null, e);
        }
    }

    private static Reason reason(RestException e) {
        if (e.is(ErrorCode.TARIFF_RESTRICTION) || e.is(ErrorCode.WRONG_LICENSE)) {
            return Reason.PLAN;
        }
        if (e.is(ErrorCode.ERROR_METHOD_NOT_FOUND)) {
            return Reason.METHOD;
        }
        if (e.is(INVALID_REQUEST)
                || e.is(ErrorCode.INVALID_FILTER)
                || e.is(ErrorCode.ERROR_ARGUMENT)
                || e.is(ErrorCode.PERIOD_REQUIRED)
                || e.is(ErrorCode.PERIOD_TOO_LARGE)
                || e.is(ErrorCode.OFFSET_TOO_LARGE)) {
            return Reason.REJECTED;
        }
        boolean denied = e.status() == 401
                || e.status() == 403
                || e.is(ErrorCode.ACCESS_DENIED)
                || e.is(ErrorCode.INSUFFICIENT_SCOPE)
                || e.is(ErrorCode.INVALID_GRANT)
                || e.is(ErrorCode.PORTAL_DELETED);
        return denied ? Reason.ACCESS : Reason.AWAY;
    }

    private static SessionsUnavailableException unavailable(
            Reason reason, @Nullable Duration retryAfter, RuntimeException cause) {
        return new SessionsUnavailableException(reason, retryAfter, cause);
    }
}
