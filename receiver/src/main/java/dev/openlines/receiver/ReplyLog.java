// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a log record for each refusal, up to {@value #BURST} for a reason in ten seconds. Further ones are counted,
 * and the next record has their number, so that a flood cannot fill a disk.
 *
 * <p>A record holds the reason and what may help, and nothing that an unknown sender sent.
 */
final class ReplyLog {

    static final int BURST = 20;

    private static final Logger LOG = LoggerFactory.getLogger(Receiver.class);
    private static final Pattern ADDRESS = Pattern.compile("[0-9A-Fa-f:.]{2,45}(?:%[0-9A-Za-z]{1,16})?");
    private static final long WINDOW_NANOS = 10_000_000_000L;

    private final Map<String, Window> windows = new ConcurrentHashMap<>();
    private final LongSupplier nanos;

    ReplyLog(LongSupplier nanos) {
        this.nanos = nanos;
    }

    Reply of(Reply reply) {
        if (reply.status() == 200 || reply instanceof Reply.Elsewhere) {
            LOG.debug("reason={} status={}", reply.reason(), reply.status());
        } else {
            String portal = reply instanceof Reply.WrongToken wrong ? " portal=" + wrong.memberId() : "";
            String detail = portal + (reply.detail().isEmpty() ? "" : " detail=\"" + reply.detail() + '"');
            warn(reply.reason(), " status=" + reply.status() + detail, null);
        }
        return reply;
    }

    /** Returns whether senders are noted, which is so at the level debug. */
    boolean notesSenders() {
        return LOG.isDebugEnabled();
    }

    /**
     * Logs the sender's address of a complete request, so that it can be compared with the addresses that the platform
     * publishes.
     */
    void sender(Reply reply, @Nullable String source) {
        LOG.debug("reason=sender status={} from={}", reply.status(), address(source));
    }

    /** Returns a numeric address unchanged. Any other text may come from the sender and is not repeated. */
    static String address(@Nullable String source) {
        return source != null && ADDRESS.matcher(source).matches() ? source : "unknown";
    }

    Reply unavailable(Throwable failure) {
        Reply reply = new Reply.Unavailable();
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        warn(reply.reason(), " status=" + reply.status(), cause);
        return reply;
    }

    /** Logs a verified change, with the name of its portal. */
    void changed(TrustChange change) {
        if (change.installed() == null) {
            LOG.warn("reason=uninstalled portal={}", change.memberId());
        } else if (!change.known().isEmpty()) {
            LOG.warn("reason=token-replaced portal={} until={}", change.memberId(), change.knownUntil());
        }
    }

    void conflict() {
        warn("conflict", ": the same key with other content is kept beside the first", null);
    }

    /** Writes a warning that begins with {@code reason=} and the reason, with the same limit as for refusals. */
    void bounded(String record, @Nullable Throwable failure) {
        int end = record.indexOf(' ');
        String reason = record.substring("reason=".length(), end < 0 ? record.length() : end);
        warn(reason, end < 0 ? "" : record.substring(end), failure);
    }

    private void warn(String reason, String detail, @Nullable Throwable failure) {
        long left = windows.computeIfAbsent(reason, key -> new Window(nanos.getAsLong()))
                .admit(nanos.getAsLong());
        if (left >= 0) {
            LOG.warn("reason=" + reason + detail + (left > 0 ? " unlogged=" + left : ""), failure);
        }
    }

    /** Guarded by itself. */
    private static final class Window {
        private long start;
        private int logged;
        private long unlogged;

        Window(long start) {
            this.start = start;
        }

        /** Returns how many records were left out before this one, or -1 if this one must be left out too. */
        synchronized long admit(long now) {
            if (now - start >= WINDOW_NANOS) {
                start = now;
                logged = 0;
            }
            if (logged == BURST) {
                unlogged++;
                return -1;
            }
            logged++;
            long before = unlogged;
            unlogged = 0;
            return before;
        }
    }
}
