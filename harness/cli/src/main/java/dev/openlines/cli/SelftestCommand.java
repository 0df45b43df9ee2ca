// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.contract.ContractCase;
import dev.openlines.contract.ContractReport;
import dev.openlines.contract.ContractSuite;
import dev.openlines.contract.EffectSource;
import dev.openlines.contract.Level;
import dev.openlines.contract.Profile;
import dev.openlines.contract.Verdict;
import dev.openlines.model.Secret;
import dev.openlines.parser.EventCapture;
import jakarta.json.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code openlines selftest}: the suite must pass a right handler and catch each mutant. */
@Command(
        name = "selftest",
        mixinStandardHelpOptions = true,
        description = "Proves the suite: the good practice handler passes, each mutant is caught by its must-case.")
final class SelftestCommand implements Callable<Integer> {

    static final String MEMBER_ID = "7d1c0a52e84f4b3f9a6be0c15d2f8e37";

    /** A token that equals every other such token if both are compared as numbers. It catches loose comparisons. */
    static final Secret PROOF = Secret.of("0e462097431906509019562988736854");

    static final String SECOND_ID = "c0b9d7f1a6e2483f95d04c8be713fa62";
    static final Secret SECOND_PROOF = Secret.of("8f3b1d6c0a5e47929b7d2e4f60c1a385");

    /** Captures of a finish in a shape that no other case has, of one as a list, and of other events. */
    private static final List<String> CAPTURED = List.of(
            "event=ONSESSIONFINISH&event_handler_id=83&data[DATA][connector][connector_id]=livechat"
                    + "&data[DATA][connector][line_id]=4&data[DATA][connector][chat_id]=6205"
                    + "&data[DATA][connector][user_id]=7188&data[DATA][chat][chat_id]=6205"
                    + "&data[DATA][session][id]=3941&data[DATA][session][kqpwzdhr][id]=52"
                    + "&data[DATA][session][kqpwzdhr][name]=xvte&data[DATA][line][id]=4&data[DATA][line][name]=Ga&ts=1767225600",
            "event=ONSESSIONFINISH&eventId=83&data[DATA][0][connector][connector_id]=livechat"
                    + "&data[DATA][0][connector][line_id]=4&data[DATA][0][connector][chat_id]=6205"
                    + "&data[DATA][0][session][kqpwzdhr][0]=52&data[DATA][0][chat][id]=6205&ts=1767225600",
            "event=ONSESSIONSTART&data[DATA][connector][chat_id]=6205&data[DATA][chat][chat_id]=6205&ts=1767225600",
            "event=ONAPPTEST&data[QUERY][kqpwzdhr]=52&ts=1767225600");

    /** The longest wait for effects that never come, for handlers with a sin. */
    static final Duration SOON = Duration.ofSeconds(1);

    /** The time for the start of a Java process on a busy machine. */
    private static final Duration STARTING = Duration.ofMinutes(3);

    /** The wait for handlers without a sin, and for those that are started again. */
    static final Duration LATE = Duration.ofSeconds(10);

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--whole", description = "The good handler through the whole durable profile, not only a part.")
    private boolean whole;

    @Option(names = "--list", description = "Only prints the names of the mutants and their defects.")
    private boolean list;

    SelftestCommand() {}

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (list) {
            Stream.of(Sin.values()).forEach(sin -> out.println(sin.label() + " (" + sin.description() + ")"));
            return 0;
        }
        int wrong = 0;
        ContractReport good = judge(
                null,
                true,
                whole ? List.of() : List.of("OSF-C-0*", "OSF-C-1*", "OSF-C-2*", "OSF-C-6*", "OSF-C-9*"),
                LATE);
        List<String> failed = good.ids(Level.MUST, Verdict.FAIL);
        List<String> unseen = good.ids(Level.MUST, Verdict.NOT_OBSERVED);
        boolean clean = failed.isEmpty() && unseen.isEmpty() && good.stopped().isEmpty();
        out.println((clean ? "ok    " : "WRONG ") + "the good handler passes"
                + (clean ? "" : ": failed " + failed + ", not observed " + unseen));
        wrong += clean ? 0 : 1;
        for (Sin sin : Sin.values()) {
            List<String> missed =
                    missed(sin, whole ? sin.caughtBy() : sin.caughtBy().subList(0, 1));
            out.println((missed.isEmpty() ? "ok    " : "WRONG ") + sin.label() + " (" + sin.description() + "): "
                    + (missed.isEmpty()
                            ? "caught by " + String.join(", ", sin.caughtBy())
                            : "not caught by " + String.join(", ", missed)));
            out.flush();
            wrong += missed.isEmpty() ? 0 : 1;
        }
        List<String> toothless = toothless();
        out.println((toothless.isEmpty() ? "ok    " : "WRONG ") + "every must-case can fail"
                + (toothless.isEmpty() ? "" : ", but nothing makes these: " + toothless));
        wrong += toothless.isEmpty() ? 0 : 1;
        int all = Sin.values().length + 2;
        out.println("openlines: selftest " + (wrong == 0 ? "PASS" : "FAIL") + " " + (all - wrong) + " of " + all);
        return wrong == 0 ? 0 : 1;
    }

    /** Returns the cases among these that a handler with the sin does not fail. */
    static List<String> missed(Sin sin, List<String> ids) {
        ContractReport report = judge(sin, sin.needsProcess(), ids, sin.needsProcess() ? LATE : SOON);
        return ids.stream()
                .filter(id -> report.result(id)
                        .filter(result -> result.verdict() == Verdict.FAIL)
                        .isEmpty())
                .toList();
    }

    /** Returns the must-cases with a script for which there is no sin. */
    static List<String> toothless() {
        List<String> shown =
                Stream.of(Sin.values()).flatMap(sin -> sin.caughtBy().stream()).toList();
        return ContractSuite.catalogue().stream()
                .filter(one -> one.level() == Level.MUST)
                .map(ContractCase::id)
                .filter(id -> !shown.contains(id))
                .toList();
    }

    /** Adds a case with a good event and one with a broken event if any of the cases looks at the whole run. */
    private static List<String> withCompany(List<String> ids) {
        boolean afterwards =
                ids.stream().flatMap(id -> ContractSuite.find(id).stream()).anyMatch(ContractCase::afterwards);
        return afterwards
                ? Stream.concat(ids.stream(), Stream.of("OSF-C-001", "OSF-C-202"))
                        .toList()
                : ids;
    }

    /** Judges the practice handler, in this process or in one of its own. */
    static ContractReport judge(@Nullable Sin sin, boolean process, List<String> only, Duration settle) {
        Path folder = folder();
        try {
            ContractSuite suite = process ? inProcess(sin, folder, only) : null;
            return suite == null
                    ? here(sin, folder, only, settle)
                    : patient(suite, settle).run();
        } finally {
            delete(folder);
        }
    }

    /** Judges the good handler as if its effects could not be seen. */
    static ContractReport judgeWithoutEvidence(List<String> only) {
        Path folder = folder();
        Path evidence = folder.resolve("evidence.jsonl");
        try (PracticeHandler handler =
                PracticeHandler.start(0, MEMBER_ID, PROOF, folder.resolve("data"), evidence, null, line -> {})) {
            return ContractSuite.of(handler.uri(), MEMBER_ID, PROOF)
                    .only(only.toArray(new String[0]))
                    .run();
        } finally {
            delete(folder);
        }
    }

    private static ContractReport here(@Nullable Sin sin, Path folder, List<String> only, Duration settle) {
        Path evidence = folder.resolve("evidence.jsonl");
        try (PracticeHandler handler =
                PracticeHandler.start(0, MEMBER_ID, PROOF, folder.resolve("data"), evidence, sin, line -> {})) {
            handler.trust(SECOND_ID, SECOND_PROOF);
            return patient(suite(handler.uri(), folder, only), settle).run();
        }
    }

    /** Sets the time for a handler's effects, and for its answers if the time is longer than the default. */
    private static ContractSuite patient(ContractSuite suite, Duration settle) {
        ContractSuite patient = suite.settle(settle);
        return settle.compareTo(LATE) > 0 ? patient.ackMax(settle) : patient;
    }

    private static ContractSuite inProcess(@Nullable Sin sin, Path folder, List<String> only) {
        int port = VerifyCommand.freePort();
        int second = VerifyCommand.freePort();
        Path evidence = folder.resolve("evidence.jsonl");
        Path data = folder.resolve("data");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String command = "exec '" + java + "' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '"
                + System.getProperty("java.class.path") + "' dev.openlines.cli.OpenlinesCommand practice --port {PORT}"
                + " --member-id " + MEMBER_ID + " --application-token " + PROOF.reveal() + " --data '" + data
                + "' --evidence '" + evidence + "' --second-member-id " + SECOND_ID + " --second-application-token "
                + SECOND_PROOF.reveal() + " --webhook {WEBHOOK_URL}"
                + (sin == null ? " --portal {PORTAL_URL}" : " --mutant " + sin.label());
        String ready = "practice handler ready";
        return suite(at(port), folder, only)
                .process(command.replace("{PORT}", Integer.toString(port)), ready)
                .secondInstance(at(second), command.replace("{PORT}", Integer.toString(second)), ready)
                .readyWithin(STARTING);
    }

    private static URI at(int port) {
        return URI.create("http://127.0.0.1:" + port + "/bitrix24");
    }

    private static ContractSuite suite(URI handler, Path folder, List<String> only) {
        Path data = folder.resolve("data");
        return ContractSuite.of(handler, MEMBER_ID, PROOF)
                .profile(Profile.DURABLE, Profile.EDGE, Profile.RECONCILE)
                .webhooks()
                .captures(captures(folder))
                .installing()
                .secondPortal(SECOND_ID, SECOND_PROOF)
                .store(data)
                .only(withCompany(only).toArray(new String[0]))
                .evidence(EffectSource.file(folder.resolve("evidence.jsonl")))
                .slowProcessing("touch '" + data + "/slow'", "rm -f '" + data + "/slow'")
                .brokenStore("touch '" + data + "/broken'", "rm -f '" + data + "/broken'");
    }

    /** Writes captures, so that events can be sent in their shapes. */
    static Path captures(Path folder) {
        String auth = "&auth[domain]=portal.bitrix24.test&auth[member_id]=" + "4e".repeat(16)
                + "&auth[application_token]=" + "b7".repeat(16);
        List<EventCapture> captures = CAPTURED.stream()
                .map(body -> Json.createObjectBuilder()
                        .add("capture", 1)
                        .add("event", body.replaceAll("event=([A-Z]+).*", "$1"))
                        .add("content_type", "application/x-www-form-urlencoded")
                        .add("headers", Json.createArrayBuilder().add("host"))
                        .add("body", (body + auth).replace("[", "%5B").replace("]", "%5D"))
                        .build())
                .map(json -> EventCapture.parse(json.toString().getBytes(StandardCharsets.UTF_8)))
                .toList();
        try {
            return Files.writeString(folder.resolve("captures.json"), CaptureFiles.text(captures));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path folder() {
        try {
            return Files.createTempDirectory("openlines-selftest");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
