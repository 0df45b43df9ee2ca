// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.client.PortalClient;
import dev.openlines.client.RestClient;
import dev.openlines.model.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The options for the address of a portal and for an access token. The token is in a file or the
 * environment: an argument would show it in the list of processes.
 */
class PortalOptions {

    static final String TOKEN_VARIABLE = "OPENLINES_ACCESS_TOKEN";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--portal",
            paramLabel = "URL",
            description = "The portal: https://example.bitrix24.com, or its REST address, client_endpoint.")
    private @Nullable URI portal;

    @Option(
            names = "--access-token-file",
            paramLabel = "PATH",
            description = "A file that holds the access token. By default the variable " + TOKEN_VARIABLE + " does.")
    private @Nullable Path tokenFile;

    /** Checks the options and returns the access to the portal. */
    PortalAccess access() {
        URI address = portal();
        Secret token = token();
        URI rest = restOf(address);
        try {
            PortalAccess access = new PortalAccess(rest, token, false);
            access.client(Duration.ZERO);
            return access;
        } catch (IllegalArgumentException e) {
            throw wrong("--portal: " + e.getMessage());
        }
    }

    /** Returns the address as it was given. */
    URI portal() {
        if (portal == null) {
            throw wrong(spec.name() + " needs --portal URL");
        }
        return portal;
    }

    boolean hasPortal() {
        return portal != null;
    }

    private static URI restOf(URI address) {
        String path = String.valueOf(address.getPath());
        return path.isEmpty() || path.equals("/") ? address.resolve("/rest/") : address;
    }

    private Secret token() {
        String token = tokenFile == null ? System.getenv(TOKEN_VARIABLE) : read("--access-token-file", tokenFile);
        if (token == null || token.isBlank()) {
            throw wrong("expected --access-token-file or the variable " + TOKEN_VARIABLE + " but found neither");
        }
        return Secret.of(token.strip());
    }

    String read(String option, Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw wrong(option + ": cannot read " + file);
        }
    }

    ParameterException wrong(String what) {
        return new ParameterException(spec.commandLine(), what);
    }

    /**     * The access to a portal.
     *
     * @param rest its REST address, without a webhook's user and code
     * @param secret an access token, or the whole address of an incoming webhook
     * @param webhook whether it is a webhook's
     */
    record PortalAccess(URI rest, Secret secret, boolean webhook) {

        /**
         * Returns a client of the portal. A patience of zero is for the check of the address only.
         *
         * @throws IllegalArgumentException if the address must not be called
         */
        PortalClient client(Duration patience) {
            RestClient.Builder client = RestClient.builder();
            if (!patience.isZero()) {
                client.patience(patience);
            }
            if (isLoopback()) {
                client.allowLoopback();
            }
            return webhook ? client.build().webhook(secret) : client.build().portal(rest, secret);
        }

        boolean isLoopback() {
            String host = String.valueOf(rest.getHost());
            return host.equals("127.0.0.1") || host.equals("localhost") || host.equals("[::1]");
        }
    }
}
