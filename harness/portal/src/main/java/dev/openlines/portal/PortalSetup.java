// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.model.Secret;
import dev.openlines.parser.Dialect;
import dev.openlines.portal.wire.Minting;
import java.net.URI;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The start values of a new simulated portal. All other values are random, so two portals of {@link #minted()} have
 * nothing in common. Immutable.
 */
public final class PortalSetup {

    private static final Pattern LABEL = Pattern.compile("[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?");
    private static final List<String> RESERVED = List.of("rest", "oauth", "control", "page");

    private @Nullable String label;
    private @Nullable String domain;
    private @Nullable String memberId;
    private @Nullable Secret applicationToken;
    private @Nullable String clientId;
    private @Nullable Secret clientSecret;
    private @Nullable Secret webhookCode;
    private List<String> scope = List.of("imopenlines", "imconnector", "im", "user_brief");
    private Dialect dialect = Dialect.PLATFORM;
    private boolean installed = true;
    private @Nullable URI clientEndpoint;
    private @Nullable URI serverEndpoint;
    private @Nullable URI redirectUri;

    private PortalSetup() {}

    /** Creates a copy, which the calling method may still change. */
    private PortalSetup(PortalSetup from) {
        label = from.label;
        domain = from.domain;
        memberId = from.memberId;
        applicationToken = from.applicationToken;
        clientId = from.clientId;
        clientSecret = from.clientSecret;
        webhookCode = from.webhookCode;
        scope = from.scope;
        dialect = from.dialect;
        installed = from.installed;
        clientEndpoint = from.clientEndpoint;
        serverEndpoint = from.serverEndpoint;
        redirectUri = from.redirectUri;
    }

    /**
     * Returns a setup with random values, with the scopes {@code imopenlines}, {@code imconnector}, {@code im} and
     * {@code user_brief} and the platform's own dialect.
     *
     * @return the setup to refine
     */
    public static PortalSetup minted() {
        return new PortalSetup();
    }

    /**
     * Names the portal: the first part of its path on the server and of its domain.
     *
     * @param value 1 to 63 lower-case letters, digits and inner hyphens; not {@code rest}, {@code
     *     oauth}, {@code control} or {@code page}
     * @return a setup with that label
     */
    public PortalSetup label(String value) {
        if (!LABEL.matcher(value).matches() || RESERVED.contains(value)) {
            throw new IllegalArgumentException(
                    "expected a label of 1 to 63 lower-case letters, digits and hyphens that is none of " + RESERVED
                            + ", but found text (" + value.length() + " characters)");
        }
        PortalSetup copy = new PortalSetup(this);
        copy.label = value;
        return copy;
    }

    /**
     * Sets the host name that events carry in {@code auth[domain]}.
     *
     * @param value a host name, with a port if one is needed
     * @return a setup with that domain
     */
    public PortalSetup domain(String value) {
        PortalSetup copy = new PortalSetup(this);
        copy.domain = notEmpty(value, "domain");
        return copy;
    }

    /**
     * Sets the portal's stable identity; wire field {@code member_id}.
     *
     * @param value 32 hexadecimal digits on a real portal, any text here
     * @return a setup with that member id
     */
    public PortalSetup memberId(String value) {
        PortalSetup copy = new PortalSetup(this);
        copy.memberId = notEmpty(value, "member id");
        return copy;
    }

    /**
     * Sets the token that proves the origin of an event; wire field {@code application_token}.
     *
     * @param value any text
     * @return a setup with that token
     */
    public PortalSetup applicationToken(Secret value) {
        PortalSetup copy = new PortalSetup(this);
        copy.applicationToken = value;
        return copy;
    }

    /**
     * Sets the application's credentials for OAuth.
     *
     * @param id the application's {@code client_id}
     * @param secret its {@code client_secret}
     * @return a setup with that client
     */
    public PortalSetup client(String id, Secret secret) {
        PortalSetup copy = new PortalSetup(this);
        copy.clientId = notEmpty(id, "client id");
        copy.clientSecret = secret;
        return copy;
    }

    /**
     * Sets the code of the administrator's incoming webhook, the last part but one of {@code
     * /rest/1/CODE/method}.
     *
     * @param value letters and digits
     * @return a setup with that webhook
     */
    public PortalSetup webhookCode(Secret value) {
        PortalSetup copy = new PortalSetup(this);
        copy.webhookCode = value;
        return copy;
    }

    /**
     * Sets the scopes of the application.
     *
     * @param value scope codes, such as {@code imopenlines}
     * @return a setup with exactly these scopes
     */
    public PortalSetup scope(List<String> value) {
        PortalSetup copy = new PortalSetup(this);
        copy.scope = List.copyOf(value);
        return copy;
    }

    /**
     * Sets the published shape of the events of later subscriptions.
     *
     * @param value the dialect of subscriptions for which none is set
     * @return a setup with that dialect
     */
    public PortalSetup dialect(Dialect value) {
        PortalSetup copy = new PortalSetup(this);
        copy.dialect = value;
        return copy;
    }

    /**
     * Leaves the installation of the application unfinished: it may call REST and bind handlers, but gets
     * no event before {@link Portal#install()}.
     *
     * @return a setup without an installed application
     */
    public PortalSetup notInstalled() {
        PortalSetup copy = new PortalSetup(this);
        copy.installed = false;
        return copy;
    }

    /**
     * Sets the addresses in events and OAuth answers, for a portal that is reached through a proxy. The server still
     * answers on its own addresses.
     *
     * @param client the REST address; wire field {@code client_endpoint}; ends in a slash
     * @param server the REST address of the OAuth host; wire field {@code server_endpoint}; ends in a
     *     slash
     * @return a setup with these addresses
     */
    public PortalSetup endpoints(URI client, URI server) {
        if (!client.toString().endsWith("/") || !server.toString().endsWith("/")) {
            throw new IllegalArgumentException("expected endpoints that end in a slash");
        }
        PortalSetup copy = new PortalSetup(this);
        copy.clientEndpoint = client;
        copy.serverEndpoint = server;
        return copy;
    }

    /**
     * Sets the address that {@code oauth/authorize/} sends the browser to. Without it, the request names the address.
     *
     * @param value the application's registered address
     * @return a setup with that address
     */
    public PortalSetup redirectUri(URI value) {
        PortalSetup copy = new PortalSetup(this);
        copy.redirectUri = value;
        return copy;
    }

    String labelOr(String minted) {
        return label == null ? minted : label;
    }

    String domainOr(String minted) {
        return domain == null ? minted : domain;
    }

    String memberId() {
        return memberId == null ? Minting.hex(32) : memberId;
    }

    Secret applicationToken() {
        return applicationToken == null ? Secret.of(Minting.hex(32)) : applicationToken;
    }

    String clientId() {
        return clientId == null ? Minting.clientId() : clientId;
    }

    Secret clientSecret() {
        return clientSecret == null ? Secret.of(Minting.lettersAndDigits(50)) : clientSecret;
    }

    Secret webhookCode() {
        return webhookCode == null ? Secret.of(Minting.lettersAndDigits(16)) : webhookCode;
    }

    List<String> scope() {
        return scope;
    }

    Dialect dialect() {
        return dialect;
    }

    boolean installed() {
        return installed;
    }

    @Nullable
    URI clientEndpoint() {
        return clientEndpoint;
    }

    @Nullable
    URI serverEndpoint() {
        return serverEndpoint;
    }

    @Nullable
    URI redirectUri() {
        return redirectUri;
    }

    private static String notEmpty(String value, String what) {
        if (value.isEmpty()) {
            throw new IllegalArgumentException("expected a " + what + " but found empty text");
        }
        return value;
    }
}
