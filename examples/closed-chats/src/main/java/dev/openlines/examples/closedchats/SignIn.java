// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import dev.openlines.server.ConfigurationException;
import dev.openlines.server.Settings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.eclipse.jetty.http.HttpCookie;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

/**
 * Lets operators see the page: those who know the one password, which is stored as a PBKDF2 hash, or those whom a
 * trusted proxy in front has signed in and names in a header. Sessions live in this process.
 */
final class SignIn {

    static final String COOKIE = "openlines_session";

    private static final int ITERATIONS = 600_000;
    private static final int SHORTEST = 12;
    private static final int SESSIONS = 1_000;
    private static final Duration SESSION = Duration.ofHours(12);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();
    private static final Pattern ADDRESS = Pattern.compile("https?://[^/?#@]+/?");
    private static final Pattern HOST = Pattern.compile("(\\[[^\\]]*]|[^:]*)(?::\\d*)?");
    /** The hosts that no name server can redirect to this page: this machine, and numeric addresses. */
    private static final Pattern NO_NAME = Pattern.compile("localhost|[0-9.]+|\\[[0-9a-f:.]+]");

    private final Settings config;
    private final @Nullable String passwordHash;
    private final @Nullable String userHeader;
    private final @Nullable URI address;
    private final InstantSource clock;
    private final SecretKeySpec formKey = new SecretKeySpec(random(), "HmacSHA256");
    private final Map<String, Instant> sessions = new ConcurrentHashMap<>();
    private final Turns turns = new Turns();

    private SignIn(Settings config, @Nullable String passwordHash, @Nullable String userHeader, InstantSource clock) {
        this.config = config;
        this.passwordHash = passwordHash;
        this.userHeader = userHeader;
        this.address = address(config.values().getOrDefault("OPENLINES_PAGE_URL", ""));
        this.clock = clock;
    }

    static SignIn of(Settings config, InstantSource clock) {
        String hash = config.values().getOrDefault("OPENLINES_PAGE_PASSWORD", "");
        String header = config.values().getOrDefault("OPENLINES_PAGE_USER_HEADER", "");
        if (hash.isBlank() == header.isBlank()) {
            throw new ConfigurationException(
                    "OPENLINES_PAGE_PASSWORD: expected a hash made by hash-password, or else the name of a proxy's"
                            + " header in OPENLINES_PAGE_USER_HEADER, but found "
                            + (hash.isBlank() ? "neither" : "both"),
                    null);
        }
        if (!hash.isBlank() && !hash.matches("pbkdf2-sha256:\\d{1,8}:[\\w-]+:[\\w-]+")) {
            throw new ConfigurationException(
                    "OPENLINES_PAGE_PASSWORD: expected a hash made by hash-password but found other text", null);
        }
        if (!header.isBlank() && !header.matches("[A-Za-z0-9-]+")) {
            throw ConfigurationException.wrong(
                    "OPENLINES_PAGE_USER_HEADER", "the name of a header such as X-Remote-User", header);
        }
        if (!header.isBlank()) {
            for (String needed : List.of("OPENLINES_TRUSTED_PROXIES", "OPENLINES_PAGE_URL")) {
                if (config.values().getOrDefault(needed, "").isBlank()) {
                    throw new ConfigurationException(
                            needed + ": expected a value, since OPENLINES_PAGE_USER_HEADER is set, but found none",
                            null);
                }
            }
        }
        return new SignIn(config, hash.isBlank() ? null : hash, header.isBlank() ? null : header, clock);
    }

    private static @Nullable URI address(String text) {
        if (text.isBlank()) {
            return null;
        }
        try {
            URI address = URI.create(text);
            if (ADDRESS.matcher(text).matches() && address.getHost() != null) {
                return address;
            }
        } catch (IllegalArgumentException e) {
            // The value is refused like the others.
        }
        throw ConfigurationException.wrong(
                "OPENLINES_PAGE_URL", "the address of the page such as https://chats.example.com/", text);
    }

    /**
     * Returns whether a request was meant for this page. If the name of another site is made to lead here, the browser
     * treats the page as part of that site, which could read answers and set headers.
     */
    boolean isHere(Request request) {
        if (address == null) {
            return true;
        }
        Matcher host = HOST.matcher(String.valueOf(request.getHeaders().get(HttpHeader.HOST)));
        String name = host.matches() ? String.valueOf(host.group(1)).toLowerCase(Locale.ROOT) : "";
        return name.equalsIgnoreCase(address.getHost()) || NO_NAME.matcher(name).matches();
    }

    /** Returns whether an origin is that of this page behind its proxy. */
    boolean isOrigin(String origin) {
        return address != null && origin.equalsIgnoreCase(address.getScheme() + "://" + address.getAuthority());
    }

    /**
     * Hashes a password for OPENLINES_PAGE_PASSWORD.
     *
     * @throws IllegalArgumentException if it is short
     */
    static String hash(String password) {
        return hash(password, ITERATIONS);
    }

    static String hash(String password, int iterations) {
        if (password.codePointCount(0, password.length()) < SHORTEST) {
            throw new IllegalArgumentException("expected a password of at least " + SHORTEST + " characters");
        }
        byte[] salt = random();
        return "pbkdf2-sha256:" + iterations + ":" + BASE64.encodeToString(salt) + ":"
                + BASE64.encodeToString(derive(password, salt, iterations));
    }

    /** Returns the name of the sender of a request, or empty. The name is used only for {@link #formToken}. */
    Optional<String> who(Request request) {
        if (userHeader != null) {
            // A second value was sent by the client, and the proxy has let it through.
            List<String> users = request.getHeaders().getValuesList(userHeader);
            return users.size() == 1 && !users.get(0).isBlank() && config.isTrustedProxy(peer(request))
                    ? Optional.of(users.get(0))
                    : Optional.empty();
        }
        return session(request);
    }

    private Optional<String> session(Request request) {
        return cookie(request).filter(session -> {
            Instant end = sessions.get(digest(session));
            return end != null && clock.instant().isBefore(end);
        });
    }

    private static InetAddress peer(Request request) {
        SocketAddress peer = request.getConnectionMetaData().getRemoteSocketAddress();
        if (peer instanceof InetSocketAddress socket && socket.getAddress() != null) {
            return socket.getAddress();
        }
        throw new IllegalStateException("the page listens on TCP only");
    }

    /** Returns whether people sign in here, and not at a proxy. */
    boolean byPassword() {
        return passwordHash != null;
    }

    /** Returns the token for the forms of this page, which other pages cannot know. */
    String formToken(String who) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(formKey);
            return BASE64.encodeToString(mac.doFinal(who.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean isFormToken(String who, @Nullable String token) {
        return token != null
                && MessageDigest.isEqual(
                        formToken(who).getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
    }

    /** The result of trying a password. */
    enum Outcome {
        SIGNED_IN,
        WRONG,
        BUSY
    }

    /**
     * Checks a password, which takes a while, and starts a session if it is right. Waits for the sender's turn. Someone
     * with a session has turns of their own.
     */
    Outcome signIn(String password, Request request, Response response) {
        Optional<String> before = session(request).map(SignIn::digest);
        String source = before.orElseGet(
                () -> config.source(peer(request), request.getHeaders().getValuesList(HttpHeader.X_FORWARDED_FOR)));
        try {
            if (!turns.begin(source, before.isPresent())) {
                return Outcome.BUSY;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Outcome.BUSY;
        }
        boolean right = false;
        try {
            right = isPassword(password);
        } finally {
            turns.end(source, right);
        }
        return right ? begin(response) : Outcome.WRONG;
    }

    private boolean isPassword(String password) {
        if (passwordHash == null) {
            return false;
        }
        String[] parts = passwordHash.split(":");
        byte[] salt = Base64.getUrlDecoder().decode(parts[2]);
        byte[] expected = Base64.getUrlDecoder().decode(parts[3]);
        return MessageDigest.isEqual(expected, derive(password, salt, Integer.parseInt(parts[1])));
    }

    private Outcome begin(Response response) {
        Instant now = clock.instant();
        sessions.values().removeIf(end -> !now.isBefore(end));
        if (sessions.size() >= SESSIONS) {
            return Outcome.BUSY;
        }
        String session = BASE64.encodeToString(random());
        sessions.put(digest(session), now.plus(SESSION));
        Response.putCookie(response, cookie(session, SESSION.toSeconds()));
        return Outcome.SIGNED_IN;
    }

    void signOut(Request request, Response response) {
        cookie(request).ifPresent(session -> sessions.remove(digest(session)));
        Response.putCookie(response, cookie("", 0));
    }

    private static Optional<String> cookie(Request request) {
        return Request.getCookies(request).stream()
                .filter(cookie -> cookie.getName().equals(COOKIE))
                .map(HttpCookie::getValue)
                .findFirst();
    }

    /** Browsers send it over TLS only, unless people open the page without. */
    private HttpCookie cookie(String value, long seconds) {
        boolean plain = address != null && "http".equals(address.getScheme());
        return HttpCookie.build(COOKIE, value)
                .path("/")
                .httpOnly(true)
                .secure(!plain)
                .sameSite(HttpCookie.SameSite.STRICT)
                .maxAge(seconds)
                .build();
    }

    private static byte[] derive(String password, byte[] salt, int iterations) {
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(new PBEKeySpec(password.toCharArray(), salt, iterations, 256))
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String digest(String session) {
        try {
            return BASE64.encodeToString(
                    MessageDigest.getInstance("SHA-256").digest(session.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] random() {
        byte[] bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        return bytes;
    }
}
