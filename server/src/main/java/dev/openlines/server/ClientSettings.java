// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.client.ClientStoreException;
import dev.openlines.client.PortalClient;
import dev.openlines.client.RestClient;
import dev.openlines.client.TokenSeal;
import dev.openlines.client.TokenStore;
import dev.openlines.model.Secret;
import dev.openlines.receiver.spi.OneLine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/** Reads the settings of the application that portals install, and makes its client. */
final class ClientSettings {

    static final List<String> NAMES = List.of(
            "OPENLINES_CLIENT_ID",
            "OPENLINES_CLIENT_SECRET",
            "OPENLINES_TOKEN_KEY",
            "OPENLINES_TOKENS",
            "OPENLINES_OAUTH_HOSTS");

    /** The word for a token store in memory. */
    private static final String NO_KEY = "none";

    private static final Pattern LOOPBACK =
            Pattern.compile("https?://(127\\.0\\.0\\.1|localhost|\\[::1])(:[0-9]+)?/.*");

    private final Map<String, String> values;

    ClientSettings(Map<String, String> values) {
        this.values = values;
    }

    /**
     * Opens the token store and returns the client, or null if no application is set.
     *
     * @throws ConfigurationException if a setting is missing or wrong
     */
    @Nullable
    RestClient open() {
        if (!isSet("OPENLINES_CLIENT_ID") && !isSet("OPENLINES_CLIENT_SECRET")) {
            return null;
        }
        required("OPENLINES_CLIENT_ID", "the application's client_id");
        required("OPENLINES_CLIENT_SECRET", "the application's client_secret");
        required("OPENLINES_TOKEN_KEY", "the file of a key, or the word none to store no tokens,");
        String key = text("OPENLINES_TOKEN_KEY");
        TokenStore store = key.equals(NO_KEY) ? TokenStore.memory() : store(seal(key));
        return PortalSessions.client(
                text("OPENLINES_CLIENT_ID"),
                Secret.of(text("OPENLINES_CLIENT_SECRET")),
                store,
                Arrays.stream(text("OPENLINES_OAUTH_HOSTS").split(","))
                        .map(String::strip)
                        .filter(host -> !host.isEmpty())
                        .toList());
    }

    /** Returns the portal that is asked by an incoming webhook, if one is set. */
    Map<String, PortalClient> webhooks(@Nullable String memberId) {
        if (!isSet("OPENLINES_WEBHOOK")) {
            return Map.of();
        }
        if (memberId == null) {
            throw Settings.none("OPENLINES_MEMBER_ID");
        }
        try {
            return Map.of(memberId, byWebhook(Secret.of(text("OPENLINES_WEBHOOK"))));
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException("OPENLINES_WEBHOOK: " + e.getMessage(), e);
        }
    }

    /** Returns a portal that is asked by an incoming webhook; a simulated one may be on this machine. */
    static PortalClient byWebhook(Secret address) {
        RestClient.Builder client = RestClient.builder();
        if (LOOPBACK.matcher(address.reveal().strip()).matches()) {
            client.allowLoopback();
        }
        return client.build().webhook(address);
    }

    private static TokenSeal seal(String file) {
        Path path = Store.path("OPENLINES_TOKEN_KEY", file);
        try {
            return TokenSeal.of(Secret.of(Files.readString(path, StandardCharsets.UTF_8)));
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigurationException("OPENLINES_TOKEN_KEY: expected a key made by new-key in " + file, null);
        }
    }

    private TokenStore store(TokenSeal seal) {
        String place = isSet("OPENLINES_TOKENS") ? text("OPENLINES_TOKENS") : "openlines-tokens.db";
        if (place.startsWith("jdbc:postgresql:")) {
            Store.requirePostgresql("OPENLINES_TOKENS", place);
            return opened(place, () -> Postgresql.tokens(place, seal));
        }
        Path file = Store.file("OPENLINES_TOKENS", place, "a file or jdbc:postgresql:");
        return opened(place, () -> TokenStore.sqlite(file, seal));
    }

    private static TokenStore opened(String place, Supplier<TokenStore> opening) {
        try {
            return opening.get();
        } catch (ClientStoreException e) {
            Throwable cause = e.getCause();
            // Without a cause the message is complete: it names a damaged file and the remedy.
            throw new ConfigurationException(
                    "OPENLINES_TOKENS: "
                            + (cause == null
                                    ? e.getMessage()
                                    : "cannot use " + Store.place(place) + ": " + OneLine.cause(cause)),
                    e);
        }
    }

    private boolean isSet(String name) {
        return !text(name).isBlank();
    }

    private String text(String name) {
        return values.getOrDefault(name, "");
    }

    private void required(String name, String what) {
        if (!isSet(name)) {
            throw new ConfigurationException(name + ": expected " + what + " but found none", null);
        }
    }

    /** Is loaded only if the driver is needed, which is optional. */
    private static final class Postgresql {

        static TokenStore tokens(String url, TokenSeal seal) {
            PGSimpleDataSource database = new PGSimpleDataSource();
            database.setUrl(url);
            return TokenStore.postgresql(database, seal);
        }
    }
}
