// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.openlines.portal.Portal;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** Starts applications with the starter and talks to them over HTTP. */
final class Apps {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private Apps() {}

    /** Starts one that trusts a portal. The last setting of a name counts. */
    static ConfigurableApplicationContext start(Class<?> application, Portal portal, String... settings) {
        List<String> all = new ArrayList<>(List.of(
                "openlines.member-id=" + portal.memberId(),
                "openlines.application-token=" + portal.applicationToken().reveal()));
        all.addAll(List.of(settings));
        return start(application, WebApplicationType.SERVLET, all);
    }

    static ConfigurableApplicationContext start(Class<?> application, WebApplicationType type, List<String> settings) {
        // Spring would make a list of a setting that is there twice.
        Map<String, String> arguments = new LinkedHashMap<>();
        Stream.concat(Stream.of("server.port=0", "spring.main.banner-mode=off"), settings.stream())
                .forEach(setting -> arguments.put(setting.split("=")[0], "--" + setting));
        return new SpringApplicationBuilder(application)
                .web(type)
                .registerShutdownHook(false)
                .run(arguments.values().toArray(String[]::new));
    }

    static URI at(ConfigurableApplicationContext application, String path) {
        return URI.create("http://127.0.0.1:" + application.getEnvironment().getProperty("local.server.port") + path);
    }

    static HttpResponse<String> get(URI from) {
        return send(HttpRequest.newBuilder(from).build());
    }

    static HttpResponse<String> post(URI to, byte[] form) {
        return send(HttpRequest.newBuilder(to)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofByteArray(form))
                .build());
    }

    /** Returns a body with another application token. */
    static byte[] forged(byte[] body, Portal portal) {
        return new String(body, UTF_8)
                .replace(portal.applicationToken().reveal(), "0".repeat(32))
                .getBytes(UTF_8);
    }

    private static HttpResponse<String> send(HttpRequest request) {
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
