// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.testkit.Await;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RequiresTool;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The files in {@code deploy}: nginx is run with its own in front of the packaged receiver. */
@Timeout(300)
class DeployIT {

    private static final Path DEPLOY = Path.of("deploy");
    /** More checks than one sender may fail at once, and fewer than all together may. */
    private static final int FORGED = 50;

    @TempDir
    Path directory;

    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void end() throws Exception {
        // nginx ends its workers itself.
        for (Process process : processes) {
            process.destroy();
            if (!process.waitFor(1, TimeUnit.MINUTES)) {
                process.destroyForcibly();
            }
        }
    }

    @Test
    @RequiresTool({"nginx", "openssl"})
    void nginxSpeaksTlsKeepsBodiesBackAndLetsTheReceiverDecide() throws Exception {
        Process receiver = receiver(Map.of());
        int receiverPort = port(receiver);
        int port = nginx(receiverPort);

        assertThat(status(port, post("/bitrix24", Bodies.finish(17)))).isEqualTo(200);
        assertThat(status(port, post("/bitrix24", Bodies.finish(17, "auth[application_token]", "no"))))
                .isEqualTo(403);
        assertThat(status(port, "GET /bitrix24 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                .isEqualTo(405);
        assertThat(status(port, post("/bitrix24/", Bodies.finish(18)))).isEqualTo(404);
        assertThat(status(port, post("/", Bodies.finish(18)))).isEqualTo(404);
        // nginx's own limit, and the receiver's below it.
        assertThat(status(port, "POST /bitrix24 HTTP/1.1\r\nHost: a\r\nContent-Length: 1100000\r\n\r\n"))
                .isEqualTo(413);
        assertThat(status(port, post("/bitrix24", "x=" + "y".repeat(900_000)))).isEqualTo(413);

        // Bodies that never end stay with nginx: the receiver has no connection of theirs.
        List<Socket> slow = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            Socket socket = tls(port);
            slow.add(socket);
            String request = post("/bitrix24", Bodies.finish(100 + i));
            socket.getOutputStream()
                    .write(request.substring(0, request.length() - 1).getBytes(UTF_8));
            socket.getOutputStream().flush();
        }
        assertThat(status(port, post("/bitrix24", Bodies.finish(19)))).isEqualTo(200);
        assertThat(established(receiverPort)).isLessThan(10);
        for (Socket socket : slow) {
            socket.close();
        }
        try (Stream<Path> kept = Files.walk(directory.resolve("bodies"))) {
            assertThat(kept.filter(Files::isRegularFile))
                    .as("bodies on the disk")
                    .isEmpty();
        }

        receiver.destroy();
        assertThat(receiver.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(status(port, post("/bitrix24", Bodies.finish(20)))).isEqualTo(502);
        port(receiver(Map.of("OPENLINES_PORT", Integer.toString(receiverPort))));
        assertThat(status(port, post("/bitrix24", Bodies.finish(20)))).isEqualTo(200);
    }

    @Test
    @Tag("long")
    @RequiresTool({"nginx", "openssl"})
    void oneSendersForgedInstallationsBehindNginxCountForNoOther() throws Exception {
        Path key = directory.resolve("token.key");
        Process tool = receiver(Map.of(), "inbox", "new-key", key.toString());
        assertThat(tool.waitFor()).isZero();
        try (OAuthHost host = new OAuthHost(Bodies.MEMBER)) {
            Process receiver = receiver(Map.of(
                    "OPENLINES_MEMBER_ID", "",
                    "OPENLINES_APPLICATION_TOKEN", "",
                    "OPENLINES_CLIENT_ID", "app.1",
                    "OPENLINES_CLIENT_SECRET", "canary-client-secret",
                    "OPENLINES_TOKEN_KEY", key.toString(),
                    "OPENLINES_TOKENS", directory.resolve("tokens.db").toString(),
                    "OPENLINES_OAUTH_HOSTS", host.name(),
                    "OPENLINES_RECONCILE", "off",
                    "OPENLINES_TRUSTED_PROXIES", "127.0.0.1"));
            int port = nginx(port(receiver));

            // An installation that is not checked at once is stored until it may be: 200. A failed check is 403.
            int[] forged = {0};
            Await.until("the end of the sender's budget", () -> {
                assertThat(++forged[0]).as("checks in all").isLessThan(FORGED);
                return status("127.0.0.2", port, install(host, forged[0])) == 200;
            });
            assertThat(status("127.0.0.3", port, install(host, FORGED))).isEqualTo(403);
        }
    }

    /** Returns a forged installation of a portal of its own, with another address each time that the sender claims. */
    private static String install(OAuthHost host, int number) {
        String endpoint = URLEncoder.encode(host.endpoint(), UTF_8);
        return post(
                "/bitrix24",
                "198.51.100." + number,
                "event=ONAPPINSTALL&data%5BVERSION%5D=1&ts=1760000000&auth%5Bmember_id%5D=stranger" + number
                        + "&auth%5Baccess_token%5D=canary-access-0&auth%5Brefresh_token%5D=bogus" + number
                        + "&auth%5Bserver_endpoint%5D=" + endpoint + "&auth%5Bclient_endpoint%5D=" + endpoint
                        + "&auth%5Bapplication_token%5D=" + "e".repeat(32));
    }

    @Test
    @RequiresTool("systemd-analyze")
    void theUnitIsOneThatSystemdTakes() throws Exception {
        assertThat(analyzed("verify")).doesNotContain("openlines.service");
    }

    /** Limits the exposure. The threshold is from 0 to 100, ten times the level that systemd prints. */
    @Test
    @RequiresTool("systemd-analyze")
    void theUnitExposesLittle() throws Exception {
        assertThat(analyzed("--no-pager", "security", "--offline=yes", "--threshold=20"))
                .contains("Overall exposure level");
    }

    /** Returns what systemd prints of the unit, after it has accepted it. */
    private static String analyzed(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("systemd-analyze"));
        command.addAll(List.of(arguments));
        command.add(DEPLOY.resolve("openlines.service").toString());
        Process check = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(check.getInputStream().readAllBytes(), UTF_8);
        assertThat(check.waitFor()).as(said).isZero();
        return said;
    }

    @Test
    void eachStartEndsTheProcessIfMemoryIsExhausted() throws IOException {
        for (String file : List.of("openlines.service", "Dockerfile")) {
            assertThat(Files.readAllLines(DEPLOY.resolve(file)))
                    .filteredOn(line -> line.startsWith("ExecStart=") || line.startsWith("ENTRYPOINT"))
                    .as(file)
                    .isNotEmpty()
                    .allMatch(line -> line.contains("-XX:+ExitOnOutOfMemoryError"));
        }
    }

    @Test
    void aReceiverMakesAnArchiveOfItsClassesAndTheNextStartUsesIt() throws Exception {
        List<String> commands =
                PageShell.commands("docs/deploying.md").get(1).lines().toList();
        assertThat(commands).hasSize(2);
        try (PageShell shell = new PageShell(directory)) {
            shell.export("OPENLINES_PORT", "0");
            shell.export("OPENLINES_MEMBER_ID", Bodies.MEMBER);
            shell.export("OPENLINES_APPLICATION_TOKEN", Bodies.TOKEN);
            PageShell.Running first = shell.start(commands.get(0));
            first.address("receiver ready at ");
            first.stop();
            assertThat(directory.resolve("quickstart.jsa")).isNotEmptyFile();

            shell.export("JAVA_TOOL_OPTIONS", "-Xlog:class+load:file=loaded.txt");
            PageShell.Running second = shell.start(commands.get(1));
            second.address("receiver ready at ");
            second.stop();
        }

        List<String> loaded = Files.readAllLines(directory.resolve("loaded.txt"));
        assertThat(loaded)
                .anyMatch(line -> line.contains("openlines.server.ReceiverServer source: shared objects file (top)"))
                .as("the management of the JVM and methods of records make a start slower")
                .noneMatch(line -> line.contains("java.lang.management.ManagementFactory "))
                .noneMatch(line -> line.contains("java.lang.runtime.ObjectMethods "));
        // A few of Jetty's are loaded only because the receiver stops.
        assertThat(loaded).filteredOn(line -> line.contains(" source: file:")).hasSizeLessThan(10);
        assertThat(loaded)
                .as("classes that are generated in each start")
                .filteredOn(line -> line.contains("__JVM_LookupDefineClass__"))
                .hasSizeLessThan(60);
    }

    private Process receiver(Map<String, String> settings, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-jar",
                Path.of(System.getProperty("quickstart.jar")).toAbsolutePath().toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.directory(directory.toFile());
        builder.environment().put("OPENLINES_HOST", "127.0.0.1");
        builder.environment().put("OPENLINES_PORT", "0");
        builder.environment().put("OPENLINES_PATH", "/bitrix24");
        builder.environment()
                .put("OPENLINES_INBOX", directory.resolve("inbox.db").toString());
        builder.environment().put("OPENLINES_MEMBER_ID", Bodies.MEMBER);
        builder.environment().put("OPENLINES_APPLICATION_TOKEN", Bodies.TOKEN);
        builder.environment().putAll(settings);
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        processes.add(process);
        return process;
    }

    private static int port(Process receiver) throws IOException {
        BufferedReader lines = receiver.inputReader(UTF_8);
        String line = lines.readLine();
        while (!line.startsWith("receiver ready at ")) {
            line = lines.readLine();
        }
        return URI.create(line.substring("receiver ready at ".length())).getPort();
    }

    /** Runs nginx with the server of the file, but for ports and certificate. */
    private int nginx(int receiver) throws Exception {
        run(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=app.example.com",
                "-keyout",
                "key.pem",
                "-out",
                "chain.pem");
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        String server = Files.readString(DEPLOY.resolve("nginx.conf"))
                .replace("listen 443 ssl", "listen 127.0.0.1:" + port + " ssl")
                .replace("http://127.0.0.1:8080", "http://127.0.0.1:" + receiver)
                .replace("/etc/ssl/openlines/", directory + "/");
        Path configuration = Files.writeString(
                directory.resolve("nginx.conf"),
                "daemon off;\nworker_processes 1;\npid " + directory + "/nginx.pid;\nerror_log " + directory
                        + "/error.log;\n" + (System.getProperty("user.name").equals("root") ? "user root;\n" : "")
                        + "events {}\nhttp {\naccess_log off;\nclient_body_temp_path " + directory + "/bodies;\n"
                        + "proxy_temp_path " + directory + "/proxy;\nfastcgi_temp_path " + directory + "/fastcgi;\n"
                        + "uwsgi_temp_path " + directory + "/uwsgi;\nscgi_temp_path " + directory + "/scgi;\n" + server
                        + "}\n");
        Process process = new ProcessBuilder("nginx", "-p", directory.toString(), "-c", configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("nginx.out").toFile())
                .start();
        processes.add(process);
        Await.until(
                () -> {
                    try {
                        return "nginx: " + Files.readString(directory.resolve("nginx.out"));
                    } catch (IOException e) {
                        return "nginx";
                    }
                },
                () -> {
                    try (Socket socket = tls(port)) {
                        return socket.isConnected();
                    } catch (IOException e) {
                        return false;
                    }
                });
        return port;
    }

    private void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("openssl.out").toFile())
                .start();
        assertThat(process.waitFor()).as(() -> String.join(" ", command)).isZero();
    }

    private static String post(String path, String body) {
        return post(path, "9.9.9.9", body);
    }

    private static String post(String path, String claimed, String body) {
        return "POST " + path
                + " HTTP/1.1\r\nHost: app.example.com\r\nX-Forwarded-For: " + claimed + "\r\nConnection: close\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + body.length() + "\r\n\r\n"
                + body;
    }

    private static int status(int port, String request) throws Exception {
        return status("127.0.0.1", port, request);
    }

    private static int status(String from, int port, String request) throws Exception {
        try (Socket socket = tls(from, port)) {
            socket.setSoTimeout(120_000);
            socket.getOutputStream().write(request.getBytes(UTF_8));
            socket.getOutputStream().flush();
            String answer = new String(socket.getInputStream().readNBytes(12), UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 ");
            return Integer.parseInt(answer.substring(9));
        }
    }

    /** Returns how many connections the receiver has, by Linux's own table. */
    private static long established(int port) throws IOException {
        String local = String.format(":%04X", port);
        try (Stream<String> rows = Stream.of("tcp", "tcp6").flatMap(DeployIT::rows)) {
            return rows.map(row -> row.strip().split("\\s+"))
                    .filter(row -> row[1].endsWith(local) && row[3].equals("01"))
                    .count();
        }
    }

    private static Stream<String> rows(String table) {
        try {
            return Files.readAllLines(Path.of("/proc/net", table)).stream().skip(1);
        } catch (IOException e) {
            return Stream.empty();
        }
    }

    private static Socket tls(int port) throws IOException {
        return tls("127.0.0.1", port);
    }

    private static Socket tls(String from, int port) throws IOException {
        try {
            SSLContext anyCertificate = SSLContext.getInstance("TLS");
            anyCertificate.init(null, new TrustManager[] {new Anyone()}, new SecureRandom());
            SSLSocket socket = (SSLSocket) anyCertificate
                    .getSocketFactory()
                    .createSocket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName(from), 0);
            socket.startHandshake();
            return socket;
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The certificate was made a moment ago. */
    private static final class Anyone implements X509TrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
            // This is no server.
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            assertThat(Arrays.asList(chain)).isNotEmpty();
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
