// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.model.EventHeader;
import dev.openlines.model.OnAppInstall;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.DecodeException;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.EventJson;
import dev.openlines.parser.InstallerPage;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.spi.LastResort;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The way from a request to an answer, without a transport: parse, verify, strip, store, reply.
 *
 * <p>There is no other order and no switch that skips a step. Safe for use by many threads. {@link
 * #receive} does not block: it computes for some microseconds and leaves the rest to the inbox.
 */
public final class Receiver {

    private static final int LONGEST_EVENT = 255;
    static final String NO_EVENT = "expected an event code of 1 to 255 visible ASCII characters but found ";

    /** Content types that a record may name. */
    private static final Set<String> TYPES = Set.of(
            "multipart/form-data",
            "text/plain",
            "text/html",
            "text/xml",
            "application/xml",
            "application/octet-stream",
            "application/x-ndjson",
            "text/json");

    private final Inbox inbox;
    private final Portals portals;
    private final Limits limits;
    private final InstantSource clock;
    private final Runnable stored;
    private final Telemetry telemetry;
    private final ReplyLog log = new ReplyLog(System::nanoTime);

    /**
     * Makes a receiver.
     *
     * @param inbox the inbox that stores verified events before they are acknowledged
     * @param portals the trusted portals; may change while the receiver runs
     * @param limits how large and how deep a body may be
     * @param clock the time of receipt
     * @param stored called after each new event is durable, on the inbox's thread, to wake a
     *     dispatcher; must be quick
     * @param telemetry receives each reply
     */
    public Receiver(
            Inbox inbox, Portals portals, Limits limits, InstantSource clock, Runnable stored, Telemetry telemetry) {
        this.inbox = inbox;
        this.portals = portals;
        this.limits = limits;
        this.clock = clock;
        this.stored = stored;
        this.telemetry = telemetry;
        portals.storingWith(event -> store(event, System.nanoTime()), clock);
    }

    /**
     * Returns the reply if it is certain before the body is read, so that an adapter need not read the body.
     *
     * @param method the request's method
     * @param contentType the {@code Content-Type} header, or null
     * @param contentLength the length declared, or a negative number if there is none
     * @return the final reply, or empty to read on
     */
    public Optional<Reply> beforeBody(String method, @Nullable String contentType, long contentLength) {
        if (!method.equals("POST")) {
            return Optional.of(tell(new Reply.NotPost(), Duration.ZERO));
        }
        if (BodyFormat.ofContentType(contentType).isEmpty()) {
            return Optional.of(tell(new Reply.WrongType(type(contentType)), Duration.ZERO));
        }
        return contentLength > limits.bodyBytes() ? Optional.of(tooLarge()) : Optional.empty();
    }

    /**
     * Returns the reply to a request for another path, for an adapter that chooses by path.
     *
     * @param method the request's method
     * @param path the path as it was sent
     * @param served the endpoint's path
     * @return 404
     */
    public Reply elsewhere(String method, String path, String served) {
        boolean near = method.equals("POST") && near(path).equals(near(served));
        return tell(near ? new Reply.NearMiss(served) : new Reply.Elsewhere(), Duration.ZERO);
    }

    /**
     * Returns a path in a form that ignores frequent mistakes: case, extra slashes, parameters, dots, a default page.
     */
    private static String near(String path) {
        return path.toLowerCase(Locale.ROOT)
                .replaceAll(";[^/]*", "")
                .replace("%2f", "/")
                .replaceAll("/(index\\.(php|html?))?$", "")
                .replaceAll("/(\\./)*/*", "/")
                .replaceAll("/+\\.?$", "");
    }

    /**
     * Returns how much of a body an adapter may read before it gives {@link #tooLarge()}.
     *
     * @return a number of bytes
     */
    public int bodyBytes() {
        return limits.bodyBytes();
    }

    /**
     * Returns the reply to a body that turns out too large while it is read.
     *
     * @return 413
     */
    public Reply tooLarge() {
        return tell(new Reply.TooLarge(), Duration.ZERO);
    }

    /**
     * Returns the reply to a body that takes too long to come.
     *
     * @return 408
     */
    public Reply tooSlow() {
        return tell(new Reply.TooSlow(), Duration.ZERO);
    }

    /**
     * Returns the reply to a request whose body ended before it was complete, for an adapter that reads the body itself.
     *
     * @return 400, after which the adapter closes the connection
     */
    public Reply brokenOff() {
        return tell(new Reply.BrokenOff(), Duration.ZERO);
    }

    /**
     * Returns the reply to a request that an adapter drops before it is complete, because other requests need its
     * memory.
     *
     * @return 503, which asks the sender to try again
     */
    public Reply dropped() {
        return tell(new Reply.Dropped(), Duration.ZERO);
    }

    /**
     * Returns the reply to a whole request for which an adapter has no room.
     *
     * @return 503, which asks the sender to try again
     */
    public Reply busy() {
        return tell(new Reply.Busy(), Duration.ZERO);
    }

    /**
     * Receives a delivery: parses, verifies, strips and stores it.
     *
     * @param delivery a request with its whole body
     * @return the reply. If the event is stored, the reply completes on the inbox's thread. Do not block that thread:
     *     continue on another one before you do anything that blocks. Exceptional completion is a bug
     */
    public CompletionStage<Reply> receive(RawDelivery delivery) {
        return noted(delivery, reply(delivery));
    }

    /** Notes the sender once the reply is known, if the log wants senders. */
    private CompletionStage<Reply> noted(RawDelivery delivery, CompletionStage<Reply> reply) {
        if (!log.notesSenders()) {
            return reply;
        }
        return reply.thenApply(known -> {
            log.sender(known, delivery.source());
            return known;
        });
    }

    private CompletionStage<Reply> reply(RawDelivery delivery) {
        Optional<Reply> early = beforeBody(delivery.method(), delivery.contentType(), delivery.body().length);
        if (early.isPresent()) {
            return CompletableFuture.completedStage(early.get());
        }
        long begun = System.nanoTime();
        try {
            // The body is parsed once. Everything that is made of it before the inbox has the event is made in this
            // call.
            return Envelope.parse(
                    delivery.body(), format(delivery), limits, envelope -> received(envelope, delivery, begun));
        } catch (DecodeException e) {
            Reply reply = noEvent(delivery, String.valueOf(e.getMessage()));
            return CompletableFuture.completedStage(tell(reply, since(begun)));
        }
    }

    private CompletionStage<Reply> received(Envelope envelope, RawDelivery delivery, long begun) {
        String event = envelope.event();
        if (!isCode(event)) {
            String message = NO_EVENT + (event.isEmpty() ? "nothing" : "something else") + " at $.event";
            return CompletableFuture.completedStage(tell(noEvent(delivery, message), since(begun)));
        }
        return portals.admit(envelope, delivery.source(), delivery.body().length, clock.instant())
                .thenCompose(admission -> admission.event() != null
                        ? store(admission.event().in(delivery.traceparent()), begun)
                        : CompletableFuture.completedStage(tell(admission.reply(), since(begun))))
                .exceptionally(failure -> unavailable(failure, begun));
    }

    /**
     * Takes a request to the application's installer page, which the browser of an administrator sends from within the
     * portal. If it is genuine and its application token is not trusted yet, the token becomes trusted, and handlers
     * get an {@code OnAppInstall}. The platform itself sends none to applications with pages.
     *
     * @param delivery a request with its whole body
     * @return {@link Reply.Installed} if it is genuine: show a page that finishes the installation, which only that
     *     portal may frame. Completes as the reply of {@link #receive} does
     */
    public CompletionStage<Reply> receiveInstallerPage(RawDelivery delivery) {
        return noted(delivery, replyToInstallerPage(delivery));
    }

    private CompletionStage<Reply> replyToInstallerPage(RawDelivery delivery) {
        Optional<Reply> early = beforeBody(delivery.method(), delivery.contentType(), delivery.body().length);
        if (early.isPresent()) {
            return CompletableFuture.completedStage(early.get());
        }
        long begun = System.nanoTime();
        Envelope envelope;
        try {
            InstallerPage page = InstallerPage.parse(delivery.body(), limits);
            envelope = installation(page, clock.instant());
        } catch (DecodeException e) {
            Reply reply = new Reply.Malformed(NotAnEvent.MALFORMED, String.valueOf(e.getMessage()));
            return CompletableFuture.completedStage(tell(reply, since(begun)));
        }
        return portals.page(envelope, delivery.source(), delivery.body().length, clock.instant())
                .thenCompose(found -> found.map(page -> opened(page, begun))
                        .orElseGet(() -> CompletableFuture.completedStage(tell(new Reply.Refused(), since(begun)))))
                .exceptionally(failure -> unavailable(failure, begun));
    }

    private CompletionStage<Reply> opened(Portals.Page page, long begun) {
        Reply installed = new Reply.Installed(page.portal());
        return page.installation() == null
                ? CompletableFuture.completedStage(tell(installed, since(begun)))
                : store(page.installation(), begun).thenApply(reply -> reply.status() == 200 ? installed : reply);
    }

    /** Returns the installation that the page stands for, as the portal would have sent it. */
    private static Envelope installation(InstallerPage page, Instant now) {
        EventHeader header = new EventHeader(OnAppInstall.CODE, null, now.truncatedTo(ChronoUnit.SECONDS), page.auth());
        String json = EventJson.toJson(new OnAppInstall(header, null, null, null, null));
        return Envelope.parse(json.getBytes(StandardCharsets.UTF_8), BodyFormat.JSON, Limits.DEFAULT);
    }

    private CompletionStage<Reply> store(VerifiedDelivery event, long begun) {
        return inbox.store(event).thenApply(result -> stored(event, result, begun));
    }

    private static Reply noEvent(RawDelivery delivery, String message) {
        return NotAnEvent.reply(delivery.body(), format(delivery), message);
    }

    private static BodyFormat format(RawDelivery delivery) {
        return BodyFormat.ofContentType(delivery.contentType()).orElseThrow();
    }

    /** Returns the name of a content type that is refused, if the name may be logged. */
    private static String type(@Nullable String contentType) {
        if (contentType == null || contentType.isBlank()) {
            return "no content type";
        }
        String type = contentType.toLowerCase(Locale.ROOT).split(";", 2)[0].strip();
        return TYPES.contains(type) ? type : "another";
    }

    private Reply unavailable(Throwable failure, long begun) {
        LastResort.check(failure);
        Reply reply = log.unavailable(failure);
        telemetry.replied(reply, since(begun));
        return reply;
    }

    private Reply stored(VerifiedDelivery event, StoreResult result, long begun) {
        TrustChange change = event.change();
        if (change != null && change.applies(result)) {
            portals.apply(change);
            log.changed(change);
        }
        if (result == StoreResult.STORED) {
            stored.run();
            return tell(new Reply.Accepted(), since(begun));
        }
        if (result == StoreResult.CONFLICT) {
            log.conflict();
        }
        return tell(new Reply.Duplicate(), since(begun));
    }

    static boolean isCode(String event) {
        if (event.isEmpty() || event.length() > LONGEST_EVENT) {
            return false;
        }
        for (int i = 0; i < event.length(); i++) {
            if (event.charAt(i) < '!' || event.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }

    private Reply tell(Reply reply, Duration took) {
        telemetry.replied(reply, took);
        return log.of(reply);
    }

    private static Duration since(long begun) {
        return Duration.ofNanos(System.nanoTime() - begun);
    }
}
