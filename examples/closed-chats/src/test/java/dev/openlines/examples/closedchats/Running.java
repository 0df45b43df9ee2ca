// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.PortalChat;
import dev.openlines.portal.PortalLine;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.server.ReceiverCommand;
import dev.openlines.testkit.Await;
import dev.openlines.testkit.SteadyPortal;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The application beside a simulated portal that has installed it. */
final class Running implements AutoCloseable {

    static final String PASSWORD = "correct horse battery";
    static final String HASH = SignIn.hash(PASSWORD, 1_000);

    /** The portal's limit, which the application's client keeps. */
    private static final int CALLS_A_SECOND = 2;

    final PortalServer server = PortalServer.start();
    final Portal portal = server.portal(PortalSetup.minted()
            .label("shop")
            .scope(List.of("imopenlines", "imconnector", "im", "user_brief", "crm"))
            .notInstalled());
    final Application application;

    private final Queue<Long> closed = new ConcurrentLinkedQueue<>();
    private final Path folder;

    private Running(Path folder, Map<String, String> more) throws IOException {
        this.folder = folder;
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

    /**
     * Returns a portal that closes chats, and sends nothing yet. It closes as many as the application may read
     * transcripts of, so that no chats wait at the end, however long a slow machine takes.
     */
    SteadyPortal sending() {
        PortalLine line = portal.openLine("Attacked");
        return new SteadyPortal(
                number -> {
                    PortalChat chat = line.openChat();
                    closed.add(chat.id());
                    Delivery delivery = chat.close().get(0);
                    return delivery.acknowledged() ? Integer.toString(delivery.status()) : delivery.toString();
                },
                CALLS_A_SECOND);
    }

    /** Ends the sending, and checks that every event was answered with 200 and that its chat is archived once. */
    void everyEventWasAnsweredAndHandled(SteadyPortal events) throws SQLException {
        events.rest();
        assertThat(events.answersFrom(1)).as(events::toString).containsExactly("200");
        Await.until("the closed chats", () -> archived().containsAll(closed));
        assertThat(archived()).containsExactlyInAnyOrderElementsOf(closed);
    }

    private List<Long> archived() throws SQLException {
        List<Long> chats = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("chats.db"));
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select chat_id from closed_chat")) {
            while (rows.next()) {
                chats.add(rows.getLong(1));
            }
        }
        return chats;
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
