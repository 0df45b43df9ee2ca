// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.cli.PortalOptions.PortalAccess;
import dev.openlines.cli.Probe.Area;
import dev.openlines.cli.Probe.Need;
import dev.openlines.cli.Probe.Side;
import dev.openlines.client.ClientException;
import dev.openlines.client.ErrorCode;
import dev.openlines.client.PortalClient;
import dev.openlines.client.RestException;
import dev.openlines.portal.Provenance;
import dev.openlines.portal.wire.PhpJson;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code openlines compare}: compares the simulated portal with a real one. */
@Command(
        name = "compare",
        mixinStandardHelpOptions = true,
        description = {
            "Puts the same questions to a real portal and to a simulated one that is set up alike, and reports how the"
                    + " shapes of their answers differ: keys, types, statuses, error codes, order of checks, paging,",
            "headers, batch. Changes nothing on the portal. The report holds shapes only: no value of an answer, and of"
                    + " keys, codes and headers only those that are known.",
            "Asks with an access token, from the variable OPENLINES_ACCESS_TOKEN or from a file, or without --portal by"
                    + " an incoming webhook, from the variable OPENLINES_WEBHOOK or from a file. Ends with 1 if something"
                    + " differs."
        })
final class CompareCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private WebhookOptions portal = new WebhookOptions();

    @Option(
            names = "--chat",
            paramLabel = "ID",
            description = "A chat of an open line to ask about. By default that of the newest session, if the portal"
                    + " lists its sessions.")
    private @Nullable Long chat;

    @Option(
            names = "--reversible",
            description = "Also binds a handler that does not exist and an offline queue, has a test event sent, and"
                    + " unbinds both; after a crash the next run does. Needs a local application that is used for"
                    + " nothing else, and its access token.")
    private boolean reversible;

    @Option(
            names = "--throttle",
            description = "Also makes up to 400 calls at once, to see the refusal. Other applications on the portal may"
                    + " be refused for some seconds too, if they call from this address.")
    private boolean throttle;

    @Option(names = "--json", description = "Print the report as one JSON object.")
    private boolean json;

    @Option(names = "--output", paramLabel = "FILE", description = "Also write the report there, as JSON.")
    private @Nullable Path output;

    private CompareCommand() {}

    @Override
    public Integer call() throws IOException {
        if (chat != null && chat < 1) {
            throw wrong("expected 1 or more for --chat but found " + chat);
        }
        PortalAccess access = portal.access();
        if (reversible && access.webhook()) {
            throw wrong("--reversible needs an application's access token: a webhook has no events");
        }
        try (CtrlC ctrlC = CtrlC.watch()) {
            return untilCtrlC(access, ctrlC);
        }
    }

    private int untilCtrlC(PortalAccess access, CtrlC ctrlC) {
        try {
            return compared(access, ctrlC);
        } catch (CommandFailure e) {
            if (!ctrlC.pressed()) {
                throw e;
            }
            // The process waits for this line; what the command throws would be printed too late.
            spec.commandLine().getErr().println("openlines: ended before all was compared");
            return OpenlinesCommand.FAILED;
        }
    }

    private int compared(PortalAccess access, CtrlC ctrlC) {
        try {
            CompareReport report = reversible ? withOwnApplication(access, ctrlC) : compare(access, unbound());
            if (output != null) {
                PrivateFile.write(output, text(report) + "\n");
            }
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(text(report));
            } else {
                report.print(out);
            }
            return report.differs() ? OpenlinesCommand.FAILED : 0;
        } catch (RestException e) {
            // The message contains text from the portal.
            throw CommandFailure.failed("the portal refused: HTTP " + e.status()
                    + e.code()
                            .filter(ErrorCode::known)
                            .map(code -> " " + code.code())
                            .orElse(""));
        } catch (ClientException e) {
            throw CommandFailure.failed(
                    "the portal does not answer: " + e.getClass().getSimpleName());
        } catch (IOException e) {
            throw CommandFailure.failed(
                    "the portal does not answer: " + e.getClass().getSimpleName());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailure.failed("interrupted");
        }
    }

    private static String text(CompareReport report) {
        StringBuilder text = new StringBuilder();
        PhpJson.plain(report.json(), text);
        return text.toString();
    }

    /** Returns an address that is never bound. */
    private static OwnApplication unbound() {
        return new OwnApplication("compare", "openlines-compare");
    }

    private CompareReport withOwnApplication(PortalAccess access, CtrlC ctrlC)
            throws IOException, InterruptedException {
        OwnApplication application = OwnApplication.of("compare", portal.portal());
        PortalClient client = access.client(Duration.ofSeconds(30));
        FileChannel lock = application.lock();
        try {
            application.require(client);
            // A crashed run may have left some.
            application.unbind(client);
            try {
                return compare(access, application);
            } finally {
                ctrlC.cleanUp();
                application.unbind(client);
            }
        } finally {
            lock.close();
        }
    }

    private CompareReport compare(PortalAccess access, OwnApplication application)
            throws IOException, InterruptedException {
        ComparedPortal real = new ComparedPortal(access);
        PortalFacts facts = PortalFacts.of(real, access.webhook(), chat);
        Set<Need> has = EnumSet.copyOf(facts.has());
        if (reversible) {
            has.add(Need.CHANGES);
        }
        if (throttle) {
            has.add(Need.BURST);
        }
        CompareReport report = new CompareReport();
        KnownNames names = new KnownNames();
        try (TwinPortal twin = new TwinPortal(facts, access)) {
            Side side = side(facts.line(), facts.chat(), facts.session(), application);
            Side twinSide = side(twin.line(), twin.chat(), twin.session(), application);
            for (Probe probe : Probes.all()) {
                String missing = probe.needs().stream()
                        .filter(need -> !has.contains(need))
                        .sorted()
                        .map(Need::label)
                        .collect(Collectors.joining(", "));
                if (!missing.isEmpty()) {
                    report.left(probe, "which need " + missing);
                } else if (probe.area() == Area.THROTTLING) {
                    burst(probe, real, twin, side, report, names);
                } else {
                    PortalAnswer simulated = twin.calls().ask(probe.call().apply(twinSide));
                    Provenance from = twin.provenance();
                    names.learn(simulated);
                    PortalAnswer answer = real.ask(probe.call().apply(side));
                    report.compared(probe, from, Comparison.of(probe, simulated, answer, names));
                }
            }
        }
        return report;
    }

    private static void burst(
            Probe probe, ComparedPortal real, TwinPortal twin, Side side, CompareReport report, KnownNames names)
            throws InterruptedException {
        twin.limitCalls();
        PortalAnswer simulated = twin.calls().burst(probe.call().apply(side)).orElseThrow();
        Provenance from = Provenance.DOCS;
        names.learn(simulated);
        Optional<PortalAnswer> refused = real.burst(probe.call().apply(side));
        report.compared(
                probe,
                from,
                refused.map(answer -> Comparison.of(probe, simulated, answer, names))
                        .orElseGet(() -> List.of(
                                new Difference(Difference.What.THROTTLING, "status", "refused", "not refused"))));
    }

    private static Side side(long line, long chat, long session, OwnApplication application) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        return new Side(
                line,
                chat,
                session,
                application.handler().toString(),
                application.key(),
                Map.of(
                        "from", now.minus(Duration.ofDays(300)).toString(),
                        "to", now.plus(Duration.ofHours(1)).toString(),
                        "early", now.minus(Duration.ofDays(400)).toString()));
    }

    private ParameterException wrong(String what) {
        return new ParameterException(spec.commandLine(), what);
    }
}
