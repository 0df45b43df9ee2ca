// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.contract.ContractCase;
import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.Level;
import dev.openlines.contract.Oracle;
import dev.openlines.model.Secret;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The commands that show the catalogue: {@code list} and {@code explain}. */
final class CatalogueCommands {

    private static final int SHOWN = 12;
    private static final int SILENCE = 10_000;

    private CatalogueCommands() {}

    /** {@code openlines list}: one line for each case. */
    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the cases of the contract.")
    static final class ListCommand implements Callable<Integer> {

        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Option(names = "--level", paramLabel = "L", description = "Only must, should or may.")
        private @Nullable Level level;

        @Option(names = "--group", paramLabel = "G", description = "Only one group, A to J.")
        private @Nullable String group;

        ListCommand() {}

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            List<ContractCase> cases = ContractSuite.catalogue().stream()
                    .filter(one -> level == null || one.level() == level)
                    .filter(one -> group == null || group.equalsIgnoreCase(Character.toString(one.group())))
                    .toList();
            for (ContractCase one : cases) {
                out.println(String.format(
                        Locale.ROOT,
                        "%s %-6s %-7s %-4s %s",
                        one.id(),
                        one.level(),
                        one.profile(),
                        one.oracles().stream().map(Oracle::name).collect(Collectors.joining()),
                        one.requirement()));
            }
            out.println(cases.size() + " cases");
            return 0;
        }
    }

    /** {@code openlines explain}: one case, with the bytes it sends. */
    @Command(
            name = "explain",
            mixinStandardHelpOptions = true,
            description = "Shows a case: its requirement, the source of that, and the exact bytes that it sends.")
    static final class ExplainCommand implements Callable<Integer> {

        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Parameters(index = "0", paramLabel = "ID", description = "Such as OSF-C-101, or 101.")
        private String id = "";

        @Option(names = "--handler", paramLabel = "URL", description = "The address to write into the requests.")
        private String handler = "http://127.0.0.1:8080/bitrix24";

        @Option(names = "--member-id", paramLabel = "M", description = "The portal.")
        private String memberId = "0123456789abcdef0123456789abcdef";

        @Option(names = "--application-token", paramLabel = "T", description = "Its token.")
        private String proof = "APPLICATION_TOKEN";

        @Option(names = "--seed", paramLabel = "N[@SECONDS]", description = "The seed in a run's report.")
        private String seed = "1@1795390000";

        @Option(names = "--captures", paramLabel = "PATH", description = "The captures that verify got, for 026.")
        private @Nullable Path captures;

        @Option(names = "--raw", paramLabel = "N", description = "Only the bytes of the N-th request.")
        private int raw;

        @Option(names = "--send", description = "With --raw: sends the bytes to the handler and prints its answer.")
        private boolean send;

        ExplainCommand() {}

        @Override
        public Integer call() throws InterruptedException {
            ContractCase one = ContractSuite.find(id)
                    .orElseThrow(() -> new ParameterException(
                            spec.commandLine(), "expected the id of a case but found '" + id + "'; list shows them"));
            List<byte[]> sent = dry(one);
            PrintWriter out = spec.commandLine().getOut();
            if (raw > 0) {
                if (raw > sent.size()) {
                    throw new ParameterException(
                            spec.commandLine(), "expected 1 to " + sent.size() + " for --raw but found " + raw);
                }
                if (send) {
                    out.print(answer(sent.get(raw - 1)));
                    out.flush();
                    return 0;
                }
                // These are bytes, which a writer would encode.
                System.out.write(sent.get(raw - 1), 0, sent.get(raw - 1).length);
                System.out.flush();
                return 0;
            }
            describe(one, sent, out);
            return 0;
        }

        private List<byte[]> dry(ContractCase one) throws InterruptedException {
            ContractSuite suite;
            try {
                URI address = VerifyCommand.address(handler, "--handler");
                suite = VerifyCommand.set(
                        ContractSuite.of(address, memberId, Secret.of(proof)), seed, VerifyCommand::seeded);
                suite = VerifyCommand.set(suite, captures, ContractSuite::captures);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
            }
            return suite.requests(one);
        }

        /** Returns the answer until the handler closes the connection or says nothing for ten seconds. */
        private String answer(byte[] request) {
            URI address = VerifyCommand.address(handler, "--handler");
            boolean secure = "https".equalsIgnoreCase(address.getScheme());
            int port = address.getPort() >= 0 ? address.getPort() : secure ? 443 : 80;
            StringBuilder answer = new StringBuilder();
            try (Socket socket = secure
                    ? SSLSocketFactory.getDefault().createSocket(address.getHost(), port)
                    : new Socket(address.getHost(), port)) {
                socket.setSoTimeout(SILENCE);
                socket.getOutputStream().write(request);
                socket.getOutputStream().flush();
                for (int b = socket.getInputStream().read();
                        b >= 0;
                        b = socket.getInputStream().read()) {
                    answer.append((char) b);
                }
                return answer.isEmpty() ? "(the handler closed the connection without an answer)\n" : answer + "\n";
            } catch (SocketTimeoutException e) {
                return answer + "(nothing more within " + SILENCE / 1000 + " s)\n";
            } catch (IOException e) {
                if (answer.isEmpty()) {
                    throw CommandFailure.failed("no answer from " + handler + ": " + e.getMessage());
                }
                return answer + "(the connection broke)\n";
            }
        }

        private static void describe(ContractCase one, List<byte[]> sent, PrintWriter out) {
            out.println(one.id() + " (" + one.level() + ", " + one.profile() + " profile"
                    + (one.webhooks() ? ", for handlers of outgoing webhooks" : "")
                    + (one.captures() ? ", with --captures" : "")
                    + (one.instances() ? ", with --instances" : "") + ")");
            out.println("  sent:        " + one.sent());
            out.println("  the handler must: ".replace("must", one.level().toString()) + one.requirement());
            out.println("  comes from:  " + one.provenance());
            out.println("  seen by:     "
                    + one.oracles().stream().map(ExplainCommand::oracle).collect(Collectors.joining("; ")));
            out.println("  verdict:     " + one.rule());
            int shown = Math.min(SHOWN, sent.size());
            for (int i = 0; i < shown; i++) {
                byte[] request = sent.get(i);
                out.println();
                out.println("--- request " + (i + 1) + " of " + sent.size() + ", " + request.length + " bytes");
                out.println(visible(request));
            }
            if (sent.size() > shown) {
                out.println();
                out.println("--- and more like these; --raw N prints one");
            }
        }

        private static String oracle(Oracle oracle) {
            return switch (oracle) {
                case H -> "H, the HTTP exchange";
                case E -> "E, evidence of effects";
                case R -> "R, calls that reach the simulated portals";
                case L -> "L, what the process prints and occupies";
                case C -> "C, control of the process";
            };
        }

        /** Returns the text in printable form, and cuts it if it is long. */
        private static String visible(byte[] bytes) {
            StringBuilder out = new StringBuilder();
            for (int i = 0; i < Math.min(bytes.length, 4_096); i++) {
                int b = bytes[i] & 0xff;
                if (b == '\n' || (b >= 0x20 && b < 0x7f)) {
                    out.append((char) b);
                } else if (b != '\r') {
                    out.append(String.format(Locale.ROOT, "\\x%02x", b));
                }
            }
            return bytes.length > 4_096 ? out + "…" : out.toString();
        }
    }
}
