// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The command line, {@code openlines.jar}. Exit codes: 0 done, 1 refused or failed, 3 bad input, 70 a
 * fault of ours.
 */
@Command(
        name = "openlines",
        description = "Develop and test handlers of Bitrix24 Open Lines events, without a portal.",
        mixinStandardHelpOptions = true,
        exitCodeOnInvalidInput = OpenlinesCommand.BAD_INPUT,
        exitCodeOnExecutionException = OpenlinesCommand.OUR_FAULT)
public final class OpenlinesCommand implements Runnable {

    static final int FAILED = 1;
    static final int BAD_INPUT = 3;
    static final int OUR_FAULT = 70;

    /** The commands, in the order of the help. */
    private static final List<Class<?>> COMMANDS = List.of(
            DecodeCommand.class,
            EncodeCommand.class,
            SendCommand.class,
            PortalCommand.class,
            DoctorCommand.class,
            SessionsCommand.class,
            ListenCommand.class,
            CompareCommand.class,
            CaptureCommand.class,
            VerifyCommand.class,
            CatalogueCommands.ListCommand.class,
            CatalogueCommands.ExplainCommand.class,
            PracticeCommand.class,
            SelftestCommand.class);

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private OpenlinesCommand() {}

    /**
     * Runs one command and ends the process with its exit code.
     *
     * @param arguments the command and its flags
     */
    public static void main(String[] arguments) {
        System.exit(execute(
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                arguments));
    }

    /** Runs one command and returns its exit code. */
    static int execute(PrintWriter out, PrintWriter err, String... arguments) {
        CommandLine line = line(out, err, arguments.length == 0 ? "" : arguments[0]);
        return line.execute(arguments);
    }

    /**
     * Returns a command line with one command, or with all of them if none has the name. Picocli reads the options of
     * each command by reflection. For all commands, that takes a third of the start of a portal.
     */
    static CommandLine line(PrintWriter out, PrintWriter err, String name) {
        CommandLine line = new CommandLine(new OpenlinesCommand());
        List<Class<?>> named =
                COMMANDS.stream().filter(command -> name(command).equals(name)).toList();
        (named.isEmpty() ? COMMANDS : named).forEach(line::addSubcommand);
        line.setOut(new PrintWriter(new TerminalWriter(out), true));
        line.setErr(new PrintWriter(new TerminalWriter(err), true));
        // Colors would need characters that must not reach the terminal.
        line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler((e, arguments) -> {
            e.getCommandLine().getErr().println("openlines: " + WrongArguments.told(e, arguments));
            return BAD_INPUT;
        });
        line.setExecutionExceptionHandler((e, command, result) -> {
            if (e instanceof CommandFailure failure) {
                command.getErr().println("openlines: " + failure.getMessage());
                return failure.exitCode();
            }
            command.getErr().println("openlines: this is a fault of openlines, please report it");
            e.printStackTrace(command.getErr());
            return OUR_FAULT;
        });
        setVersion(line, "openlines " + version());
        return line;
    }

    private static String name(Class<?> command) {
        return Objects.requireNonNull(command.getAnnotation(Command.class)).name();
    }

    private static void setVersion(CommandLine line, String version) {
        line.getCommandSpec().version(version);
        line.getSubcommands().values().forEach(subcommand -> setVersion(subcommand, version));
    }

    /** Returns the version as Maven has noted it in the jar. */
    private static String version() {
        Properties properties = new Properties();
        try (InputStream in = OpenlinesCommand.class.getResourceAsStream(
                "/META-INF/maven/dev.openlines/openlines-cli/pom.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            return "unknown";
        }
        return properties.getProperty("version", "development");
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "a command is missing; the commands are " + WrongArguments.commandsOf(spec));
    }
}
