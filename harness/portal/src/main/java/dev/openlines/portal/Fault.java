// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A fault of a portal's REST or OAuth, and its schedule. An immutable value without randomness: it happens to the first
 * calls, to every n-th call, between two times of the portal's clock, or always.
 *
 * <pre>{@code portal.faults().add(Fault.throttled().on("imopenlines.*").first(2));}</pre>
 *
 * <p>A fault happens instead of the call, which then has no effect, unless it is said to happen {@link
 * #afterwards()}.
 */
public final class Fault {

    /** The header that says which part of the answer reaches the client. JettyFront applies it and removes it. */
    static final String EFFECT = "Openlines-Effect";

    private enum Kind {
        ANSWER,
        GATEWAY,
        MOVED,
        HANG,
        SLOW,
        RESET,
        TRUNCATED
    }

    private final Kind kind;
    private final String label;
    private final int status;
    private final String code;
    private final String description;
    private final Duration time;
    private final @Nullable URI target;
    private String method = "*";
    private int first;
    private int every;
    private @Nullable Instant from;
    private @Nullable Instant until;
    private boolean afterwards;

    private Fault(
            Kind kind, String label, int status, String code, String description, Duration time, @Nullable URI target) {
        this.kind = kind;
        this.label = label;
        this.status = status;
        this.code = code;
        this.description = description;
        this.time = time;
        this.target = target;
    }

    private Fault(Fault other) {
        this(other.kind, other.label, other.status, other.code, other.description, other.time, other.target);
        method = other.method;
        first = other.first;
        every = other.every;
        from = other.from;
        until = other.until;
        afterwards = other.afterwards;
    }

    /**
     * Answers too many requests: 503 {@code QUERY_LIMIT_EXCEEDED}.
     *
     * @return the fault, on every call
     */
    public static Fault throttled() {
        return new Fault(
                Kind.ANSWER, "throttled", 503, "QUERY_LIMIT_EXCEEDED", "Too many requests", Duration.ZERO, null);
    }

    /**
     * Treats the access token as expired, whatever the clock says: 401 {@code expired_token}.
     *
     * @return the fault, on every call
     */
    public static Fault expiredToken() {
        return new Fault(
                Kind.ANSWER,
                "expired-token",
                401,
                "expired_token",
                "The access token provided has expired.",
                Duration.ZERO,
                null);
    }

    /**
     * Answers with an error of your choice, also with status 200, as some of the platform's servers do.
     *
     * @param status HTTP status, 200 to 599
     * @param code the text of {@code error}
     * @param description the text of {@code error_description}
     * @return the fault, on every call
     */
    public static Fault error(int status, String code, String description) {
        return new Fault(Kind.ANSWER, "error", checked(status), code, description, Duration.ZERO, null);
    }

    /**
     * Answers with the page of a gateway, without any JSON.
     *
     * @param status HTTP status, such as 502
     * @return the fault, on every call
     */
    public static Fault gateway(int status) {
        return new Fault(Kind.GATEWAY, "gateway", checked(status), "", "", Duration.ZERO, null);
    }

    /**
     * Renames the portal: 302 to the same path under another address.
     *
     * @param clientEndpoint the new REST address, which ends in a slash
     * @return the fault, on every call
     */
    public static Fault movedTo(URI clientEndpoint) {
        return new Fault(Kind.MOVED, "moved", 302, "", "", Duration.ZERO, clientEndpoint);
    }

    /**
     * Answers nothing for a time, then closes the connection.
     *
     * @param howLong how long the silence lasts
     * @return the fault, on every call
     */
    public static Fault hangs(Duration howLong) {
        return new Fault(Kind.HANG, "hangs", 200, "", "", howLong, null);
    }

    /**
     * Answers correctly, but late. The call has its effect.
     *
     * @param howLate the delay
     * @return the fault, on every call
     */
    public static Fault slow(Duration howLate) {
        Fault fault = new Fault(Kind.SLOW, "slow", 200, "", "", howLate, null);
        fault.afterwards = true;
        return fault;
    }

    /**
     * Resets the connection.
     *
     * @return the fault, on every call
     */
    public static Fault reset() {
        return new Fault(Kind.RESET, "reset", 200, "", "", Duration.ZERO, null);
    }

    /**
     * Sends half of the correct answer, then closes the connection. The call has its effect.
     *
     * @return the fault, on every call
     */
    public static Fault truncated() {
        Fault fault = new Fault(Kind.TRUNCATED, "truncated", 200, "", "", Duration.ZERO, null);
        fault.afterwards = true;
        return fault;
    }

    private static int checked(int status) {
        if (status < 200 || status > 599) {
            throw new IllegalArgumentException("expected a status of 200 to 599 but found " + status);
        }
        return status;
    }

    /**
     * Limits the fault to some methods.
     *
     * @param methods a REST method, {@code oauth/token}, {@code oauth/authorize}, the beginning of names with
     *     a star, such as {@code imopenlines.*}, or {@code *} for all
     * @return such a fault
     */
    public Fault on(String methods) {
        Fault fault = new Fault(this);
        fault.method = methods.toLowerCase(Locale.ROOT);
        return fault;
    }

    /**
     * Lets it happen to the first calls only.
     *
     * @param calls how many, 1 or more
     * @return such a fault
     */
    public Fault first(int calls) {
        Fault fault = new Fault(this);
        fault.first = positive(calls);
        return fault;
    }

    /**
     * Lets it happen to every n-th call only: with 3, to the third, the sixth and so on.
     *
     * @param calls 1 or more
     * @return such a fault
     */
    public Fault every(int calls) {
        Fault fault = new Fault(this);
        fault.every = positive(calls);
        return fault;
    }

    /**
     * Lets it begin at a time of the portal's clock.
     *
     * @param time the first moment when it happens
     * @return such a fault
     */
    public Fault from(Instant time) {
        Fault fault = new Fault(this);
        fault.from = time;
        return fault;
    }

    /**
     * Lets it end at a time of the portal's clock.
     *
     * @param time the first moment when it no longer happens
     * @return such a fault
     */
    public Fault until(Instant time) {
        Fault fault = new Fault(this);
        fault.until = time;
        return fault;
    }

    /**
     * Lets it happen after the call has had its effect. Only the answer is lost, which a client cannot distinguish from
     * a call that did not run.
     *
     * @return such a fault
     */
    public Fault afterwards() {
        Fault fault = new Fault(this);
        fault.afterwards = true;
        return fault;
    }

    private static int positive(int calls) {
        if (calls < 1) {
            throw new IllegalArgumentException("expected 1 or more calls but found " + calls);
        }
        return calls;
    }

    boolean isFor(String name) {
        return method.endsWith("*") ? name.startsWith(method.substring(0, method.length() - 1)) : name.equals(method);
    }

    /** Returns whether it happens to the call of a number from 1, at a time. */
    boolean happens(int call, Instant now) {
        return (first == 0 || call <= first)
                && (every == 0 || call % every == 0)
                && (from == null || !now.isBefore(from))
                && (until == null || now.isBefore(until));
    }

    boolean isAfterwards() {
        return afterwards;
    }

    /** Returns the code in the answer's {@code error}, or null if it has none. */
    @Nullable
    String errorCode() {
        return kind == Kind.ANSWER ? code : null;
    }

    /** Returns the answer that the client gets. The correct answer is null if the call is not made. */
    RestReply spoil(@Nullable RestReply right, String path) {
        return switch (kind) {
            case ANSWER ->
                RestReply.phpJson(
                        status,
                        EventBodies.object()
                                .add("error", code)
                                .add("error_description", description)
                                .build());
            case GATEWAY ->
                new RestReply(
                        status,
                        Map.of("Content-Type", "text/html"),
                        ("<html><body><h1>" + status + "</h1></body></html>\n").getBytes(StandardCharsets.US_ASCII));
            case MOVED -> new RestReply(302, Map.of("Location", target + path), new byte[0]);
            case HANG -> with(right, "hang " + time.toMillis());
            case SLOW -> with(right, "slow " + time.toMillis());
            case RESET -> with(right, "reset");
            case TRUNCATED -> with(right, "truncate");
        };
    }

    private static RestReply with(@Nullable RestReply right, String effect) {
        RestReply reply = right == null ? new RestReply(200, Map.of(), new byte[0]) : right;
        Map<String, String> headers = new LinkedHashMap<>(reply.headers());
        headers.put(EFFECT, effect);
        return new RestReply(reply.status(), headers, reply.body());
    }

    /**
     * Describes the fault and its schedule in one line.
     *
     * @return such as {@code throttled on imopenlines.*, first 2}
     */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder(label);
        if (kind == Kind.ANSWER && label.equals("error")) {
            out.append(' ').append(status).append(' ').append(code);
        } else if (kind == Kind.GATEWAY) {
            out.append(' ').append(status);
        } else if (!time.isZero()) {
            out.append(' ').append(time.toMillis()).append(" ms");
        }
        out.append(" on ").append(method);
        if (first > 0) {
            out.append(", first ").append(first);
        }
        if (every > 0) {
            out.append(", every ").append(every);
        }
        if (from != null) {
            out.append(", from ").append(from);
        }
        if (until != null) {
            out.append(", until ").append(until);
        }
        if (afterwards && kind != Kind.SLOW && kind != Kind.TRUNCATED) {
            out.append(", afterwards");
        }
        return out.toString();
    }
}
