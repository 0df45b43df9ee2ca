// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Attackers at several addresses of this machine, who begin requests and do not end them. */
public final class Strangers implements AutoCloseable {

    private static final List<String> ADDRESSES = List.of("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5");

    /** The looks between two bytes of a slow sender: thousands of them take longer than any wait of a test. */
    private static final int LOOKS = 40;

    private final int port;
    private final List<Socket> slow = new ArrayList<>();
    private final List<Thread> returning = new ArrayList<>();
    private final AtomicInteger opened = new AtomicInteger();
    private volatile boolean end;
    private int looks;

    public Strangers(int port) {
        this.port = port;
    }

    /** Opens connections, and sends the beginning of a request on each. */
    public void hold(int connections, String begin) throws IOException {
        for (int i = 0; i < connections; i++) {
            Socket socket = new Socket(
                    InetAddress.getLoopbackAddress(),
                    port,
                    InetAddress.getByName(ADDRESSES.get(i % ADDRESSES.size())),
                    0);
            slow.add(socket);
            socket.getOutputStream().write(begin.getBytes(ISO_8859_1));
        }
    }

    /**
     * Sends one more byte on each held connection, at some of the looks of {@link Await}.
     *
     * @return whether all were given up
     */
    public boolean givenUp() {
        if (++looks % LOOKS == 0) {
            slow.removeIf(Strangers::isClosed);
        }
        return slow.isEmpty();
    }

    private static boolean isClosed(Socket socket) {
        try {
            socket.getOutputStream().write('a');
            return false;
        } catch (IOException e) {
            close(socket);
            return true;
        }
    }

    private static void close(Closeable connection) {
        try {
            connection.close();
        } catch (IOException e) {
            // It is gone already.
        }
    }

    /** Lets a stranger at each address hold some connections with one of these beginnings, and open new ones all the time. */
    public void comeAgain(int connections, List<String> begins) {
        for (int i = 0; i < begins.size(); i++) {
            String from = ADDRESSES.get(i % ADDRESSES.size());
            byte[] bytes = begins.get(i).getBytes(ISO_8859_1);
            Thread stranger = new Thread(() -> comeAgain(from, connections, bytes), "stranger-at-" + from);
            returning.add(stranger);
            stranger.start();
        }
    }

    private void comeAgain(String from, int connections, byte[] bytes) {
        Deque<SocketChannel> held = new ArrayDeque<>();
        while (!end) {
            try {
                SocketChannel channel = SocketChannel.open();
                held.add(channel);
                channel.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
                channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                opened.incrementAndGet();
                channel.configureBlocking(false);
                // Does not wait for the rest.
                channel.write(ByteBuffer.wrap(bytes));
                if (held.size() > connections) {
                    held.remove().close();
                }
            } catch (IOException e) {
                // Dropped: as it should be.
            }
        }
        held.forEach(Strangers::close);
    }

    /** Returns how many connections were opened by those who come again. */
    public int opened() {
        return opened.get();
    }

    @Override
    public void close() {
        end = true;
        try {
            for (Thread stranger : returning) {
                stranger.join();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        } finally {
            slow.forEach(Strangers::close);
        }
    }
}
