// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.EventCapture;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.Reply;
import dev.openlines.receiver.spi.LastResort;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores the shapes of the first accepted requests of each event's code in a folder, one file for each. A thread of its
 * own masks and writes them. If that thread is busy, or if something fails here, the request is not captured.
 */
final class Captures implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Captures.class);

    /** Longest body that is captured, and longest file. */
    private static final int LONGEST = 128 << 10;

    /** Requests that may wait to be written. */
    private static final int WAITING = 8;

    /** The number of failures after which nothing is captured until the next start. */
    private static final int FAILURES = 3;

    private static final String UNFINISHED = ".capture";

    private final CaptureSettings settings;
    private final Limits limits;
    /** The number of captures of each code. Other codes are not captured. */
    private final Map<String, Integer> kept = new ConcurrentHashMap<>();

    private final ThreadPoolExecutor writer;
    /** Used by the writer alone. */
    private int failures;

    private volatile boolean ended;

    private Captures(CaptureSettings settings, Limits limits) {
        this.settings = settings;
        this.limits = limits;
        writer = new ThreadPoolExecutor(
                1,
                1,
                10,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(WAITING),
                task -> {
                    Thread thread = LastResort.thread(task, "openlines-captures");
                    thread.setDaemon(true);
                    return thread;
                },
                new ThreadPoolExecutor.DiscardPolicy());
        writer.allowCoreThreadTimeOut(true);
    }

    /**
     * Makes the folder if it is not there, and counts the captures in it.
     *
     * @param option the name of the setting, for the message
     * @throws ConfigurationException if the folder cannot be used
     */
    static Captures open(String option, CaptureSettings settings, Limits limits) {
        Captures captures = new Captures(settings, limits);
        try {
            if (!Files.isDirectory(settings.folder())) {
                Files.createDirectories(settings.folder(), own("rwx------"));
            }
            try (DirectoryStream<Path> crashed = Files.newDirectoryStream(settings.folder(), UNFINISHED + "*.tmp")) {
                for (Path file : crashed) {
                    Files.deleteIfExists(file);
                }
            }
            // Makes a file as captures are made later, so that a folder that cannot be written to is noticed at the
            // start.
            Files.delete(Files.createTempFile(settings.folder(), UNFINISHED, ".tmp", own("rw-------")));
            for (String code : EventCapture.codes()) {
                int count = 0;
                while (Files.exists(captures.file(code, count + 1))) {
                    count++;
                }
                captures.kept.put(code, count);
            }
            return captures;
        } catch (IOException e) {
            throw new ConfigurationException(
                    option + ": expected a folder that this process may write into, found " + settings.folder(), e);
        }
    }

    private Path file(String code, int number) {
        return settings.folder().resolve(code + "-" + number + ".json");
    }

    private static FileAttribute<?>[] own(String permissions) {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }

    /**
     * Returns whether a request may be captured: it was verified and stored, and its code may be one that is missing.
     * An installation that is only kept to be checked again is not verified.
     */
    boolean wants(Reply reply, byte[] body) {
        return !ended && reply instanceof Reply.Accepted && body.length <= LONGEST && !isEnough(code(body));
    }

    /**
     * Adds a request. Neither blocks nor throws.
     *
     * @param headers the names of its headers
     * @param body the whole body, which does not change any more
     */
    void add(Collection<String> headers, @Nullable String contentType, byte[] body) {
        writer.execute(() -> write(headers, contentType, body));
    }

    /** Returns the code at the beginning of a form, which is its place on the platform, or empty text. */
    private static String code(byte[] body) {
        String start = new String(body, 0, Math.min(body.length, 300), US_ASCII);
        int end = start.indexOf('&');
        return start.startsWith("event=") && end > 0
                ? start.substring("event=".length(), end).toUpperCase(Locale.ROOT)
                : "";
    }

    private boolean isEnough(String code) {
        return !code.isEmpty() && kept.getOrDefault(code, settings.each()) >= settings.each();
    }

    private void write(Collection<String> headers, @Nullable String contentType, byte[] body) {
        if (failures >= FAILURES) {
            return;
        }
        try {
            BodyFormat format = BodyFormat.ofContentType(contentType).orElseThrow();
            Optional<EventCapture> made = EventCapture.of(body, format, headers, limits);
            if (made.isPresent() && !isEnough(made.get().event())) {
                write(made.get().event(), (made.get().toJson() + "\n").getBytes(UTF_8));
            }
        } catch (IOException | RuntimeException e) {
            LastResort.check(e);
            ended = ++failures >= FAILURES;
            // Message and cause are left out, because they may quote the request.
            LOG.warn(
                    "reason=capture-failed failure={} {}",
                    e.getClass().getSimpleName(),
                    ended ? "No more requests are captured until the next start." : "The next request is tried.");
        }
    }

    private void write(String code, byte[] capture) throws IOException {
        if (capture.length > LONGEST) {
            return;
        }
        int number = kept.getOrDefault(code, 0) + 1;
        Path whole = Files.createTempFile(settings.folder(), UNFINISHED, ".tmp", own("rw-------"));
        try {
            Files.write(whole, capture);
            Files.move(whole, file(code, number), StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(whole);
        }
        kept.put(code, number);
        LOG.info("reason=captured event={} file={} of={}", code, number, settings.each());
    }

    /** Writes the requests that wait. */
    @Override
    public void close() {
        ended = true;
        writer.shutdown();
        try {
            if (!writer.awaitTermination(5, TimeUnit.SECONDS)) {
                writer.shutdownNow();
            }
        } catch (InterruptedException e) {
            writer.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
