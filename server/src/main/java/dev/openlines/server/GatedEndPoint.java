// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.receiver.spi.Gate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/** A socket whose connection has a place in a {@link Gate} and counts there what it has read. */
final class GatedEndPoint extends SocketChannelEndPoint {

    private static final ThreadLocal<Boolean> DROPPING = ThreadLocal.withInitial(() -> false);

    private final SelectionKey key;
    private final Gate.Place place;

    /**
     * Makes an end point.
     *
     * @param weight what a connection of this kind takes before anything has been read
     * @param dropped is told when the gate drops this connection
     */
    GatedEndPoint(
            SocketChannel channel,
            ManagedSelector selector,
            SelectionKey key,
            Scheduler scheduler,
            Gate gate,
            long weight,
            Runnable dropped) {
        super(channel, selector, key, scheduler);
        this.key = key;
        String source = Gate.source(channel.socket().getInetAddress());
        this.place = gate.place(source, weight, () -> {
            // First what gives memory back.
            DROPPING.set(true);
            try {
                close(new EofException("dropped for others"));
            } finally {
                DROPPING.remove();
            }
            dropped.run();
        });
    }

    /**
     * Returns whether this thread is dropping a connection. Then it also ends that connection, which Jetty leaves to
     * another thread: until that has time, more may be read than the gate knows of.
     */
    static boolean dropping() {
        return DROPPING.get();
    }

    /** Returns the place of a request's connection, or null if it has none. */
    static Gate.@Nullable Place place(Request request) {
        return place(request.getConnectionMetaData().getConnection());
    }

    /** Returns the place of a connection, or null if it has none. It is to be entered once Jetty knows the connection. */
    static Gate.@Nullable Place place(Connection connection) {
        EndPoint endPoint = connection.getEndPoint();
        while (endPoint instanceof EndPoint.Wrapper wrapper) {
            endPoint = wrapper.unwrap();
        }
        return endPoint instanceof GatedEndPoint gated ? gated.place : null;
    }

    @Override
    public int fill(ByteBuffer buffer) throws IOException {
        int count = super.fill(buffer);
        if (count > 0) {
            place.read(count);
        }
        return count;
    }

    @Override
    public void onClose(@Nullable Throwable cause) {
        place.leave();
        // The selector has the key until it selects again, and what the connection has read would stay with it.
        key.attach(null);
        super.onClose(cause);
    }
}
