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

/** A socket whose connection has a place in a {@link Gate} and counts the bytes that it reads there. */
final class GatedEndPoint extends SocketChannelEndPoint {

    private static final ThreadLocal<Boolean> DROPPING = ThreadLocal.withInitial(() -> false);

    private final SelectionKey key;
    private final Gate.Place place;

    /**
     * Makes an end point.
     *
     * @param weight the memory of a connection of this kind before anything has been read
     * @param dropped called when the gate drops this connection
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
            // This comes first because it gives memory back.
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
     * Returns whether this thread is dropping a connection. It then also ends the connection itself. Jetty would leave
     * that to another thread, and until that thread has time, more could be read than the gate counts.
     */
    static boolean dropping() {
        return DROPPING.get();
    }

    /** Returns the place of a request's connection, or null if it has none. */
    static Gate.@Nullable Place place(Request request) {
        return place(request.getConnectionMetaData().getConnection());
    }

    /**
     * Returns the place of a connection, or null if it has none. It must be entered once Jetty knows the connection.
     */
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
        // The selector keeps the key until it selects again, and with it the bytes that the connection has read.
        key.attach(null);
        super.onClose(cause);
    }
}
