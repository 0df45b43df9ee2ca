// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * A growing file of JSON lines, or a file with one array that is written anew. Lines are read once, so only the new
 * part of a large file is read. A last line without a line end counts as soon as it is a complete object. Bytes that
 * are no UTF-8 are replaced. For use by one thread at a time.
 */
final class EvidenceFile implements EffectSource {

    private static final int PIECE = 1 << 20;

    private final Path file;
    private EvidenceText lines = new EvidenceText();
    private long offset;
    private boolean there;

    EvidenceFile(Path file) {
        this.file = file;
    }

    @Override
    public synchronized Collection<Effect> effects() throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            there = true;
            if (channel.size() < offset) {
                // The file was emptied or replaced.
                lines = new EvidenceText();
                offset = 0;
            }
            String rest = read(channel);
            List<Effect> all = new ArrayList<>(lines.effects());
            if (offset == 0 && EvidenceText.isArray(rest)) {
                EvidenceText array = new EvidenceText();
                array.add(rest);
                return array.effects();
            }
            EvidenceText.object(rest).ifPresent(last -> all.add(Effect.read(last)));
            return all;
        } catch (NoSuchFileException e) {
            there = false;
            return List.of();
        }
    }

    /** Reads the complete lines. Returns the rest after the last of them, or the whole text of an array. */
    private String read(SeekableByteChannel channel) throws IOException {
        byte[] rest = new byte[0];
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        channel.position(offset);
        while (channel.read(piece.clear()) > 0) {
            byte[] bytes = EventBody.join(rest, java.util.Arrays.copyOf(piece.array(), piece.position()));
            if (offset == 0 && EvidenceText.isArray(new String(bytes, StandardCharsets.UTF_8))) {
                rest = bytes;
                continue;
            }
            int end = bytes.length;
            while (end > 0 && bytes[end - 1] != '\n') {
                end--;
            }
            lines.add(new String(bytes, 0, end, StandardCharsets.UTF_8));
            offset += end;
            rest = java.util.Arrays.copyOfRange(bytes, end, bytes.length);
        }
        return new String(rest, StandardCharsets.UTF_8);
    }

    /** Returns whether the file existed at the last look. */
    synchronized boolean exists() {
        return there;
    }

    /** Returns how many lines are no JSON objects. */
    synchronized int unreadable() {
        return lines.unreadable();
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
