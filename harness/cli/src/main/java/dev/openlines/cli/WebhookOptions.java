// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.model.Secret;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of commands that take an incoming webhook or an access token. */
final class WebhookOptions extends PortalOptions {

    static final String WEBHOOK_VARIABLE = "OPENLINES_WEBHOOK";

    private static final Pattern WEBHOOK = Pattern.compile("(https?://[^/?#]+)(?:/[^?#]*)?/rest/[0-9]+/[^/?#]+/?");

    @Option(
            names = "--webhook-file",
            paramLabel = "PATH",
            description =
                    "A file that holds an incoming webhook's address, https://HOST/rest/USER/CODE/. By default the"
                            + " variable " + WEBHOOK_VARIABLE + " does.")
    private @Nullable Path webhookFile;

    @Override
    PortalAccess access() {
        if (!hasPortal()) {
            return webhook();
        }
        if (webhookFile != null) {
            throw wrong("expected --portal or --webhook-file but found both");
        }
        if (String.valueOf(portal().getPath()).matches(".*/rest/[0-9]+/.+")) {
            throw wrong(
                    "--portal: a webhook's address is a secret, which a list of processes would show: use the variable "
                            + WEBHOOK_VARIABLE + " or --webhook-file");
        }
        return super.access();
    }

    private PortalAccess webhook() {
        String webhook = webhookFile == null
                ? System.getenv(WEBHOOK_VARIABLE)
                : read("--webhook-file", webhookFile).strip();
        if (webhook == null || webhook.isBlank()) {
            throw wrong(
                    "expected --portal, or --webhook-file or the variable " + WEBHOOK_VARIABLE + ", but found none");
        }
        try {
            Matcher address = WEBHOOK.matcher(webhook);
            // The client refuses any other form, with a message that does not repeat the address.
            URI rest = URI.create(
                    address.matches()
                            ? webhook.substring(0, webhook.indexOf("/rest/") + "/rest/".length())
                            : "https://webhook.invalid/rest/");
            PortalAccess access = new PortalAccess(rest, Secret.of(webhook), true);
            access.client(Duration.ZERO);
            return access;
        } catch (IllegalArgumentException e) {
            throw wrong((webhookFile == null ? WEBHOOK_VARIABLE : "--webhook-file") + ": " + e.getMessage());
        }
    }
}
