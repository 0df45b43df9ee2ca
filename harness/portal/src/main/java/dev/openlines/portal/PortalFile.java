// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.model.Secret;
import java.time.Instant;
import java.util.Locale;
import java.util.Set;

/** A file that was sent in a chat. Its token is the part of its address that lets it be downloaded. */
final class PortalFile {

    private static final Set<String> IMAGES = Set.of("jpe", "jpg", "jpeg", "png", "webp", "gif", "bmp");
    private static final Set<String> VIDEOS = Set.of("mp4", "webm", "mov");
    private static final Set<String> SOUNDS = Set.of("mp3", "ogg", "wav");

    private final long id;
    private final long authorId;
    private final String name;
    private final byte[] content;
    private final Instant at;
    private final Secret token;

    PortalFile(long id, long authorId, String name, byte[] content, Instant at, Secret token) {
        this.id = id;
        this.authorId = authorId;
        this.name = name;
        this.content = content.clone();
        this.at = at;
        this.token = token;
    }

    long id() {
        return id;
    }

    long authorId() {
        return authorId;
    }

    String name() {
        return name;
    }

    /** Returns the bytes themselves, which their one reader does not change. */
    byte[] content() {
        return content;
    }

    Instant at() {
        return at;
    }

    Secret token() {
        return token;
    }

    String extension() {
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
    }

    /** Returns the platform's kind of file, by its extension. */
    String type() {
        String extension = extension();
        if (IMAGES.contains(extension)) {
            return "image";
        }
        if (VIDEOS.contains(extension)) {
            return "video";
        }
        return SOUNDS.contains(extension) ? "audio" : "file";
    }

    @Override
    public String toString() {
        return "file " + id;
    }
}
