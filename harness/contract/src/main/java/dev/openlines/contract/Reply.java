// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What became of one request: the answer as far as it came, the times, and what went wrong. Immutable. */
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

    /** A reply to a request whose answer is not waited for. */
    static Reply notAwaited(byte[] sent) {
        Duration none = Duration.ZERO;
        return new Reply(
                Instant.now(), sent, sent.length, 0, "", new byte[0], false, none, none, none, "no answer awaited");
    }

    /** When it began. */
    Instant at() {
        return at;
    }

    /** The request's bytes, the first so many; shared, not to be changed. */
    byte[] sent() {
        return sent;
    }

    /** How many bytes the request has. */
    long sentLength() {
        return sentLength;
    }

    /** The final status; 0 where none was understood. */
    int status() {
        return status;
    }

    /** Status line and header lines; empty where none came. */
    String head() {
        return head;
    }

    /** The answer's body, chunks undone; shared, not to be changed. */
    byte[] body() {
        return body;
    }

    /** Whether 100 Continue came before. */
    boolean interim() {
        return interim;
    }

    /** Until the connection stood; zero on one that stood already. */
    Duration connect() {
        return connect;
    }

    /** From then on to the first byte. */
    Duration firstByte() {
        return firstByte;
    }

    /** Everything. */
    Duration total() {
        return total;
    }

    /** What went wrong; null where an answer was read whole. */
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

    /** 501 says that a method or coding is not known, which is an answer and no breakdown. */
    boolean is5xx() {
        return status / 100 == 5 && status != 501;
    }

    /** The connection ended without an answer: the handler refused to talk. */
    boolean closed() {
        return status == 0 && failure != null && !failure.startsWith("no ") && !failure.equals(NOT_HTTP);
    }

    boolean refusedOrClosed() {
        return is4xx() || closed();
    }

    /** From the standing connection on. */
    Duration answered() {
        return total.minus(connect);
    }

    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    Optional<String> header(String name) {
        return head.lines()
                .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                .map(line -> line.substring(name.length() + 1).trim())
                .findFirst();
    }

    /** In few words, without content. */
    String outcome() {
        String what = status == 0 ? "" : "status " + status;
        if (failure != null) {
            what = what.isEmpty() ? failure : what + ", but " + failure;
        }
        return what;
    }

    String times() {
        return "connect " + connect.toMillis() + " ms, first byte " + firstByte.toMillis() + " ms, total "
                + total.toMillis() + " ms";
    }
}
