// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Decides which addresses the client may call: https to public hosts; loopback, also by plain http,
 * only if the application allows it.
 *
 * <p>Host names are resolved before each new host is called, and every address they resolve to must pass. The name may
 * change its address before the connection is made. HTTPS closes that gap, because no inner host has a certificate for
 * the name.
 */
final class AddressGuard {

    /** Resolves host names; blocks. */
    @FunctionalInterface
    interface Resolver {
        InetAddress[] resolve(String host) throws UnknownHostException;
    }

    /** A block of addresses: those whose first {@code bits} bits are those of {@code start}. */
    private record Block(InetAddress first, int bits) {

        static Block of(String start, int bits) {
            try {
                return new Block(InetAddress.getByName(start), bits);
            } catch (UnknownHostException e) {
                throw new IllegalStateException("an address in digits needs no resolving", e);
            }
        }

        boolean holds(InetAddress address) {
            byte[] start = first.getAddress();
            byte[] bytes = address.getAddress();
            if (bytes.length != start.length) {
                return false;
            }
            for (int bit = 0; bit < bits; bit++) {
                int mask = 0x80 >> (bit % 8);
                if (((bytes[bit / 8] ^ start[bit / 8]) & mask) != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    /** The part of IPv6 that is assigned to the internet. */
    private static final Block INTERNET6 = Block.of("2000::", 3);

    /** The blocks that the IANA special-purpose registries keep off the internet, and multicast. */
    private static final List<Block> INNER = List.of(
            Block.of("0.0.0.0", 8),
            Block.of("10.0.0.0", 8),
            Block.of("100.64.0.0", 10),
            Block.of("127.0.0.0", 8),
            Block.of("169.254.0.0", 16),
            Block.of("172.16.0.0", 12),
            Block.of("192.0.0.0", 24),
            Block.of("192.0.2.0", 24),
            Block.of("192.168.0.0", 16),
            Block.of("198.18.0.0", 15),
            Block.of("198.51.100.0", 24),
            Block.of("203.0.113.0", 24),
            Block.of("224.0.0.0", 3),
            Block.of("2001:db8::", 32),
            Block.of("2001::", 23));

    private static final long PASS_NANOS = Duration.ofSeconds(10).toNanos();
    private static final int REMEMBERED = 10_000;

    private final boolean loopbackAllowed;
    private final Resolver resolver;

    /** Hosts that passed, with the {@link System#nanoTime} until which they need not be asked again. */
    private final ConcurrentHashMap<String, Long> passed = new ConcurrentHashMap<>();

    AddressGuard(boolean loopbackAllowed, Resolver resolver) {
        this.loopbackAllowed = loopbackAllowed;
        this.resolver = resolver;
    }

    /**
     * Returns the fault in the form of a REST address, from its text alone.
     *
     * @return null if there is none
     */
    @Nullable
    String objectionToForm(URI address) {
        String scheme = address.getScheme();
        String host = address.getHost();
        if (scheme == null || host == null || host.isEmpty()) {
            return "expected https://HOST/rest/ but found no absolute address with a host";
        }
        if (address.getRawUserInfo() != null) {
            return "expected https://HOST/rest/ but found user information before the host";
        }
        if (address.getRawQuery() != null || address.getRawFragment() != null) {
            return "expected https://HOST/rest/ but found a query or fragment";
        }
        return switch (scheme.toLowerCase(Locale.ROOT)) {
            case "https" -> null;
            case "http" ->
                loopbackAllowed && literalLoopback(host)
                        ? null
                        : "expected https but found http, which is for loopback and must be allowed";
            default -> "expected https but found another scheme";
        };
    }

    /** Returns whether the host passed a moment ago, so that {@link #objectionToHost} need not block again. */
    boolean passedLately(URI address) {
        Long until = passed.get(address.getHost());
        return until != null && until - System.nanoTime() > 0;
    }

    /**
     * Resolves a host and returns why it may not be called. Blocks for as long as the resolver does.
     *
     * @return null if it may be called
     */
    @Nullable
    String objectionToHost(URI address) throws UnknownHostException {
        String host = address.getHost();
        passed.remove(host);
        for (InetAddress found : resolver.resolve(bare(host))) {
            InetAddress inner = embedded(found);
            if (inner.isLoopbackAddress() ? !loopbackAllowed : !isPublic(inner)) {
                return "the host resolves to " + kind(inner) + " address";
            }
        }
        if (passed.size() >= REMEMBERED) {
            passed.clear();
        }
        passed.put(host, System.nanoTime() + PASS_NANOS);
        return null;
    }

    static boolean literalLoopback(String host) {
        String name = bare(host).toLowerCase(Locale.ROOT);
        return name.equals("localhost") || name.equals("::1") || name.matches("127(\\.[0-9]{1,3}){3}");
    }

    /** Returns whether the host is a numeric address, which a proxy cannot resolve differently. */
    static boolean inDigits(String host) {
        return host.startsWith("[") || host.matches("[0-9.]+|(?i)0x[0-9a-f.x]+");
    }

    private static String bare(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    private static String kind(InetAddress address) {
        if (address.isLoopbackAddress()) {
            return "a loopback";
        }
        if (address.isLinkLocalAddress()) {
            return "a link-local";
        }
        return "a private or reserved";
    }

    /** Returns whether packets to this address leave for the public internet. */
    private static boolean isPublic(InetAddress address) {
        return (address instanceof Inet4Address || INTERNET6.holds(address))
                && INNER.stream().noneMatch(block -> block.holds(address));
    }

    /** Returns the IPv4 address that an IPv6 address carries inside: mapped, NAT64, 6to4, or itself. */
    private static InetAddress embedded(InetAddress address) throws UnknownHostException {
        if (!(address instanceof Inet6Address)) {
            return address;
        }
        byte[] bytes = address.getAddress();
        if (startsWith(bytes, 0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0)
                || startsWith(bytes, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)) {
            return ipv4(bytes, 12);
        }
        if (startsWith(bytes, 0x20, 0x02)) {
            return ipv4(bytes, 2);
        }
        return address;
    }

    private static boolean startsWith(byte[] bytes, int... prefix) {
        for (int i = 0; i < prefix.length; i++) {
            if ((bytes[i] & 0xff) != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    private static InetAddress ipv4(byte[] bytes, int from) throws UnknownHostException {
        return InetAddress.getByAddress(new byte[] {bytes[from], bytes[from + 1], bytes[from + 2], bytes[from + 3]});
    }
}
