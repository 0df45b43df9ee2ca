// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The result of one request: the answer as far as it arrived, the times, and the fault if there was one. Immutable. */
final class Reply {

    static final int KEPT = 96 * 1024;

    /** An answer, but not one of this protocol. */
    static final String NOT_HTTP = "the answer is not HTTP";

    /** None was read in time. */
    static final String NO_ANSWER = "no answer";

    private final Instant at;
    private final byte[] sent;
    private final long sentLength;
    private final int status;
    private final String head;
    private final byte[] body;
    private final boolean interim;
    private final Duration connect;
    private final Duration firstByte;
    private final Duration total;
    private final @Nullable String failure;

    Reply(
            Instant at,
            byte[] sent,
            long sentLength,
            int status,
            String head,
            byte[] body,
            boolean interim,
            Duration connect,
            Duration firstByte,
            Duration total,
            @Nullable String failure) {
        this.at = at;
        this.sent = sent;
        this.sentLength = sentLength;
        this.status = status;
        this.head = head;
        this.body = body;
        this.interim = interim;
        this.connect = connect;
        this.firstByte = firstByte;
        this.total = total;
        this.failure = failure;
    }

    /** Returns a reply to a request whose answer is not waited for. */
    static Reply notAwaited(byte[] sent) {
        Duration none = Duration.ZERO;
        return new Reply(
                Instant.now(), sent, sent.length, 0, "", new byte[0], false, none, none, none, "no answer awaited");
    }

    /** Returns when it began. */
    Instant at() {
        return at;
    }

    /** Returns the request's first bytes. The array is shared and must not be changed. */
    byte[] sent() {
        return sent;
    }

    /** Returns how many bytes the request has. */
    long sentLength() {
        return sentLength;
    }

    /** Returns the final status, or 0 if none was understood. */
    int status() {
        return status;
    }

    /** Returns status line and header lines, or empty if none came. */
    String head() {
        return head;
    }

    /** Returns the answer's body, with chunks undone. The array is shared and must not be changed. */
    byte[] body() {
        return body;
    }

    /** Returns whether 100 Continue came before. */
    boolean interim() {
        return interim;
    }

    /** Returns the time until the connection was established: zero if it was established before. */
    Duration connect() {
        return connect;
    }

    /** Returns the time from the established connection to the first byte. */
    Duration firstByte() {
        return firstByte;
    }

    /** Returns the time of the whole exchange. */
    Duration total() {
        return total;
    }

    /** Returns the fault, or null if a complete answer was read. */
    @Nullable
    String failure() {
        return failure;
    }

    boolean is2xx() {
        return failure == null && status / 100 == 2;
    }

    boolean is4xx() {
        return failure == null && status / 100 == 4;
    }

    /** Tells whether the handler broke down. 501 does not count: it says that a method or coding is not known. */
    boolean is5xx() {
        return status / 100 == 5 && status != 501;
    }

    /** Tells whether the connection ended without an answer, because the handler refused it. */
    boolean closed() {
        return status == 0 && failure != null && !failure.startsWith("no ") && !failure.equals(NOT_HTTP);
    }

    boolean refusedOrClosed() {
        return is4xx() || closed();
    }

    /** Returns the time of the answer, from the standing connection on. */
    Duration answered() {
        return total.minus(connect);
    }

    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    Optional<String> header(String name) {
        return header(head, name);
    }

    /** Returns the first value of that name in the head of a request or an answer. */
    static Optional<String> header(String head, String name) {
        return head.lines()
                .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                .map(line -> line.substring(name.length() + 1).trim())
                .findFirst();
    }

    /** Describes the result in few words, without content. */
    String outcome() {
        String what = status == 0 ? "" : "status " + status;
        if (failure != null) {
            what = what.isEmpty() ? failure : what + ", but " + failure;
        }
        return what;
    }

    /** Tells whether the load of other requests may explain the answer: late, missing or refused for now. */
    boolean mayComeOfLoad(Duration ackMax) {
        return status == 0 || status == 429 || status == 503 || answered().compareTo(ackMax) > 0;
    }

    /** Returns the outcome, with the time of an answer that came late. */
    String observed() {
        return outcome()
                + (is2xx() && answered().toMillis() > 1000
                        ? " after " + answered().toMillis() + " ms"
                        : "");
    }

    String times() {
        return "connect " + connect.toMillis() + " ms, first byte " + firstByte.toMillis() + " ms, total "
                + total.toMillis() + " ms";
    }
}
