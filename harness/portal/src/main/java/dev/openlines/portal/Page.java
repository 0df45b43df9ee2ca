// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The page that {@code openlines portal} serves: plain HTML, one style sheet and one script library out of
 * WebJars, and a script of ours that uses nothing but the control API.
 */
final class Page {

    private static final String OWN = "page/";
    private static final String WEBJARS = "/META-INF/resources/webjars/";

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");

    /** The files by their paths on this server. */
    private final Map<String, URL> files = new LinkedHashMap<>();

    Page() {
        add("/", OWN + "index.html");
        add("/page/page.css", OWN + "page.css");
        add("/page/page.js", OWN + "page.js");
        add("/page/icon.svg", OWN + "icon.svg");
        addWebJar("/page/pico.css", "picocss__pico", "css/pico.min.css");
        addWebJar("/page/preact.js", "preact", "dist/preact.module.js");
    }

    private void add(String path, String resource) {
        URL url = Page.class.getResource(resource);
        if (url != null) {
            files.put(path, url);
        }
    }

    /** Adds a file of a WebJar. Its path contains the version, which the WebJar's properties name. */
    private void addWebJar(String path, String name, String file) {
        URL properties = Page.class.getResource("webjars.properties");
        if (properties == null) {
            return;
        }
        java.util.Properties versions = new java.util.Properties();
        try (InputStream in = properties.openStream()) {
            versions.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        URL url = Page.class.getResource(WEBJARS + name + "/" + versions.getProperty(name) + "/" + file);
        if (url != null) {
            files.put(path, url);
        }
    }

    static boolean owns(String target) {
        String path = target.split("\\?", 2)[0];
        return path.equals("/") || path.startsWith("/page/") || path.equals("/favicon.ico");
    }

    /**
     * Answers a request of the page. All files come from this server, and no other page may show this one in a frame.
     */
    RestReply answer(String httpMethod, String target) {
        URL file = files.get(target.split("\\?", 2)[0]);
        if (file == null) {
            return RestReply.text(404, "there is no such file of the page");
        }
        if (!httpMethod.equals("GET") && !httpMethod.equals("HEAD")) {
            return RestReply.text(405, "expected GET");
        }
        String name = file.getPath();
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "text/plain"));
        headers.put(
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
                        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put("Referrer-Policy", "no-referrer");
        headers.put("Cache-Control", "no-cache");
        try (InputStream in = file.openStream()) {
            return new RestReply(200, headers, in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
