// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver.spi;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;

/**
 * The page that a portal shows when its administrator installs the application: it finishes the installation, without
 * which the portal sends no event. It contains nothing from the request, and only that portal may frame it.
 */
public final class FinishPage {

    /** The vendor's library, which talks to the portal's page around this one. */
    private static final String LIBRARY = "https://api.bitrix24.com";

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Map<String, String> headers;
    private final byte[] html;

    private FinishPage(Map<String, String> headers, byte[] html) {
        this.headers = headers;
        this.html = html;
    }

    /** Makes a page that this portal may frame. */
    public static FinishPage of(URI portal) {
        byte[] random = new byte[16];
        RANDOM.nextBytes(random);
        String nonce = HexFormat.of().formatHex(random);
        return new FinishPage(
                Map.of(
                        "Content-Type", "text/html; charset=utf-8",
                        "Cache-Control", "no-store",
                        "Content-Security-Policy", policy(portal, nonce),
                        "Referrer-Policy", "no-referrer",
                        "X-Content-Type-Options", "nosniff"),
                html(nonce).getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the headers that belong to it. */
    public Map<String, String> headers() {
        return headers;
    }

    /** Returns the page in UTF-8. */
    public byte[] html() {
        return html.clone();
    }

    private static String policy(URI portal, String nonce) {
        return "default-src 'none'; script-src " + LIBRARY + " 'nonce-" + nonce
                + "'; base-uri 'none'; form-action 'none';"
                + " frame-ancestors " + portal.getScheme() + "://" + portal.getHost()
                + (portal.getPort() < 0 ? "" : ":" + portal.getPort());
    }

    private static String html(String nonce) {
        String page = """
                <!doctype html>
                <html lang="en">
                <head><meta charset="utf-8"><title>Installation</title>
                <script src="LIBRARY/api/v1/"></script></head>
                <body><p>The application is installed.</p>
                <script nonce="NONCE">BX24.init(function () { BX24.installFinish(); });</script></body>
                </html>
                """;
        return page.replace("LIBRARY", LIBRARY).replace("NONCE", nonce);
    }
}
