// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link Receiver} as a servlet: it reads as the container has bytes, takes no thread while it waits, and
 * never asks the container for parameters, which would read the body in its own way. Register it with async
 * support for the exact path.
 *
 * <p>At most 1024 requests are read and answered at a time, further ones get 503 unread; what is not answered
 * after fifteen seconds gets 408 while its body is being read, and 503 after that. Nothing before it may read the
 * body, nor ask for a parameter: such a request gets 500, and the log says {@code reason=body-taken}.
 */
public final class ReceiverServlet extends HttpServlet {

    private static final long serialVersionUID = 1;

    private static final Logger LOG = LoggerFactory.getLogger(ReceiverServlet.class);
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final transient Receiver receiver;
    private final transient Gate gate;
    private final Duration patience;

    /**
     * Makes a servlet.
     *
     * @param receiver gets every request with its body
     */
    public ReceiverServlet(Receiver receiver) {
        this(receiver, Gate.DEFAULT, PATIENCE);
    }

    ReceiverServlet(Receiver receiver, int requests, Duration patience) {
        this.receiver = receiver;
        this.gate = new Gate(requests);
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
        if (!gate.enter()) {
            answer(response, receiver.busy());
            return;
        }
        Body body;
        try {
            // First what fails where the container has no async support here, or a reader was taken of the body.
            ServletInputStream in = request.getInputStream();
            body = new Body(request.startAsync(), in, request, response);
        } catch (IOException | RuntimeException | Error e) {
            gate.leave();
            throw e;
        }
        body.begin();
    }

    private static void answer(HttpServletResponse response, Reply reply) {
        reply.headers().forEach(response::setHeader);
        response.setStatus(reply.status());
    }

    /** Reads the body as it comes, up to the limit. */
    private final class Body implements ReadListener, AsyncListener {

        private final AsyncContext async;
        private final HttpServletRequest request;
        private final HttpServletResponse response;
        private final ServletInputStream in;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        private final byte[] part = new byte[4096];
        private final AtomicBoolean answered = new AtomicBoolean();
        private volatile boolean read;

        Body(AsyncContext async, ServletInputStream in, HttpServletRequest request, HttpServletResponse response) {
            this.async = async;
            this.in = in;
            this.request = request;
            this.response = response;
        }

        void begin() {
            async.setTimeout(patience.toMillis());
            async.addListener(this);
            in.setReadListener(this);
        }

        @Override
        public void onDataAvailable() throws IOException {
            while (!read && in.isReady() && !in.isFinished()) {
                int count = in.read(part);
                if (count > receiver.bodyBytes() - bytes.size()) {
                    read = true;
                    finish(receiver.tooLarge(), null);
                } else if (count > 0) {
                    bytes.write(part, 0, count);
                }
            }
        }

        @Override
        public void onAllDataRead() {
            if (!read) {
                read = true;
                if (bytes.size() < request.getContentLengthLong()) {
                    LOG.error("reason=body-taken: a filter before this servlet has read the body,"
                            + " as for a parameter, and events are lost");
                    finish(null, null);
                    return;
                }
                CompletionStage<Reply> reply;
                try {
                    reply = receiver.receive(new RawDelivery(
                            request.getMethod(),
                            request.getContentType(),
                            bytes.toByteArray(),
                            request.getHeader("traceparent"),
                            request.getRemoteAddr()));
                } catch (RuntimeException | Error e) {
                    finish(null, e);
                    throw e;
                }
                reply.whenComplete(this::finish);
            }
        }

        @Override
        public void onError(Throwable failure) {
            // Mostly reading failed half way, and there is nobody to answer; whoever is there gets no 200.
            finish(null, failure);
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
            gate.leave();
        }

        private void finish(@Nullable Reply reply, @Nullable Throwable failure) {
            if (!answered.compareAndSet(false, true)) {
                return;
            }
            if (reply == null) {
                response.setStatus(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
            } else {
                answer(response, reply);
            }
            async.complete();
        }
    }
}
