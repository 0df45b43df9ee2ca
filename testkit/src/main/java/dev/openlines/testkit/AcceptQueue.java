// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Counts the connections that the kernel holds for a server that accepts none. For Linux. */
public final class AcceptQueue {

    private static final Path LIMIT = Path.of("/proc/sys/net/core/somaxconn");
    private static final int PATIENCE_MILLIS = 30_000;

    private AcceptQueue() {}

    /**
     * Stops a process, connects to it, and lets it go on.
     *
     * @param server the process
     * @param address the server's, on this machine
     * @param most how many connections to try
     * @return how many were made before one was not made within 30 seconds
     * @throws IOException if the process cannot be stopped, or a connection is refused
     * @throws InterruptedException if the thread is interrupted
     */
    public static int connections(Process server, URI address, int most) throws IOException, InterruptedException {
        List<Socket> connected = new ArrayList<>();
        signal("STOP", server);
        try {
            while (connected.size() < most) {
                Socket socket = new Socket();
                try {
                    socket.connect(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), address.getPort()),
                            PATIENCE_MILLIS);
                    connected.add(socket);
                } catch (SocketTimeoutException e) {
                    socket.close();
                    break;
                }
            }
        } finally {
            for (Socket socket : connected) {
                socket.close();
            }
            signal("CONT", server);
        }
        return connected.size();
    }

    /**
     * Returns how long a queue can be here.
     *
     * @param asked the length that a server asks for
     * @return that, or the kernel's limit if it is smaller
     * @throws IOException if the limit cannot be read
     */
    public static int possible(int asked) throws IOException {
        return Math.min(asked, Integer.parseInt(Files.readString(LIMIT).strip()));
    }

    private static void signal(String name, Process process) throws IOException, InterruptedException {
        int status = new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid())
                .start()
                .waitFor();
        if (status != 0) {
            throw new IOException("kill -" + name + " ended with " + status);
        }
    }
}
