// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.parser.Dialect;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.EventSender;
import dev.openlines.portal.wire.Framing;
import dev.openlines.portal.wire.Minting;
import jakarta.json.JsonObject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/**
 * Causes the application's own events, except those about its installation, which {@link Portal#install()} and similar
 * methods cause. Methods send their event and block until the handlers have answered. Safe for use by several threads.
 */
public final class PortalLifecycle {

    private final Portal portal;
    // Guarded by the portal.
    private boolean everInstalled;
    /** Set if the installer page has already received the token of the next installation. */
    private boolean prepared;

    PortalLifecycle(Portal portal, boolean installed) {
        this.portal = portal;
        this.everInstalled = installed;
    }

    /**
     * Renews the application's paid period. Sends {@code ONAPPPAYMENT} without an access token.
     *
     * @param days how many days are paid; wire field {@code data[DAYS]}
     * @return the deliveries
     */
    public List<Delivery> pay(int days) {
        JsonObject data;
        synchronized (portal) {
            Application application = portal.application();
            application.paid(true);
            data = EventBodies.object()
                    .add("CODE", application.clientId())
                    .add("VERSION", Integer.toString(application.version()))
                    .add("STATUS", "P")
                    .add("PAYMENT_EXPIRED", "N")
                    .add("DAYS", Integer.toString(days))
                    .build();
        }
        return portal.outbox().raise("ONAPPPAYMENT", shape -> data, Cause.timer());
    }

    /**
     * Renews the portal's subscription to the market. Sends {@code ONSUBSCRIPTIONRENEW} without data, with a refresh
     * token of the administrator.
     *
     * @return the deliveries
     */
    public List<Delivery> renewSubscription() {
        return portal.outbox().raise("ONSUBSCRIPTIONRENEW", shape -> null, Cause.lifecycle(Portal.ADMIN_ID));
    }

    /**
     * Lets the administrator answer a call that needs consent. Sends {@code ONAPPMETHODCONFIRM} with the access token
     * that asked and no tokens of its own.
     *
     * @param method the method that the application had called; wire field {@code data[METHOD]}
     * @param allowed whether it is allowed; wire field {@code data[CONFIRMED]}
     * @return the deliveries
     */
    public List<Delivery> confirm(String method, boolean allowed) {
        return raise(
                "ONAPPMETHODCONFIRM",
                Cause.tokenless(),
                "TOKEN",
                portal.accessToken().reveal(),
                "METHOD",
                method,
                "CONFIRMED",
                allowed ? "1" : "0");
    }

    /**
     * Opens the application's installer page, as an administrator does who installs an application with pages. The
     * browser posts the administrator's tokens to the page from within the portal. If the answer is a page that calls
     * {@code BX24.installFinish()}, the installation is finished, and {@code ONAPPINSTALL} is sent to each handler that
     * is bound to it. Blocks until all of this is done.
     *
     * @param page the address of the installer page
     * @return the request and its answer, also in the portal's journal, as a delivery of {@code INSTALLER}
     */
    public Delivery openInstaller(URI page) {
        return open(page, Portal.ADMIN_ID);
    }

    /**
     * Opens the installer page as an operator, whose tokens do not make an installation genuine.
     *
     * @param page the address of the installer page
     * @return the request and its answer
     */
    public Delivery openInstallerAsOperator(URI page) {
        return open(page, Portal.OPERATOR_ID);
    }

    private Delivery open(URI page, long userId) {
        JsonObject form;
        synchronized (portal) {
            Application application = portal.application();
            if (!application.installed() && everInstalled && !prepared) {
                application.renewToken();
                prepared = true;
            }
            Instant now = portal.clock().instant();
            form = EventBodies.object()
                    .add(
                            "AUTH_ID",
                            portal.issueToken(userId, now.plus(EventBodies.ACCESS_LIFETIME))
                                    .reveal())
                    .add("AUTH_EXPIRES", Long.toString(EventBodies.ACCESS_LIFETIME.toSeconds()))
                    .add("REFRESH_ID", portal.tokens().issueRefresh(userId, now).reveal())
                    .add("SERVER_ENDPOINT", portal.serverEndpoint().toString())
                    .add("APPLICATION_TOKEN", application.applicationToken().reveal())
                    .add("APPLICATION_SCOPE", String.join(",", application.scope()))
                    .add("member_id", portal.memberId())
                    .add("status", "L")
                    .add("PLACEMENT", "DEFAULT")
                    .add("PLACEMENT_OPTIONS", "{\"any\":\"7/\"}")
                    .build();
        }
        byte[] body = EventBodies.form(form);
        String query = "?DOMAIN=" + portal.domain() + "&PROTOCOL=1&LANG=en&APP_SID=" + Minting.hex(32);
        URI address = URI.create(page + query);
        PortalSubscription opened = new PortalSubscription(0, "INSTALLER", address, userId, Dialect.PLATFORM);
        Delivery answered = portal.outbox().send(opened, browserHead(address, body.length), body, Framing.WHOLE);
        boolean finishes = new String(answered.answer(), StandardCharsets.UTF_8).contains("BX24.installFinish()");
        boolean already;
        synchronized (portal) {
            already = portal.application().installed();
        }
        if (answered.acknowledged() && finishes && !already) {
            install();
        }
        return answered;
    }

    private static byte[] browserHead(URI address, int length) {
        String head = new String(
                EventSender.head(address, length, "application/x-www-form-urlencoded"), StandardCharsets.ISO_8859_1);
        return head.replace("Bitrix24 Webhook Engine", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0")
                .replace("Accept-Encoding: gzip\r\n", "Accept: text/html\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    List<Delivery> install() {
        synchronized (portal) {
            portal.application().install(everInstalled && !prepared);
            everInstalled = true;
            prepared = false;
        }
        Cause cause = Cause.lifecycle(Portal.ADMIN_ID);
        return raise("ONAPPINSTALL", cause, "VERSION", "1", "ACTIVE", "Y", "INSTALLED", "Y");
    }

    List<Delivery> update(boolean newToken) {
        int before;
        synchronized (portal) {
            before = portal.application().update();
            if (newToken) {
                portal.application().renewToken();
            }
        }
        return raise(
                "ONAPPUPDATE",
                Cause.lifecycle(Portal.ADMIN_ID),
                "VERSION",
                Integer.toString(before + 1),
                "PREVIOUS_VERSION",
                Integer.toString(before));
    }

    List<Delivery> uninstall(boolean clean) {
        List<Outbox.Outgoing> last;
        synchronized (portal) {
            JsonObject data = SystemMethods.lifecycle("CLEAN", clean ? "1" : "0");
            last = portal.outbox().outgoing("ONAPPUNINSTALL", shape -> data, Cause.tokenless());
            portal.outbox().removeAll();
            portal.application().uninstall();
            portal.tokens().revokeAll();
            portal.connectors().forget();
        }
        return portal.outbox().deliver(last);
    }

    private List<Delivery> raise(String event, Cause cause, String... fields) {
        JsonObject data = SystemMethods.lifecycle(fields);
        return portal.outbox().raise(event, shape -> data, cause);
    }
}
