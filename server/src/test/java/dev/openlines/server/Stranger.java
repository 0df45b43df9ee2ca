// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.testkit.RawHttp;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.Random;

/**
 * Sends changed requests from an address of its own, each on a connection of its own. It waits for the end of some
 * connections, and closes, resets or keeps the others. Used by one thread.
 */
final class Stranger implements AutoCloseable {

    /** The most connections that it keeps. */
    private static final int KEPT = 20;

    private final RawHttp http;
    private final String address;
    private final List<byte[]> requests;
    private final Random random;
    private final Queue<String> faults;
    private final Deque<Socket> kept = new ArrayDeque<>();

    /**
     * Prepares a stranger.
     *
     * @param address of the loopback interface
     * @param requests what it changes and sends
     * @param faults gets the requests whose connection the receiver did not end
     */
    Stranger(RawHttp http, String address, List<byte[]> requests, long seed, Queue<String> faults) {
        this.http = http;
        this.address = address;
        this.requests = requests;
        this.random = new Random(seed);
        this.faults = faults;
    }

    /** Sends one request, in two pieces. */
    void send() {
        byte[] bytes = FuzzedRequests.changed(requests, random);
        int half = random.nextInt(bytes.length + 1);
        int end = random.nextInt(8);
        Socket socket = null;
        try {
            socket = http.connectFrom(address);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(120_000);
            socket.getOutputStream().write(bytes, 0, half);
            socket.getOutputStream().write(bytes, half, bytes.length - half);
            if (end < 4) {
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            } else if (end == 4) {
                socket.setSoLinger(true, 0);
            } else if (end == 5) {
                kept.add(socket);
                socket = kept.size() > KEPT ? kept.remove() : null;
            }
        } catch (SocketTimeoutException e) {
            faults.add("no end for: " + new String(bytes, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            // The receiver has closed the connection, as it may.
        } finally {
            close(socket);
        }
    }

    /** Closes what it keeps. */
    @Override
    public void close() {
        kept.forEach(Stranger::close);
        kept.clear();
    }

    private static void close(Socket socket) {
        try {
            if (socket != null) {
                socket.close();
            }
        } catch (IOException e) {
            // It is closed all the same.
        }
    }
}
