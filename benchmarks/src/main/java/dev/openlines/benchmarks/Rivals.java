// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Receivers as teams write them without this library. Each checks the token, knows a repeat by a unique key, and commits
 * event and effect in one transaction that is on the disk before the answer. Starting one throws an {@link IOException} if its
 * tool is missing.
 */
final class Rivals {

    /** Hundredths of a second, as Linux counts CPU time. */
    private static final long TICK_NANOS = 10_000_000;

    private static final List<String> PACKAGES = List.of("express@5.1.0", "better-sqlite3@11.10.0");

    private Rivals() {}

    /** Installs Express 5 and better-sqlite3 by npm into target, and starts the server. */
    static Receive.Server express(Path directory) throws Exception {
        Path home = Files.createDirectories(Path.of("target", "express").toAbsolutePath());
        Files.writeString(home.resolve("package.json"), "{\"private\": true, \"type\": \"module\"}");
        if (!Files.isDirectory(home.resolve("node_modules"))) {
            List<String> install = new ArrayList<>(List.of("npm", "install", "--no-audit", "--no-fund", "--no-save"));
            install.addAll(PACKAGES);
            install(install, home);
        }
        Process node = new ProcessBuilder(
                        "node",
                        resource("express.mjs", home).toString(),
                        directory.resolve("express.db").toString(),
                        ReceiveServer.MEMBER,
                        ReceiveServer.TOKEN)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out = node.inputReader(StandardCharsets.UTF_8);
        return new Receive.Server("express", node, null, port(out));
    }

    /** Builds the Spring Boot application with Maven in target, unless it is there, and starts it over PostgreSQL. */
    static Receive.Server spring(Path directory, String database) throws Exception {
        Path home = Files.createDirectories(Path.of("target", "spring").toAbsolutePath());
        boolean changed = false;
        for (String name : List.of("pom.xml", "Application.java", "schema.sql")) {
            changed |= copied("spring/" + name, home.resolve(name));
        }
        Path jar = home.resolve("target").resolve("peer.jar");
        if (changed || !Files.exists(jar)) {
            install(List.of("mvn", "--batch-mode", "--quiet", "clean", "package"), home);
        }
        Process spring = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx512m",
                        "-jar",
                        jar.toString(),
                        "--server.port=0",
                        "--server.address=127.0.0.1",
                        "--spring.main.banner-mode=off",
                        "--spring.sql.init.mode=always",
                        "--spring.datasource.url=" + database,
                        "--logging.level.root=error",
                        "--peer.member=" + ReceiveServer.MEMBER,
                        "--peer.token=" + ReceiveServer.TOKEN)
                .directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new Receive.Server("spring", spring, null, port(spring.inputReader(StandardCharsets.UTF_8)));
    }

    /** Returns the port that a server prints when it is ready. */
    private static int port(BufferedReader out) throws IOException {
        String port = out.readLine();
        if (port == null || !port.matches("\\d+")) {
            throw new IOException("the server did not start: " + port);
        }
        return Integer.parseInt(port);
    }

    /** Runs a command that gets what a server needs from a registry. */
    private static void install(List<String> command, Path home) throws IOException, InterruptedException {
        Path log = home.resolve("install.log");
        Process process = new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!process.waitFor(15, TimeUnit.MINUTES) || process.exitValue() != 0) {
            process.destroy();
            throw new IOException(command.get(0) + " failed, see " + log);
        }
    }

    /** Starts four workers of php-fpm behind nginx, with PDO over SQLite. */
    static Receive.Server php(Path directory) throws Exception {
        Path fpm = Stream.of(
                        "/usr/sbin/php-fpm8.4", "/usr/sbin/php-fpm8.3", "/usr/sbin/php-fpm8.2", "/usr/sbin/php-fpm")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IOException("there is no php-fpm in /usr/sbin"));
        Path home = Files.createDirectories(directory.resolve("php"));
        Path script = resource("receiver.php", home);
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path settings = Files.writeString(home.resolve("fpm.conf"), """
                [global]
                error_log = %1$s/fpm.log
                daemonize = no
                [www]
                listen = %1$s/fpm.sock
                pm = static
                pm.max_children = 4
                """.formatted(home));
        Path web = Files.writeString(home.resolve("nginx.conf"), """
                user %6$s;
                daemon off;
                pid %1$s/nginx.pid;
                error_log %1$s/nginx.log;
                worker_processes 1;
                events { worker_connections 1024; }
                http {
                  access_log off;
                  keepalive_requests 100000000;
                  client_body_temp_path %1$s/body;
                  proxy_temp_path %1$s/proxy;
                  fastcgi_temp_path %1$s/fastcgi;
                  uwsgi_temp_path %1$s/uwsgi;
                  scgi_temp_path %1$s/scgi;
                  server {
                    listen 127.0.0.1:%2$d backlog=1024;
                    location / {
                      fastcgi_pass unix:%1$s/fpm.sock;
                      fastcgi_param SCRIPT_FILENAME %3$s;
                      fastcgi_param REQUEST_METHOD $request_method;
                      fastcgi_param CONTENT_TYPE $content_type;
                      fastcgi_param CONTENT_LENGTH $content_length;
                      fastcgi_param MEMBER %4$s;
                      fastcgi_param TOKEN %5$s;
                      fastcgi_param DATABASE %1$s/inbox.db;
                    }
                  }
                }
                """.formatted(
                home, port, script, ReceiveServer.MEMBER, ReceiveServer.TOKEN, System.getProperty("user.name")));
        // One process that ends both, so that its descendants are all that the receiver uses.
        Process both = new ProcessBuilder(
                        "sh",
                        "-c",
                        fpm + " -n -d extension=pdo.so -d extension=pdo_sqlite.so -R -F -y " + settings
                                + " & nginx -e stderr -c " + web + "; kill $!")
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("sh.log").toFile())
                .start();
        for (int i = 0; ; i++) {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                if (Files.exists(home.resolve("fpm.sock"))) {
                    return new Receive.Server("php", both, null, port);
                }
            } catch (IOException e) {
                if (i == 100 || !both.isAlive()) {
                    both.descendants().forEach(ProcessHandle::destroy);
                    both.destroy();
                    throw new IOException(
                            "nginx and php-fpm do not start: " + Files.readString(home.resolve("sh.log")));
                }
            }
            Thread.sleep(100);
        }
    }

    private static Path resource(String name, Path directory) throws IOException {
        Path file = directory.resolve(name);
        copied(name, file);
        return file;
    }

    /** Copies a resource, and returns whether that has changed the file. */
    private static boolean copied(String name, Path file) throws IOException {
        try (InputStream in = Rivals.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("expected " + name + " beside the class");
            }
            byte[] content = in.readAllBytes();
            if (Files.exists(file) && Arrays.equals(content, Files.readAllBytes(file))) {
                return false;
            }
            Files.write(file, content);
            return true;
        }
    }

    /** Returns the CPU time of a process and of those that it has started. */
    static long cpuNanos(Process process) {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants())
                        .mapToLong(Rivals::ticks)
                        .sum()
                * TICK_NANOS;
    }

    private static long ticks(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        } catch (IOException e) {
            return 0;
        }
    }
}
