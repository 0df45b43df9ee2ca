// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.receiver.spi.OneLine;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The proxies that are trusted to name a sender's address. Each proxy adds the address that it saw to the end of {@code
 * X-Forwarded-For}, so the header is read from the right. The first address that belongs to no trusted proxy is the
 * sender's. Everything before it was written by the sender.
 */
record TrustedProxies(List<Network> networks) {

    static final TrustedProxies NONE = new TrustedProxies(List.of());

    private static final Pattern NETWORK = Pattern.compile("([^/]+)(?:/([0-9]{1,3}))?");

    /** An address, with or without brackets, and with or without a port. */
    private static final Pattern HOP = Pattern.compile("\\[([0-9A-Fa-f:.]+)](?::[0-9]+)?|([0-9.]+)(?::[0-9]+)?|(.*)");

    private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";

    /**
     * The texts that the JDK reads or refuses without looking up a name. It treats four numbers as a name if one of
     * them is above 255, and a text with a colon as a name if it begins with a dot.
     */
    private static final Pattern DIGITS =
            Pattern.compile(OCTET + "(?:\\." + OCTET + "){3}|(?=[^:]*:)[0-9A-Fa-f:][0-9A-Fa-f:.]*");

    /** All addresses that begin with the same bits. */
    record Network(InetAddress address, int bits) {

        boolean has(InetAddress other) {
            byte[] one = address.getAddress();
            byte[] two = other.getAddress();
            if (one.length != two.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit++) {
                int mask = 0x80 >> bit % 8;
                if ((one[bit / 8] & mask) != (two[bit / 8] & mask)) {
                    return false;
                }
            }
            return true;
        }
    }

    /**
     * Reads addresses and networks.
     *
     * @throws IllegalArgumentException if one is neither
     */
    static TrustedProxies of(List<String> texts) {
        return new TrustedProxies(texts.stream().map(TrustedProxies::network).toList());
    }

    /**
     * Reads the value of a setting.
     *
     * @param value addresses with commas between them, or null
     * @throws ConfigurationException if one is no address
     */
    static TrustedProxies setting(String name, @Nullable String value) {
        if (value == null) {
            return NONE;
        }
        try {
            return of(Stream.of(value.split(",")).map(String::strip).toList());
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(name + ": " + e.getMessage(), null);
        }
    }

    private static Network network(String text) {
        Matcher parts = NETWORK.matcher(text);
        if (parts.matches()) {
            InetAddress address = address(Objects.requireNonNull(parts.group(1)));
            String mask = parts.group(2);
            int most = address == null ? -1 : 8 * address.getAddress().length;
            int bits = mask == null ? most : Integer.parseInt(mask);
            if (address != null && bits <= most) {
                return new Network(address, bits);
            }
        }
        throw new IllegalArgumentException(
                "expected addresses such as 127.0.0.1 or 10.0.0.0/8, found \"" + OneLine.of(text, 60) + '"');
    }

    boolean trusts(InetAddress address) {
        return networks.stream().anyMatch(network -> network.has(address));
    }

    /**
     * Returns the address of the sender.
     *
     * @param peer the other end of the connection
     * @param forwarded the values of {@code X-Forwarded-For} in their order
     */
    InetAddress sender(InetAddress peer, List<String> forwarded) {
        InetAddress sender = peer;
        String[] hops = String.join(",", forwarded).split(",");
        for (int i = hops.length - 1; i >= 0 && trusts(sender); i--) {
            InetAddress hop = hop(hops[i].strip());
            if (hop == null) {
                return sender;
            }
            sender = hop;
        }
        return sender;
    }

    private static @Nullable InetAddress hop(String text) {
        Matcher parts = HOP.matcher(text);
        for (int group = 1; parts.matches() && group <= parts.groupCount(); group++) {
            String part = parts.group(group);
            if (part != null) {
                return address(part);
            }
        }
        return null;
    }

    /** Returns whether a text is read or refused without looking up a name. */
    static boolean isInDigits(String text) {
        return DIGITS.matcher(text).matches();
    }

    /** Reads an address without looking up a name. Returns null if it is none. */
    private static @Nullable InetAddress address(String text) {
        if (!isInDigits(text)) {
            return null;
        }
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            return null;
        }
    }
}
