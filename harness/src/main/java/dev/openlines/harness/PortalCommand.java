// SPDX-License-Identifier: Apache-2.0
package dev.openlines.harness;

import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code openlines portal}: a portal to develop against, until the process is stopped. */
@Command(
        name = "portal",
        mixinStandardHelpOptions = true,
        description = "Runs a simulated portal on 127.0.0.1 until it is stopped.")
final class PortalCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--port", paramLabel = "P", description = "The port; 0, as by default, for any free one.")
    private int port;

    private PortalCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        if (port < 0 || port > 65535) {
            throw new ParameterException(spec.commandLine(), "expected 0 to 65535 for --port but found " + port);
        }
        PrintWriter out = spec.commandLine().getOut();
        try {
            PortalServer server = PortalServer.start(port);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server), "portal-stop"));
            server.portal(PortalSetup.minted().label("portal"));
            out.println("portal ready at " + server.uri());
            new CountDownLatch(1).await();
            return 0;
        } catch (UncheckedIOException e) {
            throw CommandFailure.badInput(String.valueOf(e.getMessage()));
        }
    }

    /** A signal is how this command is meant to end, so it ends as a success. */
    private static void stop(PortalServer server) {
        server.close();
        Runtime.getRuntime().halt(0);
    }
}
