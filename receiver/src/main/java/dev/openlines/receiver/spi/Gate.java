// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver.spi;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the memory that requests hold until they are answered, in bytes and not in number.
 *
 * <p>A request that is not complete yet is <em>unfinished</em>. If the bytes are used up, an unfinished request is
 * dropped, and not the newest: it is the oldest of the source address whose unfinished requests hold most, or the
 * oldest of all if no source has more than an eighth. A complete request is never dropped. If complete requests that
 * wait for their answer hold three quarters of the bytes, the next complete one is refused.
 *
 * <p>Thread-safe. Drops run outside of the lock, on the thread that needed the bytes.
 */
public final class Gate {

    /**
     * The factor of a head's growth in memory. The shortest header line has four bytes and takes about a hundred as an
     * object. Once the head is complete, its real size is used.
     */
    static final int SPREAD = 24;

    private static final int FIELD_BYTES = 100;
    /** The first half of an IPv6 address, because the owner of one address usually has all addresses of that prefix. */
    private static final int PREFIX_BYTES = 8;

    /** The part of the bytes that one source may hold before its requests are dropped first. */
    private static final int SHARES = 8;

    private final long most;
    private final Map<String, Source> sources = new HashMap<>();
    private final Set<Place> unfinished = new LinkedHashSet<>();
    /** A source without requests, kept for the next address, or null. */
    private @Nullable Source spare;

    private long bytes;
    private long wholeBytes;

    /**
     * Makes a gate without requests.
     *
     * @param most how many bytes requests may hold
     */
    public Gate(long most) {
        this.most = most;
    }

    /** Returns how many bytes the requests of one server may hold: a third of the heap. */
    public static long room() {
        return Runtime.getRuntime().maxMemory() / 3;
    }

    /**
     * Makes a place for a connection or a request, to be {@linkplain Place#enter entered}.
     *
     * @param address the address that it comes from
     * @param weight how many bytes it holds itself, before anything has been read
     * @param drop closes it; {@link Place#leave} may follow later
     */
    public Place place(String address, long weight, Runnable drop) {
        return new Place(address, weight, drop);
    }

    /** Returns the text that stands for one source: an address, or the /64 prefix of an IPv6 address. */
    public static String source(InetAddress address) {
        return address instanceof Inet6Address
                ? Arrays.toString(Arrays.copyOf(address.getAddress(), PREFIX_BYTES))
                : address.getHostAddress();
    }

    public synchronized long bytes() {
        return bytes;
    }

    public synchronized int sources() {
        return sources.size();
    }

    /** Chooses the requests to drop. Guarded by the gate. */
    private List<Place> makeRoom() {
        if (bytes <= most) {
            return List.of();
        }
        List<Place> dropped = new ArrayList<>();
        while (bytes > most && !unfinished.isEmpty()) {
            Source largest = Collections.max(sources.values(), Comparator.comparingLong(source -> source.bytes));
            Set<Place> first = largest.bytes > most / SHARES ? largest.unfinished : unfinished;
            dropped.add(first.iterator().next().end());
        }
        return dropped;
    }

    private enum State {
        UNFINISHED,
        WHOLE,
        GONE
    }

    /** The requests of one address. Guarded by the gate. */
    private static final class Source {
        private final Set<Place> unfinished = new LinkedHashSet<>();
        private long bytes;
    }

    /** A connection or one of its requests, and what it holds. */
    public final class Place {

        private final String address;
        private String current;
        private final long weight;
        private final Runnable drop;
        private State state = State.GONE;
        private long held;
        /** Read, and not known to be part of a whole head or of a body. */
        private long unexplained;

        private long lastRead;
        private long head;
        private long body;

        private Place(String address, long weight, Runnable drop) {
            this.address = address;
            this.current = address;
            this.weight = weight;
            this.drop = drop;
        }

        /** Adds this, unfinished. */
        public void enter() {
            synchronized (Gate.this) {
                begin();
            }
            charge();
        }

        /** Counts bytes that have come, until it is known what they are. */
        public void read(int count) {
            synchronized (Gate.this) {
                unexplained += count;
                lastRead = count;
            }
            charge();
        }

        /** Sets the source of the request to the one that a proxy names, until its answer is known. */
        public void from(String source) {
            synchronized (Gate.this) {
                if (state == State.UNFINISHED && !source.equals(current)) {
                    Source before = source();
                    before.bytes -= held;
                    before.unfinished.remove(this);
                    forgetIfEmpty(before);
                    current = source;
                    source().bytes += held;
                    source().unfinished.add(this);
                }
            }
        }

        /** Reports that the head is complete. */
        public void head(long length, int fields) {
            synchronized (Gate.this) {
                unexplained = Math.max(0, unexplained - length);
                head = length + (long) fields * FIELD_BYTES;
            }
            charge();
        }

        /**
         * Asks for a larger array for the body.
         *
         * @param capacity the length of the array
         * @return false if the request was dropped
         */
        public boolean grow(int capacity) {
            synchronized (Gate.this) {
                body = capacity;
            }
            return charge();
        }

        /** Reports how many of the bytes read were those of the body. */
        public void content(int count) {
            synchronized (Gate.this) {
                if (unexplained > 0) {
                    unexplained = Math.max(0, unexplained - count);
                    charged();
                }
            }
        }

        /**
         * Reports that the request is complete, after which it is not dropped.
         *
         * @return false if there is no room for a complete request, or if it was dropped before
         */
        public boolean whole() {
            synchronized (Gate.this) {
                if (state != State.UNFINISHED || wholeBytes + held + 2 * body > most / 4 * 3) {
                    return false;
                }
                withdraw();
                state = State.WHOLE;
                charged();
            }
            return true;
        }

        /** Reports that the answer is known, so that nothing is lost if the connection is dropped. */
        public void answered() {
            synchronized (Gate.this) {
                if (state == State.GONE) {
                    return;
                }
                withdraw();
                current = address;
                head = 0;
                body = 0;
                // At most the bytes of the last read can belong to the next request.
                unexplained = Math.min(unexplained, lastRead);
                begin();
            }
            charge();
        }

        /** Gives the bytes back. Leaving twice has no further effect. */
        public void leave() {
            synchronized (Gate.this) {
                if (state != State.GONE) {
                    end();
                }
            }
        }

        /** Returns whether it was dropped or has left. */
        public boolean gone() {
            synchronized (Gate.this) {
                return state == State.GONE;
            }
        }

        /** Counts anew and makes room. Returns false if this place is gone. */
        private boolean charge() {
            List<Place> dropped;
            synchronized (Gate.this) {
                if (state == State.GONE) {
                    return false;
                }
                charged();
                dropped = makeRoom();
            }
            dropped.forEach(place -> place.drop.run());
            return !dropped.contains(this);
        }

        /** Updates the charge. Guarded by the gate, as all below. */
        private void charged() {
            if (state != State.GONE) {
                // A whole body is also an event, and text for the inbox.
                long now = weight + SPREAD * unexplained + head + (state == State.WHOLE ? 3 * body : body);
                add(now - held);
                held = now;
            }
        }

        private void begin() {
            state = State.UNFINISHED;
            unfinished.add(this);
            source().unfinished.add(this);
            held = 0;
            charged();
        }

        private Place end() {
            withdraw();
            return this;
        }

        private void withdraw() {
            add(-held);
            held = 0;
            unfinished.remove(this);
            Source source = source();
            source.unfinished.remove(this);
            forgetIfEmpty(source);
            state = State.GONE;
        }

        private void forgetIfEmpty(Source source) {
            if (source.unfinished.isEmpty()) {
                sources.remove(current);
                source.bytes = 0;
                spare = source;
            }
        }

        private void add(long more) {
            bytes += more;
            if (state == State.WHOLE) {
                wholeBytes += more;
            } else {
                source().bytes += more;
            }
        }

        private Source source() {
            Source known = sources.get(current);
            if (known == null) {
                known = spare == null ? new Source() : spare;
                spare = null;
                sources.put(current, known);
            }
            return known;
        }
    }
}
