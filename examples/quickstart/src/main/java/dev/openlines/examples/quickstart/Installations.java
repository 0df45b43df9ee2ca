// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import dev.openlines.client.OAuth;
import dev.openlines.client.RestClient;
import dev.openlines.client.TokenSeal;
import dev.openlines.client.TokenStore;
import dev.openlines.model.Secret;
import dev.openlines.receiver.InstallationCheck;
import dev.openlines.server.ConfigurationException;
import dev.openlines.server.PortalQueues;
import dev.openlines.server.PortalSessions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Verifies installations with the client, and stores their tokens, sealed, or in memory only. Set by {@code OPENLINES_CLIENT_ID}, {@code OPENLINES_CLIENT_SECRET}, {@code OPENLINES_TOKEN_KEY} (a
 * file made by {@link dev.openlines.server.InboxCommand}, or {@code none}), {@code OPENLINES_TOKENS} (a file, or
 * a {@code jdbc:postgresql:} URL; openlines-tokens.db) and {@code OPENLINES_OAUTH_HOSTS} (the platform's two).
 */
final class Installations {

    /** The longest that a portal waits for the answer to its installation. */
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private final RestClient client;

    private Installations(RestClient client) {
        this.client = client;
    }

    /** Returns none if no application is set. */
    static Optional<Installations> of(Map<String, String> settings) {
        String id = settings.getOrDefault("OPENLINES_CLIENT_ID", "");
        if (id.isBlank()) {
            return Optional.empty();
        }
        Secret secret = Secret.of(required(settings, "OPENLINES_CLIENT_SECRET", "a value"));
        String key =
                required(settings, "OPENLINES_TOKEN_KEY", "the file of a key, or the word none to store no tokens,");
        TokenStore store = key.equals("none") ? TokenStore.memory() : store(settings, seal(key));
        RestClient.Builder client =
                RestClient.builder().application(id, secret, store).oauthTimeout(PATIENCE);
        String[] hosts = Arrays.stream(
                        settings.getOrDefault("OPENLINES_OAUTH_HOSTS", "").split(","))
                .map(String::strip)
                .filter(host -> !host.isEmpty())
                .toArray(String[]::new);
        if (hosts.length > 0) {
            client.oauthHosts(hosts);
        }
        if (Arrays.stream(hosts).anyMatch(host -> host.startsWith("127.0.0.1:"))) {
            // A simulated portal on this machine.
            client.allowLoopback();
        }
        return Optional.of(new Installations(client.build()));
    }

    InstallationCheck check() {
        OAuth oauth = client.oauth();
        return InstallationCheck.of(oauth::verify, oauth::verifyPage, oauth::refused, oauth.kept());
    }

    /** Forgets the tokens of a portal, if there are any. */
    void forget(String memberId) {
        client.oauth().forget(memberId);
    }

    /** Lists what portals have closed, to find closes whose event never came. */
    PortalSessions sessions() {
        return new PortalSessions(client);
    }

    /** Drains portals' offline queues, if OPENLINES_OFFLINE says how often. */
    PortalQueues queues() {
        return new PortalQueues(client);
    }

    private static TokenSeal seal(String file) {
        try {
            return TokenSeal.of(Secret.of(Files.readString(Path.of(file), StandardCharsets.UTF_8)));
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigurationException("OPENLINES_TOKEN_KEY: expected a key made by new-key in " + file, null);
        }
    }

    private static TokenStore store(Map<String, String> settings, TokenSeal seal) {
        String place = settings.getOrDefault("OPENLINES_TOKENS", "openlines-tokens.db");
        if (place.startsWith("jdbc:postgresql:")) {
            PGSimpleDataSource database = new PGSimpleDataSource();
            database.setUrl(place);
            return TokenStore.postgresql(database, seal);
        }
        return TokenStore.sqlite(Path.of(place), seal);
    }

    private static String required(Map<String, String> settings, String name, String what) {
        String value = settings.getOrDefault(name, "");
        if (value.isBlank()) {
            throw new ConfigurationException(name + ": expected " + what + " but found none", null);
        }
        return value;
    }
}
