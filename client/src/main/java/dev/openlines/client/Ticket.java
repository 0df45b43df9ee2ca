// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.model.Secret;
import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The address of a call and the secret that authorizes it.
 *
 * @param endpoint the portal's REST address, without secrets
 * @param token an access token, or an incoming webhook's code
 * @param webhookUser the portal user of an incoming webhook, or null if this is an access token
 */
record Ticket(URI endpoint, Secret token, @Nullable String webhookUser) {

    private static final Pattern WEBHOOK = Pattern.compile("(\\S+/rest/)([1-9][0-9]{0,17})/([A-Za-z0-9]{1,128})/?");
    private static final String OTHER = "expected https://HOST/rest/USER/CODE/ but found another text";

    Ticket(URI endpoint, Secret token) {
        this(endpoint, token, null);
    }

    /**
     * Reads the address of an incoming webhook.
     *
     * @throws IllegalArgumentException if it is none that may be called; the message does not repeat it
     */
    static Ticket ofWebhook(Secret address, AddressGuard guard) {
        Matcher parts = WEBHOOK.matcher(address.reveal().strip());
        if (!parts.matches()) {
            throw new IllegalArgumentException(OTHER);
        }
        URI endpoint;
        try {
            endpoint = URI.create(parts.group(1));
        } catch (IllegalArgumentException e) {
            // The cause is left out, because it quotes the text.
            throw new IllegalArgumentException(OTHER);
        }
        String objection = guard.objectionToForm(endpoint);
        if (objection != null) {
            throw new IllegalArgumentException(objection);
        }
        return new Ticket(endpoint, Secret.of(parts.group(3)), parts.group(2));
    }

    boolean isWebhook() {
        return webhookUser != null;
    }

    /** Returns the address to post a call to. The address of a webhook is a secret. */
    URI address(String method) {
        return endpoint.resolve(isWebhook() ? webhookUser + "/" + token.reveal() + "/" + method : method);
    }
}
