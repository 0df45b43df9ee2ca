// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.parser.Dialect;
import dev.openlines.portal.wire.Exchange;
import dev.openlines.portal.wire.Framing;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * One attempt of a portal to deliver an event, and its result. Immutable.
 *
 * <p>The bytes hold the portal's secrets as they were sent; {@link #toString()} does not show them.
 */
public final class Delivery {

    private final Portal portal;
    private final long number;
    private final PortalSubscription subscription;
    private final Instant sentAt;
    private final byte[] head;
    private final byte[] body;
    private final Framing framing;
    private final Exchange exchange;

    Delivery(
            Portal portal,
            long number,
            PortalSubscription subscription,
            Instant sentAt,
            byte[] head,
            byte[] body,
            Framing framing,
            Exchange exchange) {
        this.portal = portal;
        this.number = number;
        this.subscription = subscription;
        this.sentAt = sentAt;
        this.head = head;
        this.body = body;
        this.framing = framing;
        this.exchange = exchange;
    }

    /**
     * Returns the delivery's number on its portal. The number is not sent.
     *
     * @return 1 or more, in the order of the attempts
     */
    public long number() {
        return number;
    }

    /**
     * Returns the event's code.
     *
     * @return the code in upper case
     */
    public String event() {
        return subscription.event();
    }

    /**
     * Returns the shape the event was sent in.
     *
     * @return the subscription's dialect at that time
     */
    public Dialect dialect() {
        return subscription.dialect();
    }

    /**
     * Returns the number of the subscription served; wire field {@code event_handler_id}.
     *
     * @return 1 or more
     */
    public int subscriptionId() {
        return subscription.id();
    }

    /**
     * Returns the address that the event was sent to.
     *
     * @return the bound address
     */
    public URI handler() {
        return subscription.handler();
    }

    /**
     * Returns when the attempt began, by the machine's clock.
     *
     * @return the instant
     */
    public Instant sentAt() {
        return sentAt;
    }

    /**
     * Returns the request line and header lines, as sent.
     *
     * @return text with CR LF ends and the blank line
     */
    public String requestHead() {
        return new String(head, StandardCharsets.ISO_8859_1);
    }

    /**
     * Returns the request body, as sent, secrets included.
     *
     * @return a copy of the bytes
     */
    public byte[] requestBody() {
        return body.clone();
    }

    /**
     * Returns the status of the final answer.
     *
     * @return 100 to 599, or 0 if no answer was understood
     */
    public int status() {
        return exchange.status();
    }

    /**
     * Returns the answer of the handler, from the status line on, as far as it arrived.
     *
     * @return a copy of the bytes, empty if none came
     */
    public byte[] answer() {
        return exchange.answer().clone();
    }

    /**
     * Tells whether the handler acknowledged the event.
     *
     * @return whether a whole answer came, with a status of 200 to 299
     */
    public boolean acknowledged() {
        return exchange.acknowledged();
    }

    /**
     * Returns how long the connection took, name lookup excluded, TLS included.
     *
     * @return zero or more
     */
    public Duration connectTime() {
        return exchange.connect();
    }

    /**
     * Tells whether connecting took so long that the handler's queue of connections must have been full, so that TCP
     * tried a second time. In that case the handler's code was not slow.
     *
     * @return whether {@link #connectTime()} is 900 ms or more
     */
    public boolean backlogSuspected() {
        return exchange.backlogSuspected();
    }

    /**
     * Returns how long the first byte of the answer took, counted from the established connection.
     *
     * @return zero if no answer came
     */
    public Duration firstByteTime() {
        return exchange.firstByte();
    }

    /**
     * Returns how long everything took, from the first attempt to connect.
     *
     * @return zero or more
     */
    public Duration totalTime() {
        return exchange.total();
    }

    /**
     * Returns the fault in the exchange between portal and handler.
     *
     * @return a sentence without content of request or answer; empty if a complete answer came
     */
    public Optional<String> failure() {
        return Optional.ofNullable(exchange.failure());
    }

    /**
     * Sends the same bytes to the same handler once more. Blocks until the answer or its absence.
     *
     * @return the new delivery, which the portal's journal holds too
     */
    public Delivery again() {
        return portal.outbox().send(subscription, Outbox.head(subscription, body), body, framing);
    }

    /**
     * Sends another body to the same handler, with a fitting {@code Content-Length}. Blocks until the
     * answer or its absence.
     *
     * @param changedBody the body, sent as UTF-8
     * @return the new delivery, which the portal's journal holds too
     */
    public Delivery againWith(String changedBody) {
        byte[] bytes = changedBody.getBytes(StandardCharsets.UTF_8);
        return portal.outbox().send(subscription, Outbox.head(subscription, bytes), bytes, Framing.WHOLE);
    }

    /** Returns the body as a tree in JSON, with three asterisks in place of every secret. */
    String maskedBody() {
        boolean json = body.length > 0 && body[0] == '{';
        return RestApi.masked(json ? RestRequest.json(body) : RestRequest.form(body));
    }

    /**
     * Describes the delivery without its content.
     *
     * @return number, event, target, status or failure, and the times
     */
    @Override
    public String toString() {
        String how = framing.whole() ? "" : ", " + framing;
        return "delivery " + number + ": " + event() + " (" + dialect().label() + how + ") to " + handler() + " -> "
                + failure().orElse("status " + status()) + "; connect " + millis(connectTime()) + ", first byte "
                + millis(firstByteTime()) + ", total " + millis(totalTime());
    }

    private static String millis(Duration time) {
        return time.toMillis() + " ms";
    }
}
