// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Envelope;
import dev.openlines.parser.Limits;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An installation, update or uninstallation that waits to be checked, with its tokens. Its mutable fields are guarded
 * by {@link Verifications}.
 */
final class UncheckedEvent {

    /** The whole event as JSON; a genuine one has about 1 KiB. */
    static final int LARGEST = 4096;

    /** An address in digits, perhaps with a zone. */
    private static final Pattern IPV6 = Pattern.compile("(?=[^:]*:)[0-9A-Fa-f:][0-9A-Fa-f:.]*(?:%.*)?");

    final Envelope envelope;
    final String memberId;
    final String source;
    final boolean known;
    final int bodyBytes;
    final Instant receivedAt;
    final String json;

    /** The key of the record that keeps it, or null if it is not kept durably. */
    @Nullable
    String id;

    int attempts;
    Instant due;
    boolean running;
    /** Set if the check succeeded and only storing is left. */
    boolean verified;

    /** Set if it came by the installer page: it is checked once, and not kept. */
    final boolean page;

    /** The portal's REST address, if an installer page was verified. Written before the outcome is completed. */
    @Nullable
    URI portal;

    UncheckedEvent(
            Envelope envelope,
            String memberId,
            @Nullable String remote,
            boolean known,
            int bodyBytes,
            Instant receivedAt) {
        this(envelope, memberId, remote, known, bodyBytes, receivedAt, false);
    }

    UncheckedEvent(
            Envelope envelope,
            String memberId,
            @Nullable String remote,
            boolean known,
            int bodyBytes,
            Instant receivedAt,
            boolean page) {
        this.page = page;
        this.envelope = envelope;
        this.memberId = memberId;
        this.source = network(remote == null ? "" : remote);
        this.known = known;
        this.bodyBytes = bodyBytes;
        this.receivedAt = receivedAt;
        this.json = envelope.toJson();
        this.due = Instant.MIN;
    }

    boolean small() {
        return json.getBytes(StandardCharsets.UTF_8).length <= LARGEST;
    }

    /** Writes the record: time of receipt in milliseconds, source and length of the body in lines, then the event. */
    byte[] record() {
        return (receivedAt.toEpochMilli() + "\n" + source + "\n" + bodyBytes + "\n" + json)
                .getBytes(StandardCharsets.UTF_8);
    }

    /** Reads a record that {@link #record} wrote. */
    static UncheckedEvent of(String id, byte[] record, java.util.function.Predicate<String> known) {
        String[] parts = new String(record, StandardCharsets.UTF_8).split("\n", 4);
        Envelope envelope = Envelope.parse(parts[3].getBytes(StandardCharsets.UTF_8), BodyFormat.JSON, Limits.DEFAULT);
        String memberId = envelope.memberId().orElse("");
        UncheckedEvent event = new UncheckedEvent(
                envelope,
                memberId,
                parts[1],
                known.test(memberId),
                Integer.parseInt(parts[2]),
                Instant.ofEpochMilli(Long.parseLong(parts[0])));
        event.id = id;
        return event;
    }

    /** Returns the address, or the first 64 bits of an IPv6 address, because these usually belong to one sender. */
    static String network(String remote) {
        if (!IPV6.matcher(remote).matches()) {
            return remote;
        }
        try {
            // A numeric address is not looked up.
            byte[] address = InetAddress.getByName(remote).getAddress();
            return address.length == 4 ? remote : HexFormat.of().formatHex(address, 0, 8) + ":/64";
        } catch (UnknownHostException e) {
            return remote;
        }
    }

    @Override
    public String toString() {
        return envelope.event();
    }
}
