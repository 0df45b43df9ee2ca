// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says in one line what is wrong with the arguments of a command, and what there is instead. */
final class WrongArguments {

    private WrongArguments() {}

    /** Returns the line. It repeats no argument that may hold a secret. */
    static String told(ParameterException e, String[] given) {
        return wrong(e, given).replaceAll("\\s*\\R\\s*", " ");
    }

    private static String wrong(ParameterException e, String[] given) {
        CommandSpec command = e.getCommandLine().getCommandSpec();
        boolean missing = e instanceof MissingParameterException;
        if (missing || e instanceof UnmatchedArgumentException) {
            // A misspelled option is named first: it may be the missing one.
            List<String> unmatched = e.getCommandLine().getUnmatchedArguments();
            if (!unmatched.isEmpty()) {
                return unmatched(command, unmatched);
            }
        }
        if (missing) {
            return missing(command, ((MissingParameterException) e).getMissing(), given);
        }
        if (e instanceof OverwrittenOptionException twice) {
            return name(twice.getOverwritten()) + " is given more than once";
        }
        if (e.getArgSpec() != null && e.getValue() != null) {
            return unreadable(e.getArgSpec(), e.getValue());
        }
        return String.valueOf(e.getMessage());
    }

    /** Returns the names of a command's own commands, as one would type them after the program's name. */
    static String commandsOf(CommandSpec command) {
        return command.subcommands().entrySet().stream()
                .filter(entry ->
                        !entry.getValue().getCommandSpec().usageMessage().hidden())
                .map(entry -> path(command, entry.getKey()))
                .collect(Collectors.joining(", "));
    }

    private static String unmatched(CommandSpec command, List<String> arguments) {
        if (arguments.stream().anyMatch(argument -> argument.startsWith("--access-token"))) {
            return "expected --access-token-file or the variable " + PortalOptions.TOKEN_VARIABLE
                    + " instead of --access-token, which a list of processes shows";
        }
        String first = arguments.get(0);
        if (first.startsWith("-") && first.length() > 1) {
            return option(command, first.split("=", 2)[0]);
        }
        if (!command.subcommands().isEmpty()) {
            return "there is no command " + path(command, first)
                    + Spelling.closest(first, command.subcommands().keySet())
                            .map(near -> ". Did you mean " + path(command, near) + "?")
                            .orElse("; the commands are " + commandsOf(command));
        }
        // The arguments are not repeated: one may be the rest of a secret with a space in it.
        String taken =
                command.positionalParameters().stream().map(ArgSpec::paramLabel).collect(Collectors.joining(" "));
        return name(command) + " takes " + (taken.isEmpty() ? "only options" : "only " + taken + " beside its options")
                + ", found " + (arguments.size() == 1 ? "one more argument" : arguments.size() + " more arguments");
    }

    private static String option(CommandSpec command, String found) {
        List<String> names = command.options().stream()
                .filter(option -> !option.hidden())
                .map(OptionSpec::longestName)
                .toList();
        return "there is no option " + found + (command.parent() == null ? "" : " of " + name(command))
                + Spelling.closest(found, names)
                        .map(near -> ". Did you mean " + near + "?")
                        .orElse("; the options are " + String.join(", ", names));
    }

    private static String missing(CommandSpec command, List<ArgSpec> missing, String[] given) {
        Optional<ArgSpec> empty = missing.stream()
                .filter(argument -> Arrays.stream(given).anyMatch(name(argument)::equals))
                .findFirst();
        return empty.map(option -> name(option) + " needs a value: " + option.paramLabel())
                .orElseGet(() -> name(command) + " needs "
                        + missing.stream().map(WrongArguments::usage).collect(Collectors.joining(", ")));
    }

    private static String usage(ArgSpec argument) {
        return argument.isOption() ? name(argument) + " " + argument.paramLabel() : name(argument);
    }

    private static String unreadable(ArgSpec argument, String found) {
        Class<?> type = argument.auxiliaryTypes()[0];
        // An address may hold the code of a webhook, and a path may be the value of another option.
        boolean shown = type != URI.class && type != Path.class;
        return name(argument) + ": expected " + wanted(type) + ", found " + (shown ? '"' + found + '"' : "other text");
    }

    private static String wanted(Class<?> type) {
        if (type.isEnum()) {
            return Stream.of(type.getEnumConstants())
                    .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(" or "));
        }
        if (type == int.class || type == Integer.class) {
            return "a whole number of at most " + Integer.MAX_VALUE;
        }
        if (type == long.class || type == Long.class) {
            return "a whole number of at most " + Long.MAX_VALUE;
        }
        if (type == double.class || type == Double.class) {
            return "a number";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "no value";
        }
        if (type == Duration.class) {
            return "a time such as PT2S";
        }
        return type == URI.class ? "an address" : "a path";
    }

    private static String name(ArgSpec argument) {
        return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
    }

    private static String name(CommandSpec command) {
        return path(command, "").strip();
    }

    /** Returns a name after the names of the command and of those above it, without the program's. */
    private static String path(CommandSpec command, String name) {
        return command.parent() == null ? name : path(command.parent(), command.name()) + " " + name;
    }
}
