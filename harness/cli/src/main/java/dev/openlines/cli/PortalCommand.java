// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.parser.EventCapture;
import dev.openlines.portal.PortalServer;
import dev.openlines.portal.PortalSetup;
import dev.openlines.portal.wire.EventSender;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code openlines portal}: runs a portal to develop against, until the process is stopped. */
@Command(
        name = "portal",
        mixinStandardHelpOptions = true,
        description = "Runs a simulated portal on 127.0.0.1 until it is stopped.")
final class PortalCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--port", paramLabel = "P", description = "The port; 0, as by default, for any free one.")
    private int port;

    @Option(names = "--seed", paramLabel = "FILE", description = "A JSON file that describes the portals.")
    private @Nullable String seed;

    @Option(
            names = "--public-url",
            paramLabel = "URL",
            description = "The address of this server for clients, if a proxy is in front of it.")
    private @Nullable URI publicUrl;

    @Option(
            names = "--dialect-from",
            paramLabel = "PATH",
            description = "Send events in the shapes of captures: a file of capture export, or a receiver's folder.")
    private @Nullable Path captures;

    @Option(names = "--insecure", description = "Accept any certificate of https handlers.")
    private boolean insecure;

    private PortalCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        if (port < 0 || port > 65535) {
            throw new ParameterException(spec.commandLine(), "expected 0 to 65535 for --port but found " + port);
        }
        PrintWriter out = spec.commandLine().getOut();
        try {
            PortalServer server = start();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server), "portal-stop"));
            out.println("portal ready at " + server.uri());
            new CountDownLatch(1).await();
            return 0;
        } catch (UncheckedIOException e) {
            throw CommandFailure.badInput(String.valueOf(e.getMessage()));
        }
    }

    private PortalServer start() {
        if (publicUrl != null && !publicUrl.toString().matches("https?://[^/?#]+/")) {
            throw new ParameterException(
                    spec.commandLine(), "expected an address such as https://localhost:8443/ for --public-url");
        }
        byte[] content = null;
        if (seed != null) {
            try (CommandInput input = CommandInput.open(seed)) {
                content = input.all();
            }
        }
        List<EventCapture> shapes = captures == null ? List.of() : CaptureFiles.read(captures);
        PortalServer server = PortalServer.start(
                port,
                publicUrl,
                insecure ? EventSender.Settings.defaults().insecure() : EventSender.Settings.defaults());
        try {
            if (content == null) {
                server.portal(PortalSetup.minted().label("portal")).openLine("Open line");
            } else {
                server.seed(content);
            }
            server.portals().forEach(portal -> shapes.forEach(portal.sending()::learn));
            return server;
        } catch (IllegalArgumentException e) {
            server.close();
            throw CommandFailure.badInput("the seed file " + seed + ": " + e.getMessage());
        }
    }

    /** Stops the server. A signal is the usual end of this command, so its exit code is that of a success. */
    private static void stop(PortalServer server) {
        server.close();
        Runtime.getRuntime().halt(0);
    }
}
