// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.EventCapture;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code openlines capture}: shows the shapes of requests that a receiver has stored. */
@Command(
        name = "capture",
        mixinStandardHelpOptions = true,
        description = {
            "Shows and exports the captures that a receiver keeps with OPENLINES_CAPTURES: requests with every value"
                    + " replaced by one of the same shape.",
            "  capture show PATH",
            "  capture export PATH [--event CODE] --output FILE"
        },
        subcommands = {CaptureCommand.Show.class, CaptureCommand.Export.class})
final class CaptureCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private CaptureCommand() {}

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "a command is missing; the commands are " + WrongArguments.commandsOf(spec));
    }

    /** {@code openlines capture show}. */
    @Command(name = "show", mixinStandardHelpOptions = true, description = "Prints captures.")
    static final class Show implements Callable<Integer> {

        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Parameters(paramLabel = "PATH", description = "A receiver's folder of captures, or a file of them.")
        private Path path = Path.of("");

        private Show() {}

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            for (EventCapture capture : CaptureFiles.read(path)) {
                String format = capture.format().name().toLowerCase(Locale.ROOT);
                out.println(capture.event() + ", " + format + ", headers: " + String.join(", ", capture.headers()));
                String body = new String(capture.body(), StandardCharsets.UTF_8);
                for (String line : capture.format() == BodyFormat.FORM ? body.split("&") : new String[] {body}) {
                    // A file of others may contain characters that a terminal treats as commands.
                    out.println("    "
                            + line.replaceAll("[\\x00-\\x1F\\x7F-\\x9F]", "?")
                                    .replace("%5B", "[")
                                    .replace("%5D", "]"));
                }
            }
            return 0;
        }
    }

    /** {@code openlines capture export}. */
    @Command(
            name = "export",
            mixinStandardHelpOptions = true,
            description = "Writes captures into one file, for portal --dialect-from or to send to the project.")
    static final class Export implements Callable<Integer> {

        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Parameters(paramLabel = "PATH", description = "A receiver's folder of captures, or a file of them.")
        private Path path = Path.of("");

        @Option(names = "--event", paramLabel = "CODE", description = "Only captures of this event.")
        private @Nullable String event;

        @Option(names = "--output", required = true, paramLabel = "FILE", description = "The file.")
        private Path output = Path.of("");

        private Export() {}

        @Override
        public Integer call() {
            String code = event == null ? null : event.toUpperCase(Locale.ROOT);
            List<EventCapture> captures = CaptureFiles.read(path).stream()
                    .filter(capture -> code == null || capture.event().equals(code))
                    .toList();
            if (captures.isEmpty()) {
                throw CommandFailure.failed("there is no such capture in " + path);
            }
            PrivateFile.write(output, CaptureFiles.text(captures) + "\n");
            spec.commandLine().getOut().println("captures exported: " + captures.size());
            return 0;
        }
    }
}
