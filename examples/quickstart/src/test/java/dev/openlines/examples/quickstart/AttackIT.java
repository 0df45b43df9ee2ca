// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.Strangers;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged jar with the least heap that the documents name, while strangers at several addresses take what memory
 * and time they can and a portal sends its events.
 */
@Timeout(600)
@Tag("long")
class AttackIT {

    private static final int CONNECTIONS = Integer.getInteger("attack.connections");
    /** The number of events that must be answered during an attack. */
    private static final int EVENTS = 10;

    private static final List<String> ADDRESSES = List.of("127.0.0.2", "127.0.0.3", "127.0.0.4");
    private static final String START = "POST / HTTP/1.1\r\nHost: receiver\r\n";
    private static final String FORM = START + "Content-Type: application/x-www-form-urlencoded\r\n";
    private static final String HEAD_LINES = "x:\r\n".repeat(1900);

    @TempDir
    Path directory;

    private final List<Socket> sockets = new ArrayList<>();
    private AttackedReceiver receiver;

    @AfterEach
    void end() throws IOException {
        receiver.close();
        closeAll();
    }

    @Test
    void unfinishedRequestsTakeNoMemoryThatOthersNeed() throws Exception {
        receiver = new AttackedReceiver(directory, "64m", Map.of());
        receiver.send();

        for (String unfinished : List.of(
                "",
                START + HEAD_LINES,
                FORM + "Content-Length: 524288\r\n\r\n" + "y".repeat(524_287),
                FORM + "Content-Length: 100\r\n\r\ny",
                FORM + HEAD_LINES + "Content-Length: 100\r\n\r\ny",
                FORM + "Transfer-Encoding: chunked\r\n\r\n" + ("fff\r\n" + "y".repeat(4095) + "\r\n").repeat(127)
                        + "9\r\nz",
                FORM + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n" + HEAD_LINES,
                (FORM + "Content-Length: 1\r\n\r\nx").repeat(50) + START + HEAD_LINES)) {
            hold(CONNECTIONS, unfinished, false);
            meanwhileEventsAreAnswered();
        }

        receiver.everyEventWasAnsweredAndHandled();
    }

    @Test
    void unfinishedRequestsAndHandshakesOverTlsTakeNoMemoryThatOthersNeed() throws Exception {
        receiver = new AttackedReceiver(directory, "128m", MadeJustNow.certificate(directory));
        receiver.send();

        // A record that announces 512 bytes of a handshake and has five.
        hold(CONNECTIONS, "\u0016\u0003\u0001\u0002\0\u0001\0\u0001\u00fc\u0003", false);
        meanwhileEventsAreAnswered();
        hold(CONNECTIONS, FORM + "Content-Length: 100\r\n\r\ny", false);
        meanwhileEventsAreAnswered();
        hold(CONNECTIONS * 3 / 4, "", true);
        meanwhileEventsAreAnswered();
        for (String unfinished : List.of(START + HEAD_LINES, FORM + "Content-Length: 100\r\n\r\ny")) {
            hold(CONNECTIONS / 4, unfinished, true);
            meanwhileEventsAreAnswered();
        }
        hold(CONNECTIONS / 8, FORM + "Content-Length: 524288\r\n\r\n" + "y".repeat(524_287), true);
        meanwhileEventsAreAnswered();

        receiver.everyEventWasAnsweredAndHandled();
    }

    /** Attacks with strangers that do not wait until they are dropped, and one that never reads its answers. */
    @Test
    void strangersWhoComeAgainAndAgainKeepNoEventOut() throws Exception {
        receiver = new AttackedReceiver(directory, "64m", Map.of());
        receiver.send();
        String wrong = Bodies.finish(1, "auth[application_token]", "wrong", "data[x]", "y".repeat(100_000));
        try (Strangers strangers = new Strangers(receiver.port())) {
            strangers.comeAgain(
                    CONNECTIONS / 4,
                    List.of(
                            FORM + "Content-Length: 100\r\n\r\ny",
                            START + HEAD_LINES,
                            FORM + "Content-Length: " + wrong.length() + "\r\n\r\n" + wrong,
                            (FORM + "Content-Length: 1\r\n\r\nx").repeat(2_000)));
            while (strangers.opened() < 2 * CONNECTIONS) {
                receiver.awaitAnswers(EVENTS);
                assertThat(receiver.health()).as(receiver::state).isEqualTo("200");
            }
        }

        receiver.everyEventWasAnsweredAndHandled();
    }

    /** Sends what Jetty's own loggers would write down, without a bound. */
    @Test
    void whatIsNoHttpFillsNoLogAndIsNotInIt() throws Exception {
        receiver = new AttackedReceiver(directory, "64m", Map.of());
        receiver.send();
        receiver.awaitAnswers(EVENTS);
        long before = receiver.printed();
        String evil = AttackedReceiver.CANARY + " reason=accepted \u001b[31m";
        List<String> requests = List.of(
                "GET / HTTP/1.1\r\nHost: " + evil.repeat(100) + "\r\n\r\n",
                "GET /" + evil.repeat(300) + " HTTP/1.1\r\nHost: a\r\n\r\n",
                // No parser of heads refuses these.
                "GET / HTTP/1.1\r\nHost: a:" + AttackedReceiver.CANARY + "\u009b31m\r\n\r\n",
                "GET / HTTP/1.1\r\nHost: [" + AttackedReceiver.CANARY + "\r\n\r\n",
                evil + " / HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET / " + evil + "\r\nHost: a\r\n\r\n",
                "GET / HTTP/9.9\r\nHost: " + evil + "\r\n\r\n",
                START + evil + "\r\n\r\n",
                START + evil + " : x\r\n\r\n",
                START + "Content-Length: " + evil + "\r\n\r\n",
                START + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n" + evil,
                START + "Transfer-Encoding: " + evil + "\r\n\r\n",
                FORM + "Transfer-Encoding: chunked\r\n\r\n" + evil + "\r\n",
                START + "Content-Type: " + evil + "\r\nContent-Length: 1\r\n\r\nx",
                START + "Expect: " + evil + "\r\nContent-Length: 1\r\n\r\n",
                "GET http://" + evil + "/%zz HTTP/1.1\r\nHost: a\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + evil,
                evil.repeat(2_000),
                "\u0016\u0003\u0001\u0002\0" + evil);
        for (int i = 0; i < 40 * requests.size(); i++) {
            try (Socket socket = receiver.connectFrom(ADDRESSES.get(i % ADDRESSES.size()))) {
                socket.setSoTimeout(120_000);
                socket.getOutputStream().write(requests.get(i % requests.size()).getBytes(ISO_8859_1));
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes();
            } catch (IOException e) {
                // Closed while it was still being sent: as it may.
            }
        }
        receiver.awaitAnswers(EVENTS);

        receiver.everyEventWasAnsweredAndHandled();

        assertThat(receiver.canaries()).isEmpty();
        // Twenty refusals of each reason in ten seconds.
        long sent = 40L * requests.stream().mapToInt(String::length).sum();
        assertThat(receiver.printed() - before).isLessThan(sent / 10);
    }

    /** Opens connections from several addresses. Each sends something and then waits. */
    private void hold(int connections, String unfinished, boolean tls) {
        byte[] bytes = unfinished.getBytes(ISO_8859_1);
        for (int i = 0; i < connections; i++) {
            try {
                Socket socket = receiver.connectFrom(ADDRESSES.get(i % ADDRESSES.size()));
                sockets.add(socket);
                Socket spoken = tls ? AttackedReceiver.secured(socket) : socket;
                spoken.getOutputStream().write(bytes);
            } catch (IOException e) {
                // Dropped: as it should be.
            }
        }
    }

    private void meanwhileEventsAreAnswered() throws IOException {
        receiver.awaitAnswers(EVENTS);
        assertThat(receiver.health()).as(receiver::state).isEqualTo("200");
        closeAll();
    }

    private void closeAll() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        sockets.clear();
    }
}
