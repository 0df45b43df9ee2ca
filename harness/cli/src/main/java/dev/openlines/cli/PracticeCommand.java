// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.model.Secret;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code openlines practice}: a handler to try {@code verify} on, right or a mutant with one known defect. */
@Command(
        name = "practice",
        mixinStandardHelpOptions = true,
        description = "Runs a handler to try verify on: right, or a mutant. Not for production.")
final class PracticeCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--port", paramLabel = "P", description = "The port; 0, as by default, for any free one.")
    private int port;

    @Option(names = "--member-id", required = true, paramLabel = "M", description = "The portal to trust.")
    private String memberId = "";

    @Option(names = "--application-token", required = true, paramLabel = "T", description = "Its token.")
    private String proof = "";

    @Option(names = "--data", required = true, paramLabel = "FOLDER", description = "The folder of its journal.")
    private Path data = Path.of("");

    @Option(names = "--evidence", required = true, paramLabel = "FILE", description = "The file of its effects.")
    private Path evidence = Path.of("");

    @Option(names = "--second-member-id", paramLabel = "M", description = "Another portal to trust.")
    private @Nullable String secondMemberId;

    @Option(names = "--second-application-token", paramLabel = "T", description = "Its token.")
    private @Nullable String secondProof;

    @Option(names = "--portal", paramLabel = "URL", description = "The portal to ask about each chat; none by default.")
    private @Nullable String portal;

    @Option(
            names = "--webhook",
            paramLabel = "URL",
            description =
                    "An incoming webhook of the portal, to compare its closed sessions with the events at the start.")
    private @Nullable String webhook;

    @Option(names = "--mutant", paramLabel = "NAME", description = "The defect to have: one of selftest --list.")
    private @Nullable String mutant;

    PracticeCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        try {
            PracticeHandler handler = PracticeHandler.start(
                    port,
                    memberId,
                    Secret.of(proof),
                    data,
                    evidence,
                    mutant == null ? null : Sin.of(mutant),
                    out::println);
            if (secondMemberId != null && secondProof != null) {
                handler.trust(secondMemberId, Secret.of(secondProof));
            }
            if (portal != null) {
                handler.asks(portal);
            }
            if (webhook != null) {
                handler.compares(Secret.of(webhook));
            }
            Runtime.getRuntime().addShutdownHook(new Thread(handler::close, "practice-stop"));
            out.println("practice handler ready at " + handler.uri());
            new CountDownLatch(1).await();
            return 0;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
        }
    }
}
