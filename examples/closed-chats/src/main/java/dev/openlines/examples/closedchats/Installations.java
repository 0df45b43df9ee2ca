// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import dev.openlines.client.OAuth;
import dev.openlines.client.PortalClient;
import dev.openlines.client.RestClient;
import dev.openlines.client.StoreException;
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
import java.util.function.Supplier;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The portals that installed the application: verifies each with the client, stores its tokens sealed, and calls the
 * portal with them.
 */
final class Installations {

    /** How long a portal may wait for the answer to its installation. */
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private final RestClient client;
    private final boolean loopback;

    private Installations(RestClient client, boolean loopback) {
        this.client = client;
        this.loopback = loopback;
    }

    static Installations of(Map<String, String> settings) {
        String id = required(settings, "OPENLINES_CLIENT_ID", "the application's client_id");
        Secret secret = Secret.of(required(settings, "OPENLINES_CLIENT_SECRET", "the application's client_secret"));
        TokenSeal seal = seal(required(settings, "OPENLINES_TOKEN_KEY", "the file of a key, made by new-key,"));
        RestClient.Builder client = RestClient.builder()
                .application(id, secret, store(settings, seal))
                .oauthTimeout(PATIENCE);
        String[] hosts = Arrays.stream(
                        settings.getOrDefault("OPENLINES_OAUTH_HOSTS", "").split(","))
                .map(String::strip)
                .filter(host -> !host.isEmpty())
                .toArray(String[]::new);
        if (hosts.length > 0) {
            client.oauthHosts(hosts);
        }
        boolean loopback = Arrays.stream(hosts).anyMatch(host -> host.startsWith("127.0.0.1:"));
        if (loopback) {
            client.allowLoopback();
        }
        return new Installations(client.build(), loopback);
    }

    /** Returns whether the portals are simulated ones on this machine. */
    boolean loopback() {
        return loopback;
    }

    PortalClient portal(String memberId) {
        return client.portal(memberId);
    }

    void forget(String memberId) {
        client.oauth().forget(memberId);
    }

    InstallationCheck check() {
        OAuth oauth = client.oauth();
        return InstallationCheck.of(oauth::verify, oauth::verifyPage, oauth::refused, oauth.kept());
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
            return opened(place, () -> TokenStore.postgresql(database, seal));
        }
        return opened(place, () -> TokenStore.sqlite(Path.of(place), seal));
    }

    private static TokenStore opened(String place, Supplier<TokenStore> opening) {
        try {
            return opening.get();
        } catch (StoreException e) {
            throw new ConfigurationException("OPENLINES_TOKENS: cannot use " + place.split("\\?", 2)[0], e);
        }
    }

    private static String required(Map<String, String> settings, String name, String what) {
        String value = settings.getOrDefault(name, "");
        if (value.isBlank()) {
            throw new ConfigurationException(name + ": expected " + what + " but found none", null);
        }
        return value;
    }
}
