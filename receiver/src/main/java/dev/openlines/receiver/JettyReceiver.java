// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Receiver} as a handler of Jetty 12: it answers every request that reaches it, never blocks a
 * thread and never uses Jetty's own form parser. Put it behind whatever selects by path.
 *
 * <p>At most 1024 requests are read and answered at a time, further ones get 503 unread; a body that is not
 * there after ten seconds costs its connection. Headers that come slowly are the server's business.
 */
public final class JettyReceiver extends Handler.Abstract.NonBlocking {

    private static final byte[] NOTHING = {};

    private final Receiver receiver;
    private final Gate gate;
    private final Duration patience;
    private final Answers answers = new Answers();

    /**
     * Makes a handler.
     *
     * @param receiver gets every request with its body
     */
    public JettyReceiver(Receiver receiver) {
        this(receiver, HttpLimits.DEFAULT);
    }

    JettyReceiver(Receiver receiver, HttpLimits limits) {
        this.receiver = receiver;
        this.gate = new Gate(limits.requests());
        this.patience = limits.body();
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        String contentType = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
        long length = request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
        Optional<Reply> early = receiver.beforeBody(request.getMethod(), contentType, length);
        if (early.isPresent()) {
            closeIfUnread(request, response);
            answer(early.get(), response, callback);
        } else if (gate.enter()) {
            new Body(request, response, Callback.from(gate::leave, callback), contentType).run();
        } else {
            answer(receiver.busy(), response, callback);
        }
        return true;
    }

    /** Says that the connection ends with this answer, since the rest of the request will not be read. */
    static void closeIfUnread(Request request, Response response) {
        HttpFields headers = request.getHeaders();
        if (headers.getLongField(HttpHeader.CONTENT_LENGTH) > 0 || headers.contains(HttpHeader.TRANSFER_ENCODING)) {
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
    }

    private static void answer(Reply reply, Response response, Callback callback) {
        response.setStatus(reply.status());
        if (!reply.headers().isEmpty()) {
            reply.headers().forEach(response.getHeaders()::put);
        }
        response.write(true, null, callback);
    }

    /**
     * What one commit has made durable, answered one after another on one thread: writing an answer takes less than
     * waking a thread for it.
     */
    private static final class Answers implements Runnable {

        private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
        private final AtomicInteger count = new AtomicInteger();

        void add(Runnable answer, Executor threads) {
            waiting.add(answer);
            if (count.getAndIncrement() == 0) {
                try {
                    threads.execute(this);
                } catch (RejectedExecutionException e) {
                    // Its queue is full. Answering does not block; what comes after it may fail.
                    run();
                }
            }
        }

        @Override
        public void run() {
            do {
                try {
                    Objects.requireNonNull(waiting.poll()).run();
                } catch (Throwable e) {
                    // The others still wait.
                    Thread thread = Thread.currentThread();
                    thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
                }
            } while (count.decrementAndGet() > 0);
        }
    }

    /** Reads the body as it comes, up to the limit. Grows with what has come, not with what was promised. */
    private final class Body implements Runnable, Invocable {

        private final Request request;
        private final Response response;
        private final Callback callback;
        private final @Nullable String contentType;
        private final AtomicBoolean reading = new AtomicBoolean(true);
        private byte[] bytes = NOTHING;
        private int count;
        private Scheduler.@Nullable Task deadline;

        Body(Request request, Response response, Callback callback, @Nullable String contentType) {
            this.request = request;
            this.response = response;
            this.callback = callback;
            this.contentType = contentType;
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }

        @Override
        public void run() {
            try {
                read();
            } catch (Throwable e) {
                // Jetty would answer, but only by the callback does the gate learn of it.
                inTime();
                callback.failed(e);
            }
        }

        private void read() {
            while (true) {
                Content.Chunk chunk = request.read();
                if (chunk == null) {
                    if (deadline == null) {
                        deadline = request.getComponents()
                                .getScheduler()
                                .schedule(this::giveUp, patience.toNanos(), TimeUnit.NANOSECONDS);
                    }
                    request.demand(this);
                    return;
                }
                if (Content.Chunk.isFailure(chunk)) {
                    inTime();
                    callback.failed(chunk.getFailure());
                    return;
                }
                boolean fits = append(chunk.getByteBuffer());
                boolean last = chunk.isLast();
                chunk.release();
                if (!fits) {
                    inTime();
                    answer(receiver.tooLarge(), response, callback);
                    return;
                }
                if (last) {
                    if (inTime()) {
                        deliver();
                    } else {
                        callback.failed(new TimeoutException("the body took too long"));
                    }
                    return;
                }
            }
        }

        /** On a thread of the scheduler, while another may be reading: what is read in time wins. */
        private void giveUp() {
            if (reading.compareAndSet(true, false)) {
                receiver.tooSlow();
                request.getConnectionMetaData()
                        .getConnection()
                        .getEndPoint()
                        .close(new TimeoutException("the body took too long"));
            }
        }

        /** Returns whether the body was read before it was given up. */
        private boolean inTime() {
            if (deadline != null) {
                deadline.cancel();
            }
            return reading.compareAndSet(true, false);
        }

        private boolean append(ByteBuffer more) {
            int length = more.remaining();
            if (length > receiver.bodyBytes() - count) {
                return false;
            }
            if (length > bytes.length - count) {
                bytes = Arrays.copyOf(bytes, Math.max(count + length, bytes.length * 2));
            }
            more.get(bytes, count, length);
            count += length;
            return true;
        }

        private void deliver() {
            // Most bodies come in one chunk, and then fill their array.
            byte[] body = bytes.length == count ? bytes : Arrays.copyOf(bytes, count);
            CompletionStage<Reply> reply = receiver.receive(new RawDelivery(
                    request.getMethod(),
                    contentType,
                    body,
                    request.getHeaders().get("traceparent"),
                    Request.getRemoteAddr(request)));
            if (reply.toCompletableFuture().isDone()) {
                reply.whenComplete(this::finish);
            } else {
                // The inbox's thread has the next commit to make.
                Executor threads = request.getComponents().getExecutor();
                reply.whenComplete((kept, failure) -> answers.add(() -> finish(kept, failure), threads));
            }
        }

        private void finish(@Nullable Reply reply, @Nullable Throwable failure) {
            try {
                if (reply != null) {
                    answer(reply, response, callback);
                } else {
                    callback.failed(failure);
                }
            } catch (Throwable e) {
                // Only by the callback does the gate learn of it.
                callback.failed(e);
            }
        }
    }
}
