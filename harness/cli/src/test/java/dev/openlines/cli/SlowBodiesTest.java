// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import dev.openlines.testkit.RequiresTool;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The handlers to copy that read with a thread for each request, and a body that never ends. */
@RequiresTool("python3")
@Tag("long")
@Timeout(600)
class SlowBodiesTest {

    private static final Path GALLERY =
            Path.of("../../examples/handlers").toAbsolutePath().normalize();
    /** The looks between two bytes: the body would take longer than any wait of this test. */
    private static final int LOOKS = 40;

    @TempDir
    private Path folder;

    @Test
    void aBodyThatDripsIsGivenUp() throws Exception {
        List<Process> handlers = new ArrayList<>();
        List<Socket> slow = new ArrayList<>();
        try {
            String java =
                    Path.of(System.getProperty("java.home"), "bin", "java").toString();
            for (List<String> command : List.of(
                    List.of(
                            java,
                            "-XX:TieredStopAtLevel=1",
                            GALLERY.resolve("java/Hook.java").toString()),
                    List.of("python3", GALLERY.resolve("python/hook.py").toString()))) {
                int port = VerifyCommand.freePort();
                handlers.add(start(command, port));
                Await.until(command + " to listen", () -> listens(port));
                for (String body : List.of("Content-Length: 8000\r\n\r\ne", "Transfer-Encoding: chunked\r\n\r\n1")) {
                    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                    slow.add(socket);
                    socket.getOutputStream()
                            .write(("POST /hook HTTP/1.1\r\nHost: handler\r\n"
                                            + "Content-Type: application/x-www-form-urlencoded\r\n" + body)
                                    .getBytes(StandardCharsets.US_ASCII));
                }
            }
            int[] looks = {0};
            Await.until("the end of the slow ones", () -> {
                if (++looks[0] % LOOKS == 0) {
                    slow.removeIf(SlowBodiesTest::isClosed);
                }
                return slow.isEmpty();
            });
            assertThat(handlers).allMatch(Process::isAlive);
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
            for (Process handler : handlers) {
                handler.destroyForcibly().waitFor();
            }
        }
    }

    private Process start(List<String> command, int port) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("handler-" + port + ".log").toFile());
        builder.environment().put("MEMBER_ID", SelftestCommand.MEMBER_ID);
        builder.environment().put("APPLICATION_TOKEN", SelftestCommand.PROOF.reveal());
        builder.environment().put("PORT", Integer.toString(port));
        builder.environment().put("STORE", folder.toString());
        return builder.start();
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** Sends one more byte, which is also a digit of a chunk's size. */
    private static boolean isClosed(Socket socket) {
        try {
            socket.getOutputStream().write('0');
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
