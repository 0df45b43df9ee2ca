// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RawHttp;
import dev.openlines.testkit.Traces;
import java.io.BufferedReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sends a receiver all kinds of requests with secrets in them, then looks for the secrets wherever something
 * of it stays or comes out: files, log, answers, meters. Only Jetty's own log is not at its finest: there it
 * shows the bytes of a connection.
 */
@Timeout(300)
class CanaryTest {

    private static final Map<String, String> SECRETS = Map.of(
            "application token",
            Bodies.TOKEN,
            "access token",
            Bodies.ACCESS_TOKEN,
            "refresh token",
            Bodies.REFRESH_TOKEN,
            "client secret",
            "canary-secret-5b6d7f8091",
            "a forger's token",
            "canary-forged-1a2b3c4d5e",
            "what people wrote",
            "canary-visitor-77aa88bb99");

    @TempDir
    Path directory;

    private Process process;

    @AfterEach
    void kill() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    @Test
    void nothingSecretStaysOrComesOut() throws Exception {
        BufferedReader output = start().inputReader(StandardCharsets.UTF_8);
        RawHttp endpoint = new RawHttp(url(output, "ready "));
        RawHttp monitor = new RawHttp(url(output, "monitor "));
        List<String> answers = new ArrayList<>();
        String forged = SECRETS.get("a forger's token");
        String secret = SECRETS.get("client secret");
        String visitor = SECRETS.get("what people wrote");

        for (String body : List.of(
                Bodies.finish(1, "auth[client_secret]", secret, "AUTH_ID", forged, "REFRESH_ID", forged),
                Bodies.finish(1),
                Bodies.finish(1, "surprise", "1"),
                Bodies.finish(2, "data[DATA][user][access_token]", forged),
                Bodies.finish(3, "event", "ONCRMDEALADD", "data[auth][refresh_token]", forged),
                Bodies.finish(4, "data[DATA][connector][chat_id]", "x"),
                Bodies.finish(5, "auth[application_token]", forged),
                Bodies.finish(5, "auth[member_id]", forged),
                Bodies.finish(5, "auth[application_token][" + forged + "]", forged),
                Bodies.finish(5, "event", forged + "\n" + forged),
                Bodies.finish(5, "auth[application_token][x\r\nreason=invented\u001b[31m]", "1"),
                Bodies.finish(5, "auth[member_id][\nreason=invented]", "1"),
                Bodies.finish(1, "data[DATA][connector][chat_id]", "\r\nreason=invented\u001b[31m"),
                Bodies.finish(6, "event", "ONAPPINSTALL", "auth[application_token]", forged),
                Bodies.finish(7, "event", "ONAPPINSTALL"),
                "event=" + forged + "&auth=" + forged + "&" + forged + "=%",
                "%" + forged,
                "x=" + forged.repeat(5000))) {
            answers.add(endpoint.post(body));
        }
        answers.add(endpoint.post("{\"" + forged + "\":" + forged, "Content-Type: application/json"));
        answers.add(endpoint.post(Bodies.finish(8), "Content-Type: text/" + forged));
        answers.add(endpoint.post(Bodies.finish(8), "Cookie: a=" + forged, "X-" + forged + ": " + forged));
        answers.add(endpoint.send("GET /in?application_token=" + forged, Bodies.finish(8)));
        answers.add(endpoint.send("POST /" + forged, Bodies.finish(8)));
        answers.add(endpoint.send(forged + " /in", Bodies.finish(8)));
        answers.add(endpoint.post(Bodies.finish(9, "data[DATA][line][name]", visitor)));
        assertThat(answers)
                .filteredOn(answer -> answer.startsWith("HTTP/1.1 200 "))
                .hasSizeGreaterThan(6);
        String line = output.readLine();
        while (!line.equals("chat 9")) {
            line = output.readLine();
        }
        // The inbox cannot be written now, and the spool takes over.
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("inbox.db"));
                Statement statement = other.createStatement()) {
            statement.execute("begin exclusive");
            assertThat(endpoint.post(Bodies.finish(10, "auth[client_secret]", secret, "AUTH_ID", forged)))
                    .startsWith("HTTP/1.1 200 ");
            answers.add(endpoint.post(Bodies.finish(11, "data[DATA][user][access_token]", forged)));
            answers.add(endpoint.post(Bodies.finish(12, "event", "ONAPPUNINSTALL")));
            Files.copy(directory.resolve("spool"), directory.resolve("spool-in-use"));
            statement.execute("rollback");
        }
        for (String path : List.of("/metrics", "/health/live", "/health/ready", "/" + forged)) {
            answers.add(monitor.get(path));
        }
        process.destroy();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

        Map<String, String> places = new LinkedHashMap<>();
        places.put("answers", String.join("\n", answers));
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                places.put(file.getFileName().toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        assertThat(places).containsKeys("answers", "inbox.db", "log", "spool", "evidence.jsonl");
        assertThat(places.get("spool-in-use")).contains("OLSPOOL1", Bodies.MEMBER + "/10", Bodies.MEMBER + "/11");
        assertThat(places.get("log"))
                .contains("reason=malformed", "reason=refused", "reason=spool-begun", "DEBUG")
                .contains("reason=sender status=200 from=127.0.0.1", "reason=sender status=403 from=127.0.0.1")
                // Text of an unknown sender does not begin a line of its own.
                .doesNotContainPattern("(?m)^ *reason=invented")
                .doesNotContain("\u001b[31m");
        places.forEach((place, content) -> SECRETS.forEach((name, value) -> {
            // The inbox is where the event itself is kept, and the evidence says which line a chat was of.
            boolean kept = place.startsWith("inbox.db") || place.equals("evidence.jsonl");
            if (!(kept && name.equals("what people wrote"))) {
                Traces.assertNone(place, content, name, value);
            }
        }));
    }

    private Process start() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=trace",
                "-Dorg.slf4j.simpleLogger.log.org.eclipse.jetty=info",
                "-cp",
                System.getProperty("java.class.path"),
                CrashApp.class.getName());
        builder.environment()
                .putAll(Map.of(
                        "OPENLINES_PORT",
                        "0",
                        "OPENLINES_MONITOR_PORT",
                        "0",
                        "OPENLINES_PATH",
                        "/in",
                        "OPENLINES_INBOX",
                        directory.resolve("inbox.db").toString(),
                        "OPENLINES_SPOOL",
                        directory.resolve("spool").toString(),
                        "OPENLINES_MEMBER_ID",
                        Bodies.MEMBER,
                        "OPENLINES_APPLICATION_TOKEN",
                        Bodies.TOKEN,
                        "OPENLINES_EVIDENCE",
                        directory.resolve("evidence.jsonl").toString()));
        builder.redirectError(directory.resolve("log").toFile());
        process = builder.start();
        return process;
    }

    private static URI url(BufferedReader output, String begin) throws Exception {
        String line = output.readLine();
        while (line != null && !line.startsWith(begin)) {
            line = output.readLine();
        }
        assertThat(line).as("the line that says " + begin).isNotNull();
        return URI.create(line.substring(begin.length()));
    }
}
