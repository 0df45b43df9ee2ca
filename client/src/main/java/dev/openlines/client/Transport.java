// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/** Sends one request to a guarded address and collects the whole answer, within a time and a size. */
final class Transport {

    /** An answer as it came. */
    static final class Answer {
        final int status;
        final HttpHeaders headers;
        final byte[] body;

        Answer(int status, HttpHeaders headers, byte[] body) {
            this.status = status;
            this.headers = headers;
            this.body = body;
        }
    }

    private final HttpClient http;
    private final AddressGuard guard;
    private final Executor blocking;
    private final int replyLimit;

    Transport(HttpClient http, AddressGuard guard, Executor blocking, int replyLimit) {
        this.http = http;
        this.guard = guard;
        this.blocking = blocking;
        this.replyLimit = replyLimit;
    }

    /**
     * Posts a body. The time covers all from the connection to the last byte of the answer.
     *
     * @return a future that fails with a {@link ClientException} only; cancelling it breaks off the
     *     exchange
     */
    CompletableFuture<Answer> post(String method, URI address, String contentType, byte[] body, Duration timeout) {
        return start(method, request(address, contentType, body).build(), replyLimit, timeout);
    }

    /** Gets a file of at most a given number of bytes. Otherwise like {@link #post}. */
    CompletableFuture<Answer> get(String method, URI address, int atMost, Duration timeout) {
        HttpRequest.Builder request = versioned(
                HttpRequest.newBuilder(address).header("Accept", "*/*").GET());
        return start(method, request.build(), atMost, timeout);
    }

    private CompletableFuture<Answer> start(String method, HttpRequest request, int atMost, Duration timeout) {
        URI address = request.uri();
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        if (guard.passedLately(address) || (throughProxy(address) && !AddressGuard.inDigits(address.getHost()))) {
            exchange(method, request, atMost, timeout, answer);
        } else {
            blocking.execute(() -> {
                try {
                    if (passes(method, address, answer)) {
                        exchange(method, request, atMost, timeout, answer);
                    }
                } catch (RuntimeException | Error e) {
                    answer.completeExceptionally(e);
                    throw e;
                }
            });
        }
        return answer;
    }

    /**
     * Posts like {@link #post}, but on the calling thread, which would wait anyway. This saves switches between
     * threads, and on a machine with two cores also the thread that the JDK starts for every asynchronous exchange.
     *
     * @return a completed future
     */
    CompletableFuture<Answer> postHere(String method, URI address, String contentType, byte[] body, Duration timeout) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        boolean looked = guard.passedLately(address)
                || (throughProxy(address) && !AddressGuard.inDigits(address.getHost()))
                || passes(method, address, answer);
        if (!looked) {
            return answer;
        }
        CappedBody whole = new CappedBody(replyLimit);
        CompletableFuture<Void> timer = Async.after(timeout.toNanos(), TimeUnit.NANOSECONDS);
        Async.done(timer, (nothing, cancelled) -> {
            if (cancelled == null) {
                whole.giveUp();
            }
        });
        try {
            HttpRequest request =
                    request(address, contentType, body).timeout(timeout).build();
            HttpResponse<byte[]> response = http.send(request, head -> whole);
            answer.complete(new Answer(response.statusCode(), response.headers(), response.body()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            answer.completeExceptionally(new NoAnswerException(method, "the waiting thread was interrupted", true, e));
        } catch (IOException e) {
            answer.completeExceptionally(
                    timer.isDone()
                            ? new NoAnswerException(method, "the time was up", true, null)
                            : explained(method, e));
        } finally {
            timer.cancel(true);
        }
        return answer;
    }

    /** Returns whether a proxy resolves the name. In that case the address that this machine finds has no meaning. */
    private boolean throughProxy(URI address) {
        return http.proxy().stream()
                .flatMap(selector -> selector.select(address).stream())
                .anyMatch(proxy -> proxy.type() != java.net.Proxy.Type.DIRECT);
    }

    private boolean passes(String method, URI address, CompletableFuture<Answer> answer) {
        try {
            String objection = guard.objectionToHost(address);
            if (objection != null) {
                answer.completeExceptionally(new AddressRefusedException(method, objection));
                return false;
            }
            return true;
        } catch (UnknownHostException e) {
            answer.completeExceptionally(new NoAnswerException(method, "the host name is unknown", false, null));
            return false;
        }
    }

    private void exchange(
            String method, HttpRequest request, int atMost, Duration timeout, CompletableFuture<Answer> answer) {
        CompletableFuture<HttpResponse<byte[]>> exchange = http.sendAsync(request, head -> new CappedBody(atMost));
        Async.done(exchange, (response, failure) -> {
            if (failure == null) {
                answer.complete(new Answer(response.statusCode(), response.headers(), response.body()));
            } else {
                answer.completeExceptionally(explained(method, failure));
            }
        });
        CompletableFuture<Void> timer = Async.after(timeout.toNanos(), TimeUnit.NANOSECONDS);
        Async.done(timer, (nothing, cancelled) -> {
            if (cancelled == null) {
                answer.completeExceptionally(new NoAnswerException(method, "the time was up", true, null));
            }
        });
        Async.done(answer, (whole, failure) -> {
            timer.cancel(true);
            exchange.cancel(true);
        });
    }

    private static HttpRequest.Builder request(URI address, String contentType, byte[] body) {
        return versioned(HttpRequest.newBuilder(address)
                .header("Content-Type", contentType)
                .header("Accept", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
    }

    /** Chooses the version of HTTP, to save an upgrade on every connection without TLS. */
    private static HttpRequest.Builder versioned(HttpRequest.Builder request) {
        boolean plain = "http".equalsIgnoreCase(request.build().uri().getScheme());
        return plain ? request.version(HttpClient.Version.HTTP_1_1) : request;
    }

    /** Turns an exception of {@code java.net.http} into one that says whether the request was sent. */
    static ClientException explained(String method, Throwable thrown) {
        Throwable failure = unwrapped(thrown);
        if (failure instanceof ClientException already) {
            return already;
        }
        if (failure instanceof HttpConnectTimeoutException) {
            return new NoAnswerException(method, "no connection in time", false, null);
        }
        if (failure instanceof HttpTimeoutException) {
            return new NoAnswerException(method, "the time was up", true, null);
        }
        if (failure instanceof ConnectException) {
            return new NoAnswerException(method, "no connection", false, failure);
        }
        if (failure instanceof SSLHandshakeException) {
            return new NoAnswerException(method, "the TLS handshake failed", false, failure);
        }
        if (failure instanceof IOException) {
            return new NoAnswerException(method, "the connection broke", true, failure);
        }
        return new NoAnswerException(method, "the HTTP client failed", true, failure);
    }

    static Throwable unwrapped(Throwable thrown) {
        Throwable failure = thrown;
        Throwable cause = failure.getCause();
        while (failure instanceof CompletionException && cause != null) {
            failure = cause;
            cause = failure.getCause();
        }
        return failure;
    }

    static @Nullable String header(HttpHeaders headers, String name) {
        return headers.firstValue(name).orElse(null);
    }
}
