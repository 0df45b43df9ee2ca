// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Response;

/**
 * Server-sent events: a row of the board for each chat that is archived. It looks for new chats when this process
 * archives one, and twice a second, because another process may share the database. Each reader holds a thread.
 */
final class Live implements AutoCloseable {

    static final int READERS = 32;

    private static final Duration LOOK = Duration.ofMillis(500);
    /** The next heartbeat finds out that a reader has left. Until then the reader keeps its place. */
    private static final int LOOKS_TO_HEARTBEAT = 4;

    private final Semaphore places = new Semaphore(READERS);
    private long changes;
    private boolean closed;

    /** Reads chats with ids above one. */
    @FunctionalInterface
    interface Source {
        List<Chat> after(long id) throws SQLException;
    }

    /** Reports that a chat was archived. */
    synchronized void changed() {
        changes++;
        notifyAll();
    }

    /**
     * Sends rows until the reader leaves or this is closed.
     *
     * @return false if there is no place for one more reader; nothing is sent then
     */
    boolean follow(long from, Source source, Function<Chat, String> html, Response response)
            throws SQLException, IOException {
        if (!places.tryAcquire()) {
            return false;
        }
        try {
            response.setStatus(200);
            response.getHeaders().put("Content-Type", "text/event-stream; charset=utf-8");
            write(response, "retry: 1000\n\n");
            long last = from;
            long seen = -1;
            for (int quiet = 0; seen != Long.MIN_VALUE; quiet++) {
                List<Chat> chats = source.after(last);
                for (Chat chat : chats) {
                    last = chat.id();
                    write(
                            response,
                            field("id", Long.toString(last))
                                    + field("event", "chat")
                                    + field("data", html.apply(chat).strip())
                                    + "\n");
                    quiet = 0;
                }
                if (quiet == LOOKS_TO_HEARTBEAT) {
                    write(response, ": still here\n\n");
                    quiet = 0;
                }
                seen = awaitChange(seen);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        } finally {
            places.release();
        }
    }

    /** Returns the number of changes, and the least number of all when it is over. */
    private synchronized long awaitChange(long seen) throws InterruptedException {
        long end = System.nanoTime() + LOOK.toNanos();
        for (long left = LOOK.toMillis(); left > 0 && !closed && changes == seen; ) {
            wait(left);
            left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        }
        return closed ? Long.MIN_VALUE : changes;
    }

    /** Returns a field of an event, with its name before each line: a carriage return ends a line, too. */
    private static String field(String name, String value) {
        return value.lines().map(line -> name + ": " + line + "\n").collect(Collectors.joining());
    }

    private static void write(Response response, String text) throws IOException {
        Content.Sink.write(response, false, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** Ends every stream, and waits for that for a short time. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        try {
            if (!places.tryAcquire(READERS, 1, TimeUnit.SECONDS)) {
                System.err.println("a reader of the board is too slow to be waited for");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
