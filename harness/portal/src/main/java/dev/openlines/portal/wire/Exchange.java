// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal.wire;

import java.io.IOException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The result of one request: the answer, three times, and the fault if there was one. Immutable. */
public final class Exchange {

    private static final Duration BACKLOG = Duration.ofMillis(900);

    private final int status;
    private final byte[] answer;
    private final Duration connect;
    private final Duration firstByte;
    private final Duration total;
    private final @Nullable String failure;

    private Exchange(
            int status, byte[] answer, Duration connect, Duration firstByte, Duration total, @Nullable String failure) {
        this.status = status;
        this.answer = answer;
        this.connect = connect;
        this.firstByte = firstByte;
        this.total = total;
        this.failure = failure;
    }

    /**
     * Returns the final status.
     *
     * @return the status code, or 0 if no answer could be read
     */
    public int status() {
        return status;
    }

    /**
     * Returns the answer from its status line on, as far as it arrived.
     *
     * @return the bytes; shared, do not change them
     */
    public byte[] answer() {
        return answer;
    }

    /**
     * Returns how long connecting took, TLS included.
     *
     * @return the time to a usable connection
     */
    public Duration connect() {
        return connect;
    }

    /**
     * Returns the time from the connection to the first byte of the answer.
     *
     * @return the time, or zero if no byte arrived
     */
    public Duration firstByte() {
        return firstByte;
    }

    /**
     * Returns the time from the first attempt to connect to the end.
     *
     * @return the whole time
     */
    public Duration total() {
        return total;
    }

    /**
     * Returns the fault.
     *
     * @return a sentence, or null if a complete answer was read
     */
    public @Nullable String failure() {
        return failure;
    }

    /**
     * Returns true if the handler acknowledged, with a complete answer and a status of 200 to 299.
     *
     * @return whether it was acknowledged
     */
    public boolean acknowledged() {
        return failure == null && status / 100 == 2;
    }

    /**
     * Returns true if connecting was so slow that the handler's accept queue must have been full and TCP tried a second
     * time.
     *
     * @return whether connecting took 0.9 s or longer
     */
    public boolean backlogSuspected() {
        return connect.compareTo(BACKLOG) >= 0;
    }

    /** Records the times of an exchange while it runs. For use by one thread. */
    static final class Recorder {

        private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([1-5]\\d\\d)(?: .*)?");

        private final long begun = System.nanoTime();
        private long connecting = begun;
        private long connectedAt;
        private long firstByteAt;
        private int status;
        private byte[] answer = new byte[0];
        private @Nullable IOException writeBroke;

        void connecting() {
            connecting = System.nanoTime();
        }

        void connected() {
            connectedAt = System.nanoTime();
        }

        void firstByte() {
            firstByteAt = System.nanoTime();
        }

        void writeBroke(IOException e) {
            writeBroke = e;
        }

        void head(String head) throws IOException {
            Matcher line = STATUS.matcher(head.substring(0, head.indexOf("\r\n")));
            if (!line.matches()) {
                throw new IOException("the answer is not HTTP/1");
            }
            status = Integer.parseInt(line.group(1));
        }

        void answer(byte[] bytes) {
            answer = bytes;
        }

        String timeout() {
            return connectedAt == 0 ? "no connection in time" : "no complete answer in time";
        }

        Exchange done() {
            return exchange(null);
        }

        Exchange failed(String why) {
            return exchange(
                    writeBroke == null ? why : why + "; before that, sending broke: " + writeBroke.getMessage());
        }

        private Exchange exchange(@Nullable String failure) {
            long end = System.nanoTime();
            long connected = connectedAt == 0 ? end : connectedAt;
            return new Exchange(
                    status,
                    answer,
                    Duration.ofNanos(connected - connecting),
                    firstByteAt == 0 ? Duration.ZERO : Duration.ofNanos(firstByteAt - connected),
                    Duration.ofNanos(end - connecting),
                    failure);
        }
    }
}
