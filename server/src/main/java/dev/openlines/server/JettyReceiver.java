// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.receiver.HttpLimits;
import dev.openlines.receiver.RawDelivery;
import dev.openlines.receiver.Receiver;
import dev.openlines.receiver.Reply;
import dev.openlines.receiver.spi.BodyBytes;
import dev.openlines.receiver.spi.FinishPage;
import dev.openlines.receiver.spi.Gate;
import dev.openlines.receiver.spi.LastResort;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
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
import java.util.function.Function;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Receiver} as a handler of Jetty 12. It answers every request that reaches it, whatever its path, so put it
 * behind a handler that selects by path. It never blocks a thread and never uses Jetty's own form parser.
 *
 * <p>Unanswered requests hold at most a third of the heap. If that is used up, the source address that holds most of it
 * loses a connection: the one with the oldest unfinished body. If complete requests that wait for the inbox hold most
 * of it, further ones get 503. If a body is not complete after ten seconds, its connection is closed. Limiting idle
 * connections and slow headers is left to the server.
 */
public final class JettyReceiver extends Handler.Abstract.NonBlocking {

    /** The bytes that a request takes in addition to its body. */
    private static final long REQUEST_BYTES = 8 * 1024;

    private static final byte[] NOTHING = {};

    private final Receiver receiver;
    private final Function<RawDelivery, CompletionStage<Reply>> core;
    private final Gate gate;
    private final Duration patience;
    private final Answers answers = new Answers();
    private final @Nullable Captures captures;

    /**
     * Makes a handler.
     *
     * @param receiver gets every request with its body
     */
    public JettyReceiver(Receiver receiver) {
        this(receiver, HttpLimits.DEFAULT);
    }

    /**
     * Makes a handler with other limits than the default ones.
     *
     * @param receiver gets every request with its body
     * @param limits the time for a body and the memory of requests
     */
    public JettyReceiver(Receiver receiver, HttpLimits limits) {
        this(receiver, limits, null);
    }

    JettyReceiver(Receiver receiver, HttpLimits limits, @Nullable Captures captures) {
        this(receiver, receiver::receive, limits, captures);
    }

    private JettyReceiver(
            Receiver receiver,
            Function<RawDelivery, CompletionStage<Reply>> core,
            HttpLimits limits,
            @Nullable Captures captures) {
        this.receiver = receiver;
        this.core = core;
        this.captures = captures;
        this.gate = new Gate(limits.room());
        this.patience = limits.body();
    }

    /**
     * Makes a handler for the application's installer page, which answers with a page that finishes the installation.
     *
     * @param receiver gets every request with its body
     * @param limits the time for a body and the memory of requests
     * @return the handler
     */
    public static JettyReceiver installerPage(Receiver receiver, HttpLimits limits) {
        return new JettyReceiver(receiver, receiver::receiveInstallerPage, limits, null);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        String contentType = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
        long length = request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
        Optional<Reply> early = receiver.beforeBody(request.getMethod(), contentType, length);
        if (early.isPresent()) {
            closeIfUnread(request, response);
            answer(early.get(), response, callback);
        } else {
            begin(request, response, callback, contentType, length);
        }
        return true;
    }

    private void begin(
            Request request, Response response, Callback callback, @Nullable String contentType, long length) {
        Gate.Place place = GatedEndPoint.place(request);
        Callback then = callback;
        if (place == null) {
            place = place(request);
            place.enter();
            then = Callback.from(place::leave, callback);
        }
        BodyBytes body = new BodyBytes(place, receiver.bodyBytes(), length);
        new Body(request, response, then, contentType, place, body).run();
    }

    /** Returns a place for a request that came through a connector without a gate. */
    private Gate.Place place(Request request) {
        ConnectionMetaData connection = request.getConnectionMetaData();
        String source = connection.getRemoteSocketAddress() instanceof InetSocketAddress address
                ? Gate.source(address.getAddress())
                : "";
        return gate.place(source, REQUEST_BYTES, () -> {
            connection.getConnection().getEndPoint().close(new EofException("dropped for others"));
            receiver.dropped();
        });
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
        if (reply instanceof Reply.Installed installed) {
            FinishPage page = FinishPage.of(installed.portal());
            page.headers().forEach(response.getHeaders()::put);
            response.write(true, ByteBuffer.wrap(page.html()), callback);
            return;
        }
        if (!reply.headers().isEmpty()) {
            reply.headers().forEach(response.getHeaders()::put);
        }
        response.write(true, null, callback);
    }

    /**
     * The answers that one commit has made durable, sent one after another on one thread: writing an answer takes less
     * time than waking a thread for it.
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
                    // The executor's queue is full, so this thread sends the answers. That does not block.
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
                    LastResort.check(e);
                    // The other answers must still be sent.
                    Thread thread = Thread.currentThread();
                    thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
                }
            } while (count.decrementAndGet() > 0);
        }
    }

    /** Reads the body as it comes, up to the limit. */
    private final class Body implements Runnable, Invocable {

        private final Request request;
        private final Response response;
        private final Callback callback;
        private final @Nullable String contentType;
        private final Gate.Place place;
        private final BodyBytes body;
        private final AtomicBoolean reading = new AtomicBoolean(true);
        private Scheduler.@Nullable Task deadline;

        Body(
                Request request,
                Response response,
                Callback callback,
                @Nullable String contentType,
                Gate.Place place,
                BodyBytes body) {
            this.request = request;
            this.response = response;
            this.callback = callback;
            this.contentType = contentType;
            this.place = place;
            this.body = body;
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
                LastResort.check(e);
                // Jetty would answer by itself, but the gate is told only by the callback.
                inTime();
                Response.writeError(request, response, callback, e);
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
                    answer(inTime() ? unread(chunk.getFailure()) : new Reply.TooSlow());
                    return;
                }
                BodyBytes.Added added;
                try {
                    added = body.add(chunk.getByteBuffer());
                } finally {
                    chunk.release();
                }
                if (added != BodyBytes.Added.KEPT) {
                    inTime();
                    answer(added == BodyBytes.Added.TOO_LARGE ? receiver.tooLarge() : new Reply.Dropped());
                    return;
                }
                boolean last = chunk.isLast();
                if (last) {
                    if (inTime()) {
                        whole();
                    } else {
                        answer(new Reply.TooSlow());
                    }
                    return;
                }
            }
        }

        /** Returns the reply if the body cannot be read further. A dropped request has been counted as such. */
        private Reply unread(Throwable failure) {
            if (place.gone()) {
                return new Reply.Dropped();
            }
            return failure instanceof TimeoutException ? receiver.tooSlow() : receiver.brokenOff();
        }

        /**
         * Gives the request up. Runs on a thread of the scheduler, while another thread may be reading: the first of
         * the two wins.
         */
        private void giveUp() {
            if (reading.compareAndSet(true, false)) {
                receiver.tooSlow();
                request.getConnectionMetaData()
                        .getConnection()
                        .getEndPoint()
                        .close(new TimeoutException("the body took too long"));
            }
        }

        /** Ends the reading, and returns whether it ended before the request was given up. */
        private boolean inTime() {
            if (deadline != null) {
                deadline.cancel();
            }
            return reading.compareAndSet(true, false);
        }

        private void whole() {
            if (place.whole()) {
                deliver();
            } else if (place.gone()) {
                answer(new Reply.Dropped());
            } else {
                answer(receiver.busy());
            }
        }

        private void deliver() {
            byte[] whole = body.whole();
            byte[] wanted = captures == null ? NOTHING : whole;
            CompletionStage<Reply> reply = core.apply(new RawDelivery(
                    request.getMethod(),
                    contentType,
                    whole,
                    request.getHeaders().get("traceparent"),
                    Request.getRemoteAddr(request)));
            if (reply.toCompletableFuture().isDone()) {
                reply.whenComplete((kept, failure) -> finish(kept, failure, wanted));
            } else {
                // This may run on the inbox's thread, which must make the next commit instead of sending answers.
                Executor threads = request.getComponents().getExecutor();
                reply.whenComplete((kept, failure) -> answers.add(() -> finish(kept, failure, wanted), threads));
            }
        }

        private void answer(Reply reply, byte[] whole) {
            if (captures == null || !captures.wants(reply, whole)) {
                answer(reply);
                return;
            }
            // After the answer, Jetty no longer has the request's headers.
            List<String> headers =
                    request.getHeaders().stream().map(HttpField::getName).toList();
            answer(reply);
            captures.add(headers, contentType, whole);
        }

        /**
         * Answers, even if the connection is closed already. If the callback failed instead, Jetty would write an answer
         * of its own and might complete the request twice.
         */
        private void answer(Reply reply) {
            // From here on, nothing is lost if the sender does not read the answer.
            place.answered();
            JettyReceiver.answer(reply, response, callback);
        }

        private void finish(@Nullable Reply reply, @Nullable Throwable failure, byte[] whole) {
            try {
                if (reply != null) {
                    answer(reply, whole);
                } else {
                    LastResort.check(Objects.requireNonNull(failure));
                    Response.writeError(request, response, callback, failure);
                }
            } catch (Throwable e) {
                LastResort.check(e);
                // The gate is told only by the callback.
                Response.writeError(request, response, callback, e);
            }
        }
    }
}
