// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.receiver.spi.BodyBytes;
import dev.openlines.receiver.spi.FinishPage;
import dev.openlines.receiver.spi.Gate;
import dev.openlines.receiver.spi.LastResort;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link Receiver} as a servlet. It reads bytes when the container has some, and takes no thread while it waits. It
 * never asks the container for parameters, because the container would then parse the body in its own way. Register it
 * with async support for the exact path.
 *
 * <p>Requests hold at most a third of the heap until they are answered. If that runs out, the oldest unfinished body of
 * the source address that holds most gets 503. A request that is not answered after fifteen seconds gets 408 while its
 * body is being read, and 503 after that. Connections without a request and headers that come slowly are up to the
 * container. No filter before this servlet may read the body or ask for a parameter: such a request gets 500, and the
 * log says {@code reason=body-taken}.
 */
public final class ReceiverServlet extends HttpServlet {

    private static final long serialVersionUID = 1;

    private static final Logger LOG = LoggerFactory.getLogger(ReceiverServlet.class);
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    /** The bytes that a request takes beside its body. */
    private static final long REQUEST_BYTES = 16 * 1024;

    private static final int PART = 4096;

    private final transient Receiver receiver;
    private final transient Function<RawDelivery, CompletionStage<Reply>> core;
    private final transient Gate gate;
    private final Duration patience;

    /**
     * Makes a servlet.
     *
     * @param receiver gets every request with its body
     */
    public ReceiverServlet(Receiver receiver) {
        this(receiver, Gate.room(), PATIENCE);
    }

    /**
     * Makes a servlet for the application's installer page, which answers with a page that finishes the installation.
     * Register it for another path than that of events.
     *
     * @param receiver gets every request with its body
     * @return the servlet
     */
    public static ReceiverServlet installerPage(Receiver receiver) {
        return new ReceiverServlet(receiver, receiver::receiveInstallerPage, Gate.room(), PATIENCE);
    }

    /**
     * Makes a servlet with limits of its own on memory and time.
     *
     * @param receiver gets every request with its body
     * @param room how many bytes all unanswered requests together may hold
     * @param patience how long a request may take, its answer included
     */
    public ReceiverServlet(Receiver receiver, long room, Duration patience) {
        this(receiver, receiver::receive, room, patience);
    }

    private ReceiverServlet(
            Receiver receiver, Function<RawDelivery, CompletionStage<Reply>> core, long room, Duration patience) {
        this.receiver = receiver;
        this.core = core;
        this.gate = new Gate(room);
        this.patience = patience;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Optional<Reply> early =
                receiver.beforeBody(request.getMethod(), request.getContentType(), request.getContentLengthLong());
        if (early.isPresent()) {
            answer(response, early.get());
            return;
        }
        // The first calls are those that fail if the container has no async support here, or if a filter has taken a
        // reader of the body.
        ServletInputStream in = request.getInputStream();
        new Body(request.startAsync(), in, request, response).begin();
    }

    private static void answer(HttpServletResponse response, Reply reply) throws IOException {
        reply.headers().forEach(response::setHeader);
        response.setStatus(reply.status());
        if (reply instanceof Reply.Installed installed) {
            FinishPage page = FinishPage.of(installed.portal());
            page.headers().forEach(response::setHeader);
            byte[] html = page.html();
            response.setContentLength(html.length);
            response.getOutputStream().write(html);
        }
    }

    /** Reads the body as it comes, up to the limit. */
    private final class Body implements ReadListener, AsyncListener {

        private final AsyncContext async;
        private final HttpServletRequest request;
        private final HttpServletResponse response;
        private final ServletInputStream in;
        private final Gate.Place place;
        private final BodyBytes bytes;
        private final AtomicBoolean answered = new AtomicBoolean();
        private volatile boolean read;

        Body(AsyncContext async, ServletInputStream in, HttpServletRequest request, HttpServletResponse response) {
            this.async = async;
            this.in = in;
            this.request = request;
            this.response = response;
            this.place = gate.place(request.getRemoteAddr(), REQUEST_BYTES, this::drop);
            this.bytes = new BodyBytes(place, receiver.bodyBytes(), request.getContentLengthLong());
        }

        void begin() {
            async.setTimeout(patience.toMillis());
            async.addListener(this);
            place.enter();
            if (!place.gone()) {
                in.setReadListener(this);
            }
        }

        @Override
        public void onDataAvailable() throws IOException {
            byte[] part = new byte[PART];
            while (!read && in.isReady() && !in.isFinished()) {
                int count = in.read(part);
                if (count > 0 && bytes.add(ByteBuffer.wrap(part, 0, count)) != BodyBytes.Added.KEPT) {
                    read = true;
                    if (!place.gone()) {
                        finish(receiver.tooLarge(), null);
                    }
                }
            }
        }

        /** Drops the request. Runs on any thread, while another thread may be reading. */
        private void drop() {
            read = true;
            finish(receiver.dropped(), null);
        }

        @Override
        public void onAllDataRead() {
            if (!read) {
                read = true;
                if (bytes.count() < request.getContentLengthLong()) {
                    LOG.error(
                            "reason=body-taken: a filter before this servlet has read the body,"
                                    + " as for a parameter, and events are lost; let that filter skip this path, or run after it");
                    finish(null, null);
                    return;
                }
                if (!place.whole()) {
                    if (!place.gone()) {
                        finish(receiver.busy(), null);
                    }
                    return;
                }
                CompletionStage<Reply> reply;
                try {
                    reply = core.apply(new RawDelivery(
                            request.getMethod(),
                            request.getContentType(),
                            bytes.whole(),
                            request.getHeader("traceparent"),
                            request.getRemoteAddr()));
                } catch (RuntimeException | Error e) {
                    LastResort.check(e);
                    finish(null, e);
                    throw e;
                }
                reply.whenComplete(this::finish);
            }
        }

        @Override
        public void onError(Throwable failure) {
            // A client that still waits for an answer gets no 200.
            finish(read || answered.get() ? null : receiver.brokenOff(), failure);
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            finish(read ? receiver.busy() : receiver.tooSlow(), null);
        }

        @Override
        public void onError(AsyncEvent event) {
            onError(event.getThrowable());
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            // Started once.
        }

        @Override
        public void onComplete(AsyncEvent event) {
            place.leave();
        }

        private void finish(@Nullable Reply reply, @Nullable Throwable failure) {
            if (!answered.compareAndSet(false, true)) {
                return;
            }
            try {
                if (reply == null) {
                    response.setStatus(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
                } else {
                    answer(response, reply);
                }
            } catch (IOException e) {
                LOG.debug("the sender did not take the answer", e);
            }
            async.complete();
        }
    }
}
