// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * A file that was sent in a chat. {@link OpenLines#download(ChatFile, int)} reads its content.
 *
 * @param id the file on the portal's drive; wire field {@code id}
 * @param authorId portal user who sent it, 0 if not sent; wire field {@code authorid}
 * @param name as the sender named it; wire field {@code name}. Anybody may choose it: it is not a path to write to
 * @param type the platform's kind of file, such as {@code image}, {@code video}, {@code audio} or {@code file}, empty
 *     if not sent; wire field {@code type}
 * @param size in bytes, 0 if not sent; wire field {@code size}
 * @param address the address for the browsers of people who are signed in to the portal, null if not sent or not an
 *     address; wire field {@code urldownload}. An application's token does not open it
 * @see <a
 *     href="https://apidocs.bitrix24.com/api-reference/imopenlines/openlines/sessions/imopenlines-session-history-get.html">imopenlines.session.history.get</a>
 */
public record ChatFile(
        long id,
        long authorId,
        String name,
        String type,
        long size,
        @Nullable URI address) {

    /** Leaves the name out. */
    @Override
    public String toString() {
        return "file " + id + ", " + size + " bytes";
    }
}
