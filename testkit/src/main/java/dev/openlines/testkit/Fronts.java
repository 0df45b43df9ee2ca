// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Shell commands that run a handler, which listens on a port of its own, behind another server. */
public final class Fronts {

    private static final String NGINX = """
            daemon off;
            user root;
            pid %1$s/nginx.pid;
            error_log %1$s/nginx.log;
            events { worker_connections 2048; }
            http {
              access_log off;
              client_body_temp_path %1$s/body;
              proxy_temp_path %1$s/proxy;
              fastcgi_temp_path %1$s/fastcgi;
              uwsgi_temp_path %1$s/uwsgi;
              scgi_temp_path %1$s/scgi;
              server {
                listen 127.0.0.1:%2$d backlog=1024;
                location / { proxy_pass http://127.0.0.1:%3$d; }
              }
            }
            """;

    private Fronts() {}

    /**
     * Returns a command with nginx before the handler, in its configuration of every day: it buffers bodies, takes at most a
     * megabyte, names its version, and answers 502 if the handler is away.
     */
    public static String proxied(String handler, int port, int inner, Path folder) {
        try {
            Files.createDirectories(folder);
            Path settings = Files.writeString(folder.resolve("nginx.conf"), NGINX.formatted(folder, port, inner));
            return "(" + handler + ") & exec nginx -p '" + folder + "' -c '" + settings + "'";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Returns a command with a queue before the handler. The queue stores each request on disk and answers 202. Then it
     * delivers the request until the handler has answered 2xx or 4xx, and each tenth once more.
     */
    public static String queued(String handler, int port, int inner, Path folder) {
        Path queue = folder.resolve("queue.py");
        try (InputStream program = Fronts.class.getResourceAsStream("queue.py")) {
            if (program == null) {
                throw new IllegalStateException("queue.py is not beside its class");
            }
            Files.createDirectories(folder);
            Files.copy(program, queue, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return "(" + handler + ") & exec python3 '" + queue + "' " + port + " " + inner + " '" + folder + "'";
    }
}
