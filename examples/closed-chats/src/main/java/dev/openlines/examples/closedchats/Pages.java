// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import io.pebbletemplates.pebble.PebbleEngine;
import io.pebbletemplates.pebble.loader.ClasspathLoader;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/** Makes HTML from templates, which escape all values, and has the files that pages refer to. */
final class Pages {

    private static final String WEBJARS = "/META-INF/resources/webjars/";
    private static final List<String> TEMPLATES =
            List.of("board", "row", "charts", "chat", "dead-letters", "sign-in", "error");
    private static final Map<String, String> TYPES =
            Map.of("css", "text/css; charset=utf-8", "js", "text/javascript; charset=utf-8", "svg", "image/svg+xml");

    private final PebbleEngine engine;
    private final Properties versions = new Properties();

    Pages() {
        ClasspathLoader loader = new ClasspathLoader(Pages.class.getClassLoader());
        loader.setPrefix("dev/openlines/examples/closedchats/template");
        loader.setSuffix(".html");
        engine = new PebbleEngine.Builder()
                .loader(loader)
                .strictVariables(true)
                .defaultLocale(Locale.ROOT)
                .build();
        // Templates are read now, so that the first visitor does not wait for them, and a faulty one is noticed at the
        // start.
        TEMPLATES.forEach(engine::getTemplate);
        try (InputStream in = Pages.class.getResourceAsStream("webjars.properties")) {
            versions.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String html(String template, Map<String, Object> values) {
        StringWriter out = new StringWriter();
        try {
            engine.getTemplate(template).evaluate(out, values);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString();
    }

    /** Returns the media type of the file of {@code /page/NAME}. */
    static String type(String name) {
        return TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "application/octet-stream");
    }

    /** Returns the file of {@code /page/NAME}, or empty. */
    Optional<byte[]> asset(String name) {
        URL url = switch (name) {
            case "pico.css" -> webjar("picocss__pico", "css/pico.min.css");
            case "chart.js" -> webjar("chart.js", "dist/chart.umd.min.js");
            case "page.css", "page.js", "icon.svg" -> Pages.class.getResource("page/" + name);
            default -> null;
        };
        if (url == null) {
            return Optional.empty();
        }
        try (InputStream in = url.openStream()) {
            return Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns a file of a WebJar, whose paths contain its version. */
    private URL webjar(String name, String file) {
        return Pages.class.getResource(WEBJARS + name + "/" + versions.getProperty(name) + "/" + file);
    }
}
