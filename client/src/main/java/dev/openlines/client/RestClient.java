// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.client.Transport.Answer;
import dev.openlines.model.Secret;
import dev.openlines.parser.BodyFormat;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Calls the REST API of Bitrix24 portals. One per application: portals share its connections.
 *
 * <p>It needs no closing: its threads are daemons and end when idle.
 */
public final class RestClient {

    private static final int BUCKETS = 10_000;

    final Duration callTimeout;
    final Duration patience;
    final BodyFormat format;
    final AddressGuard guard;
    final Transport transport;

    private final double callsPerSecond;
    private final int burst;
    private final double haste;
    private final long begun = System.nanoTime();
    private final List<String> portalDomains;
    private final @Nullable OAuth oauth;
    private final @Nullable Grants grants;
    private final ConcurrentHashMap<String, LeakyBucket> buckets = new ConcurrentHashMap<>();

    private RestClient(Builder builder) {
        Executor blocking = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "openlines-client");
            thread.setDaemon(true);
            return thread;
        });
        HttpClient http = builder.http == null
                ? HttpClient.newBuilder()
                        .connectTimeout(Builder.CONNECT_TIMEOUT)
                        .build()
                : builder.http;
        this.callTimeout = builder.callTimeout;
        this.guard = new AddressGuard(builder.loopbackAllowed, builder.resolver);
        this.transport = new Transport(http, guard, blocking, builder.replyLimit);
        this.patience = builder.patience;
        this.format = builder.format;
        this.callsPerSecond = builder.callsPerSecond;
        this.burst = builder.burst;
        this.haste = builder.haste;
        this.portalDomains = builder.portalDomains;
        if (builder.clientId == null || builder.clientSecret == null) {
            this.oauth = null;
            this.grants = null;
        } else {
            this.oauth = new OAuth(
                    this,
                    builder.clientId,
                    builder.clientSecret,
                    builder.oauthHosts,
                    builder.clock,
                    builder.oauthTimeout);
            // The lease outlasts an attempt to refresh, and a crash no longer than that.
            this.grants = new Grants(
                    builder.tokens,
                    oauth,
                    blocking,
                    builder.lease == null ? builder.oauthTimeout.multipliedBy(3).plusSeconds(5) : builder.lease,
                    builder.patience);
        }
    }

    /**
     * Returns a client with every setting at its default.
     *
     * @return a client for public portals
     */
    public static RestClient create() {
        return builder().build();
    }

    /**
     * Returns a builder with every setting at its default.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns a client of one portal with an access token that the caller looks after. Opens no
     * connection.
     *
     * @param restEndpoint the portal's REST address, such as {@code https://example.bitrix24.com/rest/};
     *     wire field {@code client_endpoint}
     * @param accessToken wire field {@code access_token}
     * @return a client that fails with {@link ErrorCode#EXPIRED_TOKEN} once the token has expired
     * @throws IllegalArgumentException if the address is not https (or loopback, if allowed), has
     *     user information, a query or a fragment, or does not end in {@code /rest/}; of an incoming webhook
     *     see {@link #webhook}
     */
    public PortalClient portal(URI restEndpoint, Secret accessToken) {
        return new PortalClient(this, new Access.Fixed(new Ticket(checked(restEndpoint), accessToken)));
    }

    /**
     * Returns a client of one portal by an incoming webhook, which calls as the user who made it. It cannot subscribe
     * to events or drain a queue. Opens no connection. No redirect is followed.
     *
     * @param address {@code https://HOST/rest/USER/CODE/}: a secret, since whoever has it may call. The JDK's own log
     *     of requests, off by default, shows it
     * @return a client whose texts and exceptions show {@code https://HOST/rest/} only
     * @throws IllegalArgumentException if the address has another form, or is not https (or loopback, if allowed); the
     *     message does not repeat it
     */
    public PortalClient webhook(Secret address) {
        return new PortalClient(this, new Access.Fixed(Ticket.ofWebhook(address, guard)));
    }

    /**
     * Returns a client of one portal by its stored grant, whose tokens are refreshed as needed. Reads
     * nothing yet.
     *
     * @param memberId the portal's {@code member_id}
     * @return a client that fails with {@link ReinstallRequiredException} if there is no good grant
     * @throws IllegalStateException if the client was built without {@link Builder#application}
     */
    public PortalClient portal(String memberId) {
        return new PortalClient(this, new Access.Granted(memberId, grants()));
    }

    /**
     * Returns the application's access to OAuth, which gets its grants.
     *
     * @return by the application's id and secret
     * @throws IllegalStateException if the client was built without {@link Builder#application}
     */
    public OAuth oauth() {
        if (oauth == null) {
            throw new IllegalStateException("expected a client built with application(id, secret, tokens)");
        }
        return oauth;
    }

    Grants grants() {
        if (grants == null) {
            throw new IllegalStateException("expected a client built with application(id, secret, tokens)");
        }
        return grants;
    }

    /** Returns our copy of the bucket that the portal has for our address. */
    LeakyBucket bucket(URI endpoint) {
        if (buckets.size() >= BUCKETS) {
            long now = now();
            buckets.values().removeIf(bucket -> bucket.idle(now));
        }
        return buckets.computeIfAbsent(endpoint.toString(), portal -> new LeakyBucket(callsPerSecond, burst, now()));
    }

    /** Nanoseconds since some moment, by the clock of rates, pauses and patience. */
    long now() {
        return (long) ((double) (System.nanoTime() - begun) * haste);
    }

    /** Returns a future that completes after a number of nanoseconds of {@link #now}. */
    CompletableFuture<Void> after(long nanos) {
        return Async.after((long) ((double) nanos / haste), TimeUnit.NANOSECONDS);
    }

    /** Nanoseconds before the given attempt, from 1: doubling from the first pause to the longest. */
    long backoff(int attempt, Duration first, Duration longest) {
        double doubled = (double) first.toNanos() * Math.pow(2, Math.min(attempt, 30) - 1.0);
        return (long) Math.min(doubled, (double) longest.toNanos());
    }

    /** Waits between attempts at an OAuth host, on a thread that may block. */
    void pause(int attempt) {
        LockSupport.parkNanos((long) (backoff(attempt, Duration.ofMillis(500), Duration.ofSeconds(2)) / haste));
    }

    /**
     * Returns the address that a redirect of a renamed portal leads to.
     *
     * @return null if it leads elsewhere and must not be followed
     */
    @Nullable
    URI renamed(URI endpoint, Answer answer) {
        try {
            URI location =
                    endpoint.resolve(answer.headers.firstValue("location").orElse(""));
            String host = location.getHost();
            if (host == null || !allowedPortal(host) || location.getRawUserInfo() != null) {
                return null;
            }
            URI moved = new URI(location.getScheme() + "://" + location.getRawAuthority() + endpoint.getRawPath());
            boolean same = moved.getRawAuthority().equals(endpoint.getRawAuthority());
            return same || guard.objectionToForm(moved) != null ? null : moved;
        } catch (IllegalArgumentException | URISyntaxException e) {
            return null;
        }
    }

    private boolean allowedPortal(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return portalDomains.stream().anyMatch(domain -> name.equals(domain) || name.endsWith("." + domain));
    }

    URI checked(URI restEndpoint) {
        String objection = guard.objectionToForm(restEndpoint);
        if (objection == null && !restEndpoint.getRawPath().endsWith("/rest/")) {
            objection = "expected https://HOST/rest/ but found another path";
        }
        if (objection != null) {
            throw new IllegalArgumentException(objection);
        }
        return restEndpoint;
    }

    /** Settings of a {@link RestClient}. Not for use by several threads at once. */
    public static final class Builder {

        /** The domains of portals in the platform's cloud. */
        private static final List<String> CLOUD = List.of(
                "bitrix24.com",
                "bitrix24.ru",
                "bitrix24.by",
                "bitrix24.kz",
                "bitrix24.ua",
                "bitrix24.eu",
                "bitrix24.de",
                "bitrix24.es",
                "bitrix24.fr",
                "bitrix24.it",
                "bitrix24.pl",
                "bitrix24.uk",
                "bitrix24.in",
                "bitrix24.cn",
                "bitrix24.jp",
                "bitrix24.id",
                "bitrix24.vn",
                "bitrix24.com.br",
                "bitrix24.com.tr",
                "bitrix24.mx",
                "bitrix24.co");

        private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

        private @Nullable HttpClient http;
        private Duration callTimeout = Duration.ofSeconds(65);
        private int replyLimit = 16 * 1024 * 1024;
        private boolean loopbackAllowed;
        private AddressGuard.Resolver resolver = InetAddress::getAllByName;
        private Duration patience = Duration.ofMinutes(2);
        private Duration oauthTimeout = Duration.ofSeconds(15);
        private BodyFormat format = BodyFormat.JSON;
        private double callsPerSecond = 2;
        private int burst = 50;
        private double haste = 1;
        private List<String> portalDomains = CLOUD;
        private List<String> oauthHosts = List.of("oauth.bitrix.info", "oauth.bitrix24.tech");
        private @Nullable Duration lease;
        private @Nullable String clientId;
        private @Nullable Secret clientSecret;
        private TokenStore tokens = TokenStore.memory();
        private InstantSource clock = InstantSource.system();

        private Builder() {}

        /**
         * Sets the HTTP client, and with it proxies, TLS, threads and the time to connect. The default
         * connects within ten seconds, directly.
         *
         * @param client an HTTP client that does not follow redirects, because a redirect could carry a token away
         * @return this
         * @throws IllegalArgumentException if it follows redirects or has no connect timeout
         */
        public Builder http(HttpClient client) {
            if (client.followRedirects() != HttpClient.Redirect.NEVER) {
                throw new IllegalArgumentException(
                        "expected an HTTP client that never follows redirects but found " + client.followRedirects());
            }
            if (client.connectTimeout().isEmpty()) {
                throw new IllegalArgumentException("expected an HTTP client with a connect timeout but found none");
            }
            this.http = client;
            return this;
        }

        /**
         * Sets how long one attempt of a call may take, from connecting to the last byte of its answer.
         * The default is 65 seconds, a little more than the platform gives a request.
         *
         * @param timeout at least one millisecond
         * @return this
         */
        public Builder callTimeout(Duration timeout) {
            if (timeout.toMillis() < 1) {
                throw new IllegalArgumentException("expected a timeout of at least 1 ms but found " + timeout);
            }
            this.callTimeout = timeout;
            return this;
        }

        /**
         * Sets the longest reply that is read. The default is 16 MiB.
         *
         * @param bytes at least 1
         * @return this
         */
        public Builder replyLimit(int bytes) {
            if (bytes < 1) {
                throw new IllegalArgumentException("expected a limit of at least 1 byte but found " + bytes);
            }
            this.replyLimit = bytes;
            return this;
        }

        /**
         * Lets the client call this machine, also by plain http: for a simulated portal. By default it
         * calls public hosts by https only.
         *
         * @return this
         */
        public Builder allowLoopback() {
            this.loopbackAllowed = true;
            return this;
        }

        /**
         * Sets how long a call may take in all: waiting for the portal's rate, attempts, and pauses
         * between them. The default is two minutes. Until then a call is
         * sent again if it certainly did not run or is idempotent.
         *
         * @param time zero for a single attempt
         * @return this
         */
        public Builder patience(Duration time) {
            if (time.isNegative()) {
                throw new IllegalArgumentException("expected a patience of at least zero but found " + time);
            }
            this.patience = time;
            return this;
        }

        /**
         * Sets how long one request to an OAuth host may take. The default is 15 seconds.
         *
         * @param timeout at least one millisecond
         * @return this
         */
        public Builder oauthTimeout(Duration timeout) {
            if (timeout.toMillis() < 1) {
                throw new IllegalArgumentException("expected a timeout of at least 1 ms but found " + timeout);
            }
            this.oauthTimeout = timeout;
            return this;
        }

        /**
         * Sets how parameters are sent. The default is JSON, which keeps types; a form is sent as PHP
         * writes it, without nulls and empty lists.
         *
         * @param bodies form or JSON
         * @return this
         */
        public Builder format(BodyFormat bodies) {
            this.format = bodies;
            return this;
        }

        /**
         * Sets the portals' limit on calls. The default is 2 a second after a burst of 50; a portal of an Enterprise
         * plan takes 5 after 250. Calls above the limit wait in this client, in no particular order.
         *
         * @param perSecond more than 0
         * @param callsAtOnce at least 1
         * @return this
         */
        public Builder rate(double perSecond, int callsAtOnce) {
            if (!(perSecond > 0) || callsAtOnce < 1) {
                throw new IllegalArgumentException("expected a rate above 0 and a burst of at least 1 but found "
                        + perSecond + " and " + callsAtOnce);
            }
            this.callsPerSecond = perSecond;
            this.burst = callsAtOnce;
            return this;
        }

        /**
         * Makes this the client of an application: it can get grants and refresh them.
         *
         * @param id wire field {@code client_id}
         * @param secret wire field {@code client_secret}
         * @param store the store of the grants
         * @return this
         */
        public Builder application(String id, Secret secret, TokenStore store) {
            this.clientId = id;
            this.clientSecret = secret;
            this.tokens = store;
            return this;
        }

        /**
         * Sets which hosts may see the application's secret. The default is {@code oauth.bitrix.info}
         * and {@code oauth.bitrix24.tech}.
         *
         * @param hosts names, with {@code :port} if that is not 443
         * @return this
         */
        public Builder oauthHosts(String... hosts) {
            this.oauthHosts = Arrays.stream(hosts)
                    .map(host -> host.toLowerCase(Locale.ROOT))
                    .toList();
            return this;
        }

        /**
         * Sets the domains that a renamed portal may move to: its redirect is followed, with the token, to a host under
         * one of them. The default is the platform's own cloud.
         *
         * @param domains such as {@code bitrix24.com}, without a dot in front
         * @return this
         */
        public Builder portalDomains(String... domains) {
            this.portalDomains = Arrays.stream(domains)
                    .map(domain -> domain.toLowerCase(Locale.ROOT))
                    .toList();
            return this;
        }

        /**
         * Sets the clock that tells whether a token has expired. The default is the system's.
         *
         * @param source a clock
         * @return this
         */
        public Builder clock(InstantSource source) {
            this.clock = source;
            return this;
        }

        /** Lets tests of crashes wait less for the lease of a process that died. */
        Builder lease(Duration time) {
            this.lease = time;
            return this;
        }

        /** Lets tests run rates, pauses and patience faster by a factor. */
        Builder haste(double times) {
            this.haste = times;
            return this;
        }

        /** Lets tests decide the addresses that a host name resolves to. */
        Builder resolver(AddressGuard.Resolver names) {
            this.resolver = names;
            return this;
        }

        /**
         * Returns a client with these settings.
         *
         * @return a new client
         */
        public RestClient build() {
            return new RestClient(this);
        }
    }
}
