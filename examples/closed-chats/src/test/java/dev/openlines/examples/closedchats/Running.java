// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.server.ReceiverCommand;
import dev.openlines.testkit.Await;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The application beside a simulated portal that has installed it. */
final class Running implements AutoCloseable {

    static final String PASSWORD = "correct horse battery";
    static final String HASH = SignIn.hash(PASSWORD, 1_000);

    final PortalServer server = PortalServer.start();
    final Portal portal = server.portal(PortalSetup.minted()
            .label("shop")
            .scope(List.of("imopenlines", "imconnector", "im", "user_brief", "crm"))
            .notInstalled());
    final Application application;

    private Running(Path folder, Map<String, String> more) throws IOException {
        try {
            Map<String, String> settings = settings(folder, server, portal);
            settings.putAll(more);
            application = Application.start(settings);
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
        portal.subscribe("ONAPPINSTALL", application.endpoint());
        List<Delivery> install = portal.install();
        if (!install.get(0).acknowledged()) {
            close();
            throw new IllegalStateException("not installed: " + install);
        }
        // The application asks for its events when it handles the installation.
        Await.until(
                "the application's subscriptions", () -> portal.subscriptions().size() >= 3);
    }

    static Running in(Path folder) throws IOException {
        return new Running(folder, Map.of());
    }

    static Running in(Path folder, Map<String, String> more) throws IOException {
        return new Running(folder, more);
    }

    static Map<String, String> settings(Path folder, PortalServer server, Portal portal) throws IOException {
        Path key = folder.resolve("token.key");
        if (!key.toFile().exists()) {
            ReceiverCommand.run(List.of("inbox", "new-key", key.toString()), Map.of(), told -> {}, told -> {});
        }
        Map<String, String> settings = new HashMap<>();
        settings.put("OPENLINES_PORT", "0");
        settings.put("OPENLINES_PAGE_PORT", "0");
        settings.put("OPENLINES_INBOX", folder.resolve("chats.db").toString());
        settings.put("OPENLINES_TOKENS", folder.resolve("tokens.db").toString());
        settings.put("OPENLINES_TOKEN_KEY", key.toString());
        settings.put("OPENLINES_CLIENT_ID", portal.clientId());
        settings.put("OPENLINES_CLIENT_SECRET", portal.clientSecret().reveal());
        settings.put("OPENLINES_OAUTH_HOSTS", server.uri().getAuthority());
        settings.put("OPENLINES_PAGE_PASSWORD", HASH);
        // A page without TLS: clients of this test send the cookie.
        settings.put("OPENLINES_PAGE_URL", "http://127.0.0.1/");
        return settings;
    }

    URI page(String path) {
        return application.page().resolve(path);
    }

    @Override
    public void close() {
        application.close();
        server.close();
    }
}
