// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.client.Transport.Answer;
import dev.openlines.model.EventAuth;
import dev.openlines.model.Scope;
import dev.openlines.model.Secret;
import dev.openlines.parser.PhpForm;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
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
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gets and ends the application's access to portals. Calls go to allow-listed OAuth hosts only, because the host that
 * an event names may be forged.
 *
 * <p>All methods that talk to an OAuth host or a store block.
 *
 * @see <a href="https://apidocs.bitrix24.com/settings/oauth/index.html">OAuth 2.0</a>
 */
public final class OAuth {

    private static final String METHOD = "oauth.token";
    private static final String PROFILE = "profile";
    private static final int ATTEMPTS = 3;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final RestClient client;
    private final String clientId;
    private final Secret clientSecret;
    private final List<String> hosts;
    private final InstantSource clock;
    private final Duration timeout;
    private final Confirmed confirmed = new Confirmed();

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
     * Makes a text that cannot be guessed, for {@link #authorisationAddress}. Keep it in the user's
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
     * Returns the address to send a user's browser to. The portal sends it back to the application's own address with
     * {@code code}, {@code state}, {@code server_domain} and {@code member_id}; if the user declines, it does not come
     * back.
     *
     * @param portal such as {@code https://example.bitrix24.com}
     * @param state comes back unchanged; proves that the application began this
     * @return an address without secrets
     * @throws IllegalArgumentException if the portal's address is not https, or loopback if allowed
     */
    public URI authorisationAddress(URI portal, String state) {
        String objection = client.guard.objectionToForm(portal);
        if (objection != null) {
            throw new IllegalArgumentException(objection);
        }
        return portal.resolve("/oauth/authorize/?client_id=" + encoded(clientId) + "&state=" + encoded(state));
    }

    /**
     * Turns the code of a return from {@link #authorisationAddress} into a grant. A code is valid once and for 30
     * seconds. Any user of a portal who may use the application can bring one. So the new grant replaces a stored one
     * only if that does not work any more, or if the portal says that the user is an administrator. Otherwise the
     * stored grant stays, and {@link RestClient#portal(String)} goes on to use it.
     *
     * @param code wire field {@code code}
     * @param serverDomain the OAuth host that gave it, by name or address; wire field {@code
     *     server_domain}
     * @return the user's grant, stored as said
     * @throws RestException with {@link ErrorCode#INVALID_GRANT} if the code is not good
     * @throws AddressRefusedException if the host is not on the list of allowed ones
     */
    public Grant exchange(Secret code, String serverDomain) {
        URI host = allowed(serverDomain);
        JsonObject answer = ask(
                host,
                parameters("authorization_code").add("code", code.reveal()).build(),
                List.of(code, clientSecret),
                ATTEMPTS);
        Grant grant = grant(new Fields(METHOD, "$", answer), host);
        boolean replaces = client.grants()
                .find(grant.memberId())
                .filter(stored -> !stored.needsReinstall())
                .isPresent();
        return replaces && !administrator(grant) ? grant : client.grants().install(grant);
    }

    /**
     * Decides whether an installation or update is genuine. Anybody can post one, and every user of a portal can have
     * valid tokens to put into it. It is verified only if three conditions hold: an allow-listed OAuth host renews its
     * refresh token; that host says that the tokens are of the portal that the event names; and that portal, at the
     * address that the host gave, says that their user is an administrator. Then the new tokens are stored, in place of
     * any other grant of the portal. Otherwise nothing changes in the store.
     *
     * <p>Some events do not name their OAuth host. Then the allowed hosts are asked in their order.
     *
     * <p>Calls the OAuth host and the portal once each, without repeats. After an exception try again later, with the
     * same claim: what the OAuth host has confirmed is remembered for an hour, since its old refresh token may be used
     * up.
     *
     * @param claim the auth of an {@code OnAppInstall} or {@code OnAppUpdate}
     * @return whether it is genuine
     * @throws ClientException if it cannot be checked now: the OAuth host or the portal gives no answer, is throttled,
     *     or answers with an error that says nothing about the tokens, such as one about the application's secret
     */
    public Verification verify(EventAuth claim) {
        Secret refreshToken = claim.refreshToken();
        String memberId = claim.memberId();
        if (refreshToken == null || memberId == null || memberId.isBlank()) {
            return Verification.REFUSED;
        }
        Grant grant = confirmed.find(refreshToken, memberId, now());
        boolean administrator;
        try {
            grant = grant == null ? firstRenewal(hosts(claim), refreshToken, memberId) : grant;
            confirmed.put(refreshToken, grant, now());
            administrator = administrator(grant);
        } catch (AddressRefusedException | UnexpectedReplyException e) {
            return Verification.REFUSED;
        } catch (RestException e) {
            if (e.is(ErrorCode.INVALID_GRANT)) {
                return Verification.REFUSED;
            }
            throw e;
        }
        if (!administrator) {
            return Verification.NOT_ADMINISTRATOR;
        }
        client.grants().install(grant);
        confirmed.remove(refreshToken);
        return Verification.VERIFIED;
    }

    /**
     * Decides whether a request to the application's installer page is genuine: the portal's page posts the tokens of
     * the user who opens it. It is genuine only if an allow-listed OAuth host says that the access token is one of this
     * application, for the portal that the request names, and that portal says that its user is an administrator.
     *
     * <p>The tokens are not renewed, since that may end the session of the page. They become the portal's grant only if
     * it has none that works; another grant is never replaced.
     *
     * @param claim the claim that {@link dev.openlines.parser.InstallerPage} read
     * @return the portal's REST address as the OAuth host gave it, or empty if the request is not genuine
     * @throws ClientException if it cannot be checked now
     */
    public Optional<URI> verifyPage(EventAuth claim) {
        return new InstallerCheck(this, client.grants(), clientId).portal(claim);
    }

    /** Returns the allowed host that a claim names, or all if it names none. */
    List<URI> hosts(EventAuth claim) {
        String server = claim.serverEndpoint();
        return server == null ? hosts.stream().map(this::allowed).toList() : List.of(allowed(server));
    }

    /**
     * Returns the tokens of the first host that renews; if none does, its refusal counts less than a missing answer.
     */
    private Grant firstRenewal(List<URI> candidates, Secret refreshToken, String memberId) {
        RuntimeException failure = null;
        for (URI host : candidates) {
            try {
                return renewal(host, refreshToken, memberId, 1);
            } catch (RestException e) {
                failure = failure == null || e.is(ErrorCode.INVALID_GRANT) ? or(failure, e) : e;
            } catch (NoAnswerException e) {
                failure = e;
            } catch (UnexpectedReplyException e) {
                failure = or(failure, e);
            }
        }
        throw failure == null ? new AddressRefusedException(METHOD, "no OAuth host is allowed") : failure;
    }

    private static RuntimeException or(@Nullable RuntimeException first, RuntimeException second) {
        return first == null ? second : first;
    }

    /**
     * Asks whether the OAuth host refuses the stored grant of a portal, as it does after an uninstallation. An {@code
     * OnAppUninstall} proves little: every user who may use the application can learn its application token.
     *
     * @param memberId the portal
     * @return true if the grant is refused for good; false if it works, and if there is none
     * @throws ClientException if it cannot be checked now
     */
    public boolean refused(String memberId) {
        Optional<Grant> grant = client.grants().find(memberId);
        if (grant.isEmpty() || grant.get().needsReinstall()) {
            return grant.isPresent();
        }
        try {
            Async.await(METHOD, client.grants().renewed(memberId, grant.get().accessToken()));
            return false;
        } catch (ReinstallRequiredException e) {
            return true;
        }
    }

    /**
     * Returns the token store's records of installations that cannot be verified now.
     *
     * @return see {@link TokenStore#kept}
     */
    public Map<String, byte[]> kept() {
        return client.grants().kept();
    }

    /**
     * Returns the portals that have a grant, whether or not it still works.
     *
     * @return their member ids
     */
    public Set<String> portals() {
        return client.grants().portals();
    }

    /**
     * Stores a grant unchanged, such as one that was kept elsewhere. Checks none of its tokens.
     *
     * @param grant from a trusted place; its version does not matter
     * @return the grant, stored
     * @throws IllegalArgumentException if an address is not https, or loopback if allowed
     * @throws AddressRefusedException if its OAuth host is not allowed
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

    /**
     * Returns the next pair of tokens. Asks again if the answer is lost, because the old token is valid until an answer
     * has arrived.
     */
    Grant refresh(Grant grant) {
        URI host = allowed(grant.oauthEndpoint().toString());
        Grant fresh = renewal(host, grant.refreshToken(), grant.memberId(), ATTEMPTS);
        return grant.renewed(
                fresh.accessToken(),
                fresh.refreshToken(),
                fresh.expires(),
                // The new address of a renamed portal comes from its redirect. A refresh must not undo that.
                grant.restEndpoint());
    }

    /** Returns a portal's REST address, if calls may go there. */
    URI checked(URI rest) {
        return client.checked(rest);
    }

    /** Asks the portal for the tokens' user. An inactive user has no profile. */
    private boolean administrator(Grant grant) {
        return administrator(grant.restEndpoint(), grant.accessToken());
    }

    boolean administrator(URI portal, Secret accessToken) {
        JsonObject answer = post(
                PROFILE,
                portal.resolve(PROFILE),
                Wire.JSON
                        .createObjectBuilder()
                        .add("auth", accessToken.reveal())
                        .build(),
                List.of(accessToken));
        return answer.get("result") instanceof JsonObject user && JsonValue.TRUE.equals(user.get("ADMIN"));
    }

    private Grant renewal(URI host, Secret refreshToken, String memberId, int attempts) {
        JsonObject answer = ask(
                host,
                parameters("refresh_token")
                        .add("refresh_token", refreshToken.reveal())
                        .build(),
                List.of(refreshToken, clientSecret),
                attempts);
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

    /** Posts, although the documentation shows GET, because the secret must not be in an address. */
    private JsonObject ask(URI host, JsonObject parameters, List<Secret> secrets, int attempts) {
        for (int attempt = 1; ; attempt++) {
            try {
                return post(METHOD, host.resolve("../oauth/token/"), parameters, secrets);
            } catch (NoAnswerException | RetriableRestException e) {
                if (attempt == attempts || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                client.pause(attempt);
            }
        }
    }

    JsonObject post(String method, URI address, JsonObject parameters, List<Secret> secrets) {
        Answer answer = Async.await(
                method,
                Async.then(
                        client.transport.post(
                                method,
                                address,
                                "application/x-www-form-urlencoded",
                                PhpForm.encode(parameters),
                                timeout),
                        received -> received));
        return Wire.read(method, answer, secrets);
    }

    private JsonObjectBuilder parameters(String grantType) {
        return Wire.JSON
                .createObjectBuilder()
                .add("grant_type", grantType)
                .add("client_id", clientId)
                .add("client_secret", clientSecret.reveal());
    }

    /**
     * Returns the REST address of an OAuth host, from such an address or a bare host name; refused unless the host is
     * on the list. The path is ignored, except for this machine, which may have several simulated hosts on one port.
     */
    private URI allowed(String server) {
        URI address;
        try {
            boolean own = AddressGuard.literalLoopback(server.replaceFirst(":.*", ""));
            address = URI.create(server.contains("://") ? server : (own ? "http://" : "https://") + server);
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
