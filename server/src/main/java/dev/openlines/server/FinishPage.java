// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import java.net.URI;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * The page that a portal shows when its administrator installs the application: it finishes the installation, without
 * which the portal sends no event. It holds nothing of the request, and only that portal may frame it.
 */
final class FinishPage {

    /** The vendor's library, which talks to the portal's page around this one. */
    private static final String LIBRARY = "https://api.bitrix24.com";

    private static final SecureRandom RANDOM = new SecureRandom();

    private FinishPage() {}

    /** Writes the page and its headers. */
    static void write(URI portal, Response response, Callback callback) {
        byte[] random = new byte[16];
        RANDOM.nextBytes(random);
        String nonce = HexFormat.of().formatHex(random);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/html; charset=utf-8");
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        response.getHeaders().put("Content-Security-Policy", policy(portal, nonce));
        response.getHeaders().put("Referrer-Policy", "no-referrer");
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        Content.Sink.write(response, true, html(nonce), callback);
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
