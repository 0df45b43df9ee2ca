// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.model.Secret;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Calls the REST API of Bitrix24 portals. One per application: portals share its connections.
 *
 * <p>It needs no closing: its threads are daemons and end when idle.
 */
public final class RestClient {

    final Duration callTimeout;
    final AddressGuard guard;
    final Transport transport;

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
     * @throws IllegalArgumentException where the address is not https (or loopback, where allowed), has
     *     user information, a query or a fragment, or does not end in {@code /rest/}: an incoming
     *     webhook's address has its secret in the path, and cannot subscribe to events anyway
     */
    public PortalClient portal(URI restEndpoint, Secret accessToken) {
        return new PortalClient(this, checked(restEndpoint), accessToken);
    }

    private URI checked(URI restEndpoint) {
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

        private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

        private @Nullable HttpClient http;
        private Duration callTimeout = Duration.ofSeconds(65);
        private int replyLimit = 16 * 1024 * 1024;
        private boolean loopbackAllowed;
        private AddressGuard.Resolver resolver = InetAddress::getAllByName;

        private Builder() {}

        /**
         * Sets the HTTP client, and with it proxies, TLS, threads and the time to connect. The default
         * connects within ten seconds, directly.
         *
         * @param client one that follows no redirects: a redirect must not carry a token away
         * @return this
         * @throws IllegalArgumentException where it follows redirects or has no connect timeout
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

        /** Lets tests say what a host name resolves to. */
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
