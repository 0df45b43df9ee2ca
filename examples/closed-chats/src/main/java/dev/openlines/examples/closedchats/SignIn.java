// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import dev.openlines.server.ConfigurationException;
import dev.openlines.server.Settings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
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
 * Lets operators see the page: those who know the one password, which is stored as a PBKDF2 hash, or those whom a proxy
 * in front has signed in and names in a header. Sessions live in this process.
 */
final class SignIn {

    static final String COOKIE = "openlines_session";

    private static final int ITERATIONS = 600_000;
    private static final int SHORTEST = 12;
    private static final int SESSIONS = 1_000;
    private static final Duration SESSION = Duration.ofHours(12);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final Settings config;
    private final @Nullable String passwordHash;
    private final @Nullable String userHeader;
    private final InstantSource clock;
    private final SecretKeySpec formKey = new SecretKeySpec(random(), "HmacSHA256");
    private final Map<String, Instant> sessions = new ConcurrentHashMap<>();
    private final Turns turns = new Turns();

    private SignIn(Settings config, @Nullable String passwordHash, @Nullable String userHeader, InstantSource clock) {
        this.config = config;
        this.passwordHash = passwordHash;
        this.userHeader = userHeader;
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
        return new SignIn(config, hash.isBlank() ? null : hash, header.isBlank() ? null : header, clock);
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

    /** Returns who sends a request, or empty. The name is of use for {@link #formToken} only. */
    Optional<String> who(Request request) {
        if (userHeader != null) {
            return Optional.ofNullable(request.getHeaders().get(userHeader)).filter(user -> !user.isBlank());
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

    /** Returns the token in each form of this page, which a form of another page cannot know. */
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
     * Checks a password, which takes a while, and gives the answer a session if it is the right one. Waits for the turn of
     * the sender, and whoever has a session is a sender of its own.
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
        return right ? begin(request, response) : Outcome.WRONG;
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

    private Outcome begin(Request request, Response response) {
        Instant now = clock.instant();
        sessions.values().removeIf(end -> !now.isBefore(end));
        if (sessions.size() >= SESSIONS) {
            return Outcome.BUSY;
        }
        String session = BASE64.encodeToString(random());
        sessions.put(digest(session), now.plus(SESSION));
        Response.putCookie(response, cookie(request, session, SESSION.toSeconds()));
        return Outcome.SIGNED_IN;
    }

    void signOut(Request request, Response response) {
        cookie(request).ifPresent(session -> sessions.remove(digest(session)));
        Response.putCookie(response, cookie(request, "", 0));
    }

    private static Optional<String> cookie(Request request) {
        return Request.getCookies(request).stream()
                .filter(cookie -> cookie.getName().equals(COOKIE))
                .map(HttpCookie::getValue)
                .findFirst();
    }

    /** Browsers send it over TLS only, except to this machine itself. */
    private static HttpCookie cookie(Request request, String value, long seconds) {
        String host = String.valueOf(request.getHeaders().get(HttpHeader.HOST)).replaceFirst(":\\d+$", "");
        boolean here = host.equals("127.0.0.1") || host.equals("localhost") || host.equals("[::1]");
        return HttpCookie.build(COOKIE, value)
                .path("/")
                .httpOnly(true)
                .secure(!here)
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
