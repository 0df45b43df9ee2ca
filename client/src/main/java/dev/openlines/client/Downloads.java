// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.client.Transport.Answer;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Gets the content of files. The portal answers with an address that contains a token, so the address is neither kept
 * nor shown. It may redirect to the place where the portal stores its files.
 */
final class Downloads {

    static final String METHOD = "disk.file.get";

    private static final int MOST_REDIRECTS = 5;

    private final PortalClient portal;
    private final RestClient client;

    Downloads(PortalClient portal) {
        this.portal = portal;
        this.client = portal.client;
    }

    CompletableFuture<byte[]> content(long fileId, int atMost) {
        if (atMost < 1) {
            throw new IllegalArgumentException("expected at least one byte but found " + atMost);
        }
        CompletableFuture<byte[]> content = new CompletableFuture<>();
        CompletableFuture<URI> found = Async.then(portal.callAsync(METHOD, Map.of("id", fileId)), reply -> {
            Fields address = reply.fields().member("DOWNLOAD_URL");
            return checked(address.text(), null);
        });
        Async.cancels(content, found);
        Async.done(found, (address, failure) -> {
            if (failure == null) {
                get(address, atMost, 0, content);
            } else {
                content.completeExceptionally(Transport.explained(METHOD, failure));
            }
        });
        return content;
    }

    private void get(URI address, int atMost, int redirects, CompletableFuture<byte[]> content) {
        CompletableFuture<Answer> answer = client.transport.get(METHOD, address, atMost, client.callTimeout);
        Async.cancels(content, answer);
        Async.done(answer, (received, failure) -> {
            try {
                if (failure != null) {
                    content.completeExceptionally(Transport.explained(METHOD, failure));
                } else if (received.status / 100 == 2) {
                    content.complete(received.body);
                } else if (received.status / 100 == 3 && redirects < MOST_REDIRECTS) {
                    String location = Transport.header(received.headers, "location");
                    get(checked(location == null ? "" : location, address), atMost, redirects + 1, content);
                } else {
                    Wire.read(METHOD, received, List.of());
                    throw new UnexpectedReplyException(METHOD, "a file", "HTTP " + received.status, "$");
                }
            } catch (RuntimeException e) {
                content.completeExceptionally(e);
            }
        });
    }

    /** Refuses an address that may not be called. The address holds a token, so the exception does not contain it. */
    private URI checked(String text, @Nullable URI from) {
        URI address;
        try {
            address = from == null ? URI.create(text) : from.resolve(text);
        } catch (IllegalArgumentException e) {
            throw new AddressRefusedException(METHOD, "the file's address is none");
        }
        String plain = address.toString().replaceFirst("[?#].*", "");
        String objection = client.guard.objectionToForm(URI.create(plain));
        if (objection != null) {
            throw new AddressRefusedException(METHOD, objection.replace("https://HOST/rest/", "https://HOST/PATH"));
        }
        return address;
    }
}
