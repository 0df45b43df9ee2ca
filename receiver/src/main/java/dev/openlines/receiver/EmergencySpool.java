// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that takes events while an inbox cannot. All numbers are big-endian.
 *
 * <pre>
 * file    = "OLSPOOL1" record*
 * record  = length(4) crc(4) body          length of the body; CRC-32C of the body
 * body    = memberId event idempotencyKey orderKey payload     each: length(4) and so many bytes of UTF-8
 *           bodyBytes(4) receivedAt(8)                          milliseconds since 1970
 *           known(4) [until(8) installed digest{known}]         known is -1 if the event changes no trust
 *           origin                                              missing in records of older versions: an event
 * </pre>
 *
 * <p>A record is there when all of it is on the disk with its checksum; {@link #append} returns after that, so what it
 * returned from survives a kill and a power loss. At opening, a record at the end that is cut short or has a wrong
 * checksum was never acknowledged, unless the disk has gone bad: it is moved, with all that follows, to a file of the
 * same name with {@code .bad}, said in the log, and cut off. Records are only ever removed all at once, when the inbox
 * has all of them. The file does not say how many the inbox already has. After a kill all of it goes to the inbox
 * again, which recognizes by their keys the events that it has.
 *
 * <p>No credentials are in it. Readable by its owner only. Not safe for use by many threads: {@link
 * SpoolingInbox} sees to it that one appends, and one reads what was there before.
 */
final class EmergencySpool implements AutoCloseable {

    /** The largest size of the file, so that an outage cannot fill the disk. */
    static final long MOST_BYTES = 1L << 30;

    private static final Logger LOG = LoggerFactory.getLogger(EmergencySpool.class);
    private static final byte[] MAGIC = "OLSPOOL1".getBytes(StandardCharsets.US_ASCII);
    private static final int HEAD = 8;
    private static final int PROBE = 128 << 10;
    private static final int LONGEST_BODY = 64 << 20;

    private final Path file;
    private final FileChannel channel;
    private final String key;
    private volatile long end;
    private volatile boolean lost;

    private EmergencySpool(Path file, FileChannel channel) throws IOException {
        this.file = file;
        this.channel = channel;
        this.key = FileStamp.of(file).key();
    }

    /** An event and where the next one begins. */
    record Entry(VerifiedDelivery delivery, long next) {}

    static EmergencySpool open(Path file) throws IOException {
        SqlDialect.createForOwnerOnly(file);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            EmergencySpool spool = new EmergencySpool(file, channel);
            spool.recover();
            return spool;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    static long begin() {
        return MAGIC.length;
    }

    /** Returns where the last record on the disk ends. */
    long end() {
        return end;
    }

    /** Puts all events on the disk, or none if it throws. */
    void append(List<VerifiedDelivery> deliveries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024 * deliveries.size());
        for (VerifiedDelivery delivery : deliveries) {
            byte[] body = body(delivery);
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeInt(body.length);
            out.writeInt(crc(body));
            out.write(body);
        }
        check();
        long before = end;
        long after = before + bytes.size();
        if (after > MOST_BYTES) {
            throw new IOException("expected at most " + MOST_BYTES + " bytes in " + file);
        }
        try {
            write(bytes.toByteArray(), before);
            channel.force(false);
            check();
        } catch (IOException | RuntimeException | Error e) {
            channel.truncate(before);
            throw e;
        }
        end = after;
    }

    /**
     * Fails if the file is no longer the one that is open, or was cut short. From then on nothing is appended, since
     * the open file may have no name any more. The events in it still go to the inbox.
     */
    void check() throws IOException {
        if (!lost) {
            boolean same = FileStamp.of(file).key().equals(key);
            if (same && channel.size() >= end) {
                return;
            }
            lost = true;
            LOG.error(
                    "reason=spool-changed {} was {} while it was in use; nothing more is written to it: let the inbox"
                            + " take what waits, then start the receiver again",
                    file,
                    same ? "cut short" : "removed or replaced");
        }
        throw new IOException(
                "the emergency spool " + file + " was removed, replaced or cut short while it was in use");
    }

    /**
     * Fails if an event could not be appended now. Writes beside the file, on the same disk, as much as a large event
     * takes: from any thread, and a kill leaves nothing in the file.
     */
    void probe() throws IOException {
        check();
        if (end >= MOST_BYTES) {
            throw new IOException("expected at most " + MOST_BYTES + " bytes in " + file);
        }
        Path beside = file.resolveSibling(file.getFileName() + ".probe");
        try (FileChannel probe = FileChannel.open(
                beside, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE)) {
            ByteBuffer bytes = ByteBuffer.allocate(PROBE);
            while (bytes.hasRemaining()) {
                probe.write(bytes);
            }
            probe.force(false);
        }
    }

    /** Reads the record at a place before {@link #end}. */
    Entry read(long place) throws IOException {
        byte[] body = body(place, end);
        if (body.length == 0) {
            throw new IOException("expected a whole record at byte " + place + " of " + file);
        }
        return new Entry(
                new VerifiedDelivery(new DataInputStream(new ByteArrayInputStream(body))), place + HEAD + body.length);
    }

    /** Removes everything. */
    void clear() throws IOException {
        channel.truncate(MAGIC.length);
        channel.force(false);
        end = MAGIC.length;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void recover() throws IOException {
        long size = channel.size();
        if (size < MAGIC.length) {
            channel.truncate(0);
            write(MAGIC, 0);
            channel.force(true);
            syncFolder();
            end = MAGIC.length;
            return;
        }
        if (!Arrays.equals(bytes(0, MAGIC.length), MAGIC)) {
            throw new IOException("expected a spool of version 1 but found another file at " + file);
        }
        long place = MAGIC.length;
        byte[] body = body(place, size);
        while (body.length > 0) {
            place += HEAD + body.length;
            body = body(place, size);
        }
        if (place < size) {
            Path bad = file.resolveSibling(file.getFileName() + ".bad");
            Files.copy(file, bad, StandardCopyOption.REPLACE_EXISTING);
            LOG.error("reason=spool-torn bytes={} from={} copy={}", size - place, place, bad);
            channel.truncate(place);
            channel.force(true);
        }
        end = place;
    }

    /**
     * Syncs the folder. The name of a new file is on the disk only after that; Windows opens no folder and needs none
     * of this.
     */
    private void syncFolder() throws IOException {
        Path folder = file.getParent();
        if (folder != null
                && folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
                names.force(true);
            }
        }
    }

    /** Returns the body at a place, or empty if none is whole before an end. */
    private byte[] body(long place, long before) throws IOException {
        if (before - place < HEAD) {
            return new byte[0];
        }
        ByteBuffer head = ByteBuffer.wrap(bytes(place, HEAD));
        int length = head.getInt();
        int crc = head.getInt();
        if (length <= 0 || length > LONGEST_BODY || length > before - place - HEAD) {
            return new byte[0];
        }
        byte[] body = bytes(place + HEAD, length);
        return crc(body) == crc ? body : new byte[0];
    }

    private byte[] bytes(long place, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, place + bytes.position()) < 0) {
                throw new IOException("expected " + length + " bytes at byte " + place + " of " + file);
            }
        }
        return bytes.array();
    }

    private void write(byte[] bytes, long place) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer, place + buffer.position());
        }
    }

    private static byte[] body(VerifiedDelivery delivery) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        delivery.write(new DataOutputStream(bytes));
        return bytes.toByteArray();
    }

    private static int crc(byte[] body) {
        CRC32C crc = new CRC32C();
        crc.update(body);
        return (int) crc.getValue();
    }
}
