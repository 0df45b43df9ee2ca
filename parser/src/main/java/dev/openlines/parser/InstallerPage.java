// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.AppStatus;
import dev.openlines.model.EventAuth;
import dev.openlines.model.Scope;
import dev.openlines.parser.DecodeException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The fields that a portal posts to an application's page when a user opens it, the installer's page included. It is no
 * event: the browser of a user sends it, and its tokens are that user's.
 *
 * <p>Reading it proves nothing. The query has a {@code DOMAIN} too, which any sender can write; do not use it.
 *
 * @param auth the user's tokens and the portal: wire fields {@code AUTH_ID}, {@code REFRESH_ID}, {@code AUTH_EXPIRES},
 *     {@code SERVER_ENDPOINT}, {@code APPLICATION_TOKEN}, {@code APPLICATION_SCOPE}, {@code member_id} and {@code
 *     status}. Older portals send no application token
 * @param placement the place that the page is shown in, such as {@code DEFAULT}; wire field {@code PLACEMENT}, empty if
 *     not sent
 * @param placementOptions JSON as text, unread; wire field {@code PLACEMENT_OPTIONS}, empty if not sent
 * @see <a href="https://apidocs.bitrix24.com/settings/oauth/simple-way.html">Simple way to get tokens</a>
 */
public record InstallerPage(EventAuth auth, String placement, String placementOptions) {

    private static final Name AUTH_ID = Name.of("AUTH_ID");
    private static final Name REFRESH_ID = Name.of("REFRESH_ID");
    private static final Name AUTH_EXPIRES = Name.of("AUTH_EXPIRES");
    private static final Name SERVER_ENDPOINT = Name.of("SERVER_ENDPOINT");
    private static final Name APPLICATION_TOKEN = Name.of("APPLICATION_TOKEN");
    private static final Name APPLICATION_SCOPE = Name.of("APPLICATION_SCOPE");
    private static final Name PLACEMENT = Name.of("PLACEMENT");
    private static final Name PLACEMENT_OPTIONS = Name.of("PLACEMENT_OPTIONS");

    public InstallerPage {
        Objects.requireNonNull(auth, "auth");
        Objects.requireNonNull(placement, "placement");
        Objects.requireNonNull(placementOptions, "placementOptions");
    }

    /**
     * Reads the body of such a request.
     *
     * @param body a form
     * @param limits the limits on the body
     * @return its fields
     * @throws DecodeException if the body is malformed or beyond the limits, or has no {@code AUTH_ID} or {@code
     *     member_id}
     */
    public static InstallerPage parse(byte[] body, Limits limits) {
        EventReader in = new EventReader(Envelope.read(body, BodyFormat.FORM, limits), false, false, true);
        required(in, AUTH_ID);
        required(in, Name.MEMBER_ID);
        Node expires = in.field(in.root, AUTH_EXPIRES);
        long seconds = expires == null ? -1 : in.leniently(expires, Integer.MAX_VALUE, "seconds");
        String status = in.text(in.root, Name.STATUS);
        EventAuth auth = new EventAuth(
                in.secret(in.root, AUTH_ID),
                null,
                seconds < 0 ? null : Duration.ofSeconds(seconds),
                scopes(in.text(in.root, APPLICATION_SCOPE)),
                null,
                in.text(in.root, SERVER_ENDPOINT),
                status == null ? null : new AppStatus(status),
                null,
                in.text(in.root, Name.MEMBER_ID),
                null,
                in.secret(in.root, REFRESH_ID),
                in.secret(in.root, APPLICATION_TOKEN));
        return new InstallerPage(auth, text(in, PLACEMENT), text(in, PLACEMENT_OPTIONS));
    }

    private static void required(EventReader in, Name name) {
        String value = in.text(in.root, name);
        if (value == null || value.isBlank()) {
            throw new DecodeException(Kind.MISMATCH, "$." + name, "text", "nothing");
        }
    }

    private static String text(EventReader in, Name name) {
        return Objects.requireNonNullElse(in.text(in.root, name), "");
    }

    private static List<Scope> scopes(@Nullable String text) {
        return text == null
                ? List.of()
                : Stream.of(text.split("[,\\s]+"))
                        .filter(code -> !code.isEmpty())
                        .map(Scope::new)
                        .toList();
    }

    /**
     * Describes the place that the page is shown in, without its options.
     *
     * @return placement and auth without tokens
     */
    @Override
    public String toString() {
        return "InstallerPage[auth=" + auth + ", placement=" + placement + ", placementOptions=text of "
                + placementOptions.length() + "]";
    }
}
