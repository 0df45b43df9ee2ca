// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.model.Secret;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.Minting;
import java.net.URLConnection;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A file that was sent in a chat. Its token is the part of its address that lets an application download it. Events of
 * messages have its link, a short address that opens the file without any rights.
 */
final class PortalFile {

    private static final Set<String> IMAGES = Set.of("jpe", "jpg", "jpeg", "png", "webp", "gif", "bmp");
    private static final Set<String> VIDEOS = Set.of("mp4", "webm", "mov");
    private static final Set<String> SOUNDS = Set.of("mp3", "ogg", "wav");

    /** The distance of the ids of the file store, which events name, from those of the drive. */
    private static final long STORE = 10_000;

    /** The first character of a link. */
    static final String LINK = "~";

    private final long id;
    private final long authorId;
    private final String name;
    private final byte[] content;
    private final Instant at;
    private final Secret token = Secret.of(Minting.lettersAndDigits(40));
    private final String link = LINK + Minting.lettersAndDigits(8);

    PortalFile(long id, long authorId, String name, byte[] content, Instant at) {
        this.id = id;
        this.authorId = authorId;
        this.name = name;
        this.content = content.clone();
        this.at = at;
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

    /** Returns the bytes without a copy. Their only reader does not change them. */
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

    private String mime() {
        String guessed = URLConnection.guessContentTypeFromName(name);
        return guessed == null ? "application/octet-stream" : guessed;
    }

    /** Returns the last part of the path of its link. */
    String link() {
        return link;
    }

    EventBodies.FileFacts facts(Portal portal) {
        String address = portal.restUri().resolve("../" + link).toString();
        return new EventBodies.FileFacts(id + STORE, name, type(), mime(), address, address, content.length);
    }

    /** Returns its content as a download. */
    RestReply download() {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", "application/octet-stream");
        headers.put(
                "Content-Disposition",
                "attachment; filename*=utf-8''"
                        + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20"));
        return new RestReply(200, headers, content);
    }

    @Override
    public String toString() {
        return "file " + id;
    }
}
