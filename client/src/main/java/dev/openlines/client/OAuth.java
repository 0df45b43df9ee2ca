// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.client.Transport.Answer;
import dev.openlines.model.EventAuth;
import dev.openlines.model.Scope;
import dev.openlines.model.Secret;
import dev.openlines.parser.PhpForm;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * How the application gets into portals, and out of them. Calls go to allow-listed OAuth hosts only: an
 * event says which host it is from, and anybody can write an event.
 *
 * <p>All methods that talk to an OAuth host or a store block.
 *
 * @see <a href="https://apidocs.bitrix24.com/settings/oauth/index.html">OAuth 2.0</a>
 */
public final class OAuth {

    private static final String METHOD = "oauth.token";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final RestClient client;
    private final String clientId;
    private final Secret clientSecret;
    private final List<String> hosts;
    private final InstantSource clock;
    private final Duration timeout;

    OAuth(
            RestClient client,
            String clientId,
            Secret clientSecret,
            List<String> hosts,
            InstantSource clock,
            Duration timeout) {
        this.client = client;
        this.clientId = clientId;
        this.clientSecret = clientSecret;
        this.hosts = List.copyOf(hosts);
        this.clock = clock;
        this.timeout = timeout;
    }

    Instant now() {
        return clock.instant();
    }

    /**
     * Makes a text that nobody can guess, for {@link #authorisationAddress}. Keep it in the user's
     * session, and compare.
     *
     * @return 32 hexadecimal digits
     */
    public static String newState() {
        byte[] random = new byte[16];
        RANDOM.nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    /**
     * Returns where to send a user's browser. The portal sends it back to the application's own address
     * with {@code code}, {@code state}, {@code server_domain} and {@code member_id}; where the user
     * declines, it does not come back.
     *
     * @param portal such as {@code https://example.bitrix24.com}
     * @param state comes back unchanged; proves that the application began this
     * @return an address without secrets
     * @throws IllegalArgumentException where the portal's address is not https, or loopback where allowed
     */
    public URI authorisationAddress(URI portal, String state) {
        String objection = client.guard.objectionToForm(portal);
        if (objection != null) {
            throw new IllegalArgumentException(objection);
        }
        return portal.resolve("/oauth/authorize/?client_id=" + encoded(clientId) + "&state=" + encoded(state));
    }

    /**
     * Turns the code of a return from {@link #authorisationAddress} into a stored grant. A code is good
     * once and for 30 seconds.
     *
     * @param code wire field {@code code}
     * @param serverDomain the OAuth host that gave it, by name or address; wire field {@code
     *     server_domain}
     * @return the grant, stored
     * @throws RestException with {@link ErrorCode#INVALID_GRANT} where the code is not good
     * @throws AddressRefusedException where the host is not on the list of allowed ones
     */
    public Grant exchange(Secret code, String serverDomain) {
        URI host = allowed(serverDomain);
        JsonObject answer = ask(
                host,
                parameters("authorization_code").add("code", code.reveal()).build(),
                List.of(code, clientSecret));
        return client.grants().install(grant(new Fields(METHOD, "$", answer), host));
    }

    /**
     * Turns the tokens of an installation event into a stored grant, after proof: the refresh token is
     * renewed at an allow-listed OAuth host, and what that host says of the portal is believed, not what
     * the event says. A forged event changes nothing in the store.
     *
     * @param auth of an {@code OnAppInstall} or {@code OnAppUpdate}
     * @return the grant, stored
     * @throws AddressRefusedException where the event names a host that is not allowed
     * @throws RestException with {@link ErrorCode#INVALID_GRANT} where its refresh token is not good
     * @throws UnexpectedReplyException where its tokens are those of another portal
     * @throws IllegalArgumentException where it has no refresh token, member id or server endpoint
     */
    public Grant install(EventAuth auth) {
        Secret refreshToken = auth.refreshToken();
        String memberId = auth.memberId();
        String server = auth.serverEndpoint();
        if (refreshToken == null || memberId == null || server == null) {
            throw new IllegalArgumentException("expected the auth of an installation but found one without "
                    + (refreshToken == null ? "refresh_token" : memberId == null ? "member_id" : "server_endpoint"));
        }
        URI host = allowed(server);
        Grant proven = renewal(host, refreshToken, memberId);
        return client.grants().install(proven);
    }

    /**
     * Stores a grant as it is, such as one kept elsewhere until now. Nothing is proven.
     *
     * @param grant from a trusted place; its version does not matter
     * @return the grant, stored
     * @throws IllegalArgumentException where an address is not https, or loopback where allowed
     * @throws AddressRefusedException where its OAuth host is not allowed
     */
    public Grant adopt(Grant grant) {
        client.checked(grant.restEndpoint());
        allowed(grant.oauthEndpoint().toString());
        return client.grants().install(grant);
    }

    /**
     * Forgets a portal, as after {@code OnAppUninstall}.
     *
     * @param memberId the portal
     * @return whether there was a grant
     */
    public boolean forget(String memberId) {
        return client.grants().forget(memberId);
    }

    /** The next pair of tokens. Lost answers are asked for again: the old token is good until then. */
    Grant refresh(Grant grant) {
        URI host = allowed(grant.oauthEndpoint().toString());
        Grant fresh = renewal(host, grant.refreshToken(), grant.memberId());
        return grant.renewed(
                fresh.accessToken(),
                fresh.refreshToken(),
                fresh.expires(),
                // A moved portal is found by its redirect; a refresh must not undo what that found.
                grant.restEndpoint());
    }

    private Grant renewal(URI host, Secret refreshToken, String memberId) {
        JsonObject answer = ask(
                host,
                parameters("refresh_token")
                        .add("refresh_token", refreshToken.reveal())
                        .build(),
                List.of(refreshToken, clientSecret));
        Fields fields = new Fields(METHOD, "$", answer);
        Fields member = fields.member("member_id");
        if (!member.absent() && !memberId.equals(member.text())) {
            throw new UnexpectedReplyException(METHOD, "tokens of the same portal", "those of another", "$.member_id");
        }
        if (member.absent()) {
            throw member.unexpected("text");
        }
        return grant(fields, host);
    }

    private Grant grant(Fields fields, URI host) {
        URI rest;
        try {
            rest = client.checked(URI.create(fields.member("client_endpoint").text()));
        } catch (IllegalArgumentException e) {
            throw fields.member("client_endpoint").unexpected("https://HOST/rest/");
        }
        String scope = fields.member("scope").textOrNull();
        return new Grant(
                fields.member("member_id").text(),
                rest,
                host,
                Secret.of(fields.member("access_token").text()),
                Secret.of(fields.member("refresh_token").text()),
                Grants.expiry(
                        now(),
                        fields.member("expires").integerOrNull(),
                        fields.member("expires_in").integerOrNull()),
                scope == null
                        ? List.of()
                        : Arrays.stream(scope.split("[,\\s]+"))
                                .filter(code -> !code.isEmpty())
                                .map(Scope::new)
                                .toList(),
                false,
                0);
    }

    /** Posted, though the documents show GET: the secret must not be in an address. */
    private JsonObject ask(URI host, JsonObject parameters, List<Secret> secrets) {
        for (int attempt = 1; ; attempt++) {
            try {
                Answer answer = Async.await(
                        METHOD,
                        Async.then(
                                client.transport.post(
                                        METHOD,
                                        host.resolve("../oauth/token/"),
                                        "application/x-www-form-urlencoded",
                                        PhpForm.encode(parameters),
                                        timeout),
                                received -> received));
                return Wire.read(METHOD, answer, secrets);
            } catch (NoAnswerException | RetriableRestException e) {
                if (attempt == 3 || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                client.pause(attempt);
            }
        }
    }

    private JsonObjectBuilder parameters(String grantType) {
        return Wire.JSON
                .createObjectBuilder()
                .add("grant_type", grantType)
                .add("client_id", clientId)
                .add("client_secret", clientSecret.reveal());
    }

    /**
     * The REST address of an OAuth host, from such an address or a bare host name; refused unless the host
     * is on the list. Of the path nothing is believed, but on this machine, where several simulated hosts
     * share a port.
     */
    private URI allowed(String server) {
        URI address;
        try {
            address = URI.create(server.contains("://") ? server : "https://" + server);
        } catch (IllegalArgumentException e) {
            throw new AddressRefusedException(METHOD, "the OAuth host is no address");
        }
        String host = address.getHost() == null ? "" : address.getHost().toLowerCase(Locale.ROOT);
        boolean usual = address.getPort() == -1 || address.getPort() == 443;
        boolean listed = hosts.contains(usual ? host : host + ":" + address.getPort());
        if (!listed || address.getRawUserInfo() != null) {
            throw new AddressRefusedException(METHOD, "the OAuth host is not on the list of allowed hosts");
        }
        boolean ownPath = AddressGuard.literalLoopback(host)
                && address.getRawQuery() == null
                && address.getRawFragment() == null
                && address.getRawPath().endsWith("/rest/");
        URI rest = ownPath ? address : address.resolve("/rest/");
        String objection = client.guard.objectionToForm(rest);
        if (objection != null) {
            throw new AddressRefusedException(METHOD, objection);
        }
        return rest;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
