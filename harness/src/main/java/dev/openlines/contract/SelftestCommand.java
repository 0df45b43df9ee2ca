// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import dev.openlines.model.Secret;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URI;
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

/** {@code openlines selftest}: the suite must pass a right handler and catch each sin. */
@Command(
        name = "selftest",
        mixinStandardHelpOptions = true,
        description = "Proves the suite: the good practice handler passes, each sin is caught by its must-case.")
final class SelftestCommand implements Callable<Integer> {

    static final String MEMBER_ID = "7d1c0a52e84f4b3f9a6be0c15d2f8e37";

    /** Equal, as a number, to every other such token: what a loose comparison trips over. */
    static final Secret PROOF = Secret.of("0e462097431906509019562988736854");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--whole", description = "The good handler through the whole durable profile, not only a part.")
    private boolean whole;

    SelftestCommand() {}

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        int wrong = 0;
        ContractReport good =
                judge(null, true, whole ? List.of() : List.of("OSF-C-0*", "OSF-C-1*", "OSF-C-2*", "OSF-C-6*"));
        List<String> failed = good.ids(Level.MUST, Verdict.FAIL);
        List<String> unseen = good.ids(Level.MUST, Verdict.NOT_OBSERVED);
        boolean clean = failed.isEmpty() && unseen.isEmpty() && good.stopped().isEmpty();
        out.println((clean ? "ok    " : "WRONG ") + "the good handler passes"
                + (clean ? "" : ": failed " + failed + ", not observed " + unseen));
        wrong += clean ? 0 : 1;
        for (Sin sin : Sin.values()) {
            ContractReport report = judge(sin, sin.needsProcess(), List.of(sin.caughtBy(), "OSF-C-001"));
            boolean caught = report.ids(Level.MUST, Verdict.FAIL).contains(sin.caughtBy());
            out.println((caught ? "ok    " : "WRONG ") + sin.caughtBy() + " catches " + sin.label());
            wrong += caught ? 0 : 1;
        }
        out.println("openlines: selftest " + (wrong == 0 ? "PASS" : "FAIL") + " " + (Sin.values().length + 1 - wrong)
                + " of " + (Sin.values().length + 1));
        return wrong == 0 ? 0 : 1;
    }

    /** Judges the practice handler, in this process or in one of its own. */
    static ContractReport judge(@Nullable Sin sin, boolean process, List<String> only) {
        Path folder = folder();
        try {
            return process ? inProcess(sin, folder, only) : here(sin, folder, only);
        } finally {
            delete(folder);
        }
    }

    /** Judges the good handler as if nobody could see its effects. */
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

    private static ContractReport here(@Nullable Sin sin, Path folder, List<String> only) {
        Path evidence = folder.resolve("evidence.jsonl");
        try (PracticeHandler handler =
                PracticeHandler.start(0, MEMBER_ID, PROOF, folder.resolve("data"), evidence, sin, line -> {})) {
            return suite(handler.uri(), evidence, only).run();
        }
    }

    private static ContractReport inProcess(@Nullable Sin sin, Path folder, List<String> only) {
        int port = VerifyCommand.freePort();
        Path evidence = folder.resolve("evidence.jsonl");
        Path data = folder.resolve("data");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String command = "exec '" + java + "' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '"
                + System.getProperty("java.class.path") + "' dev.openlines.harness.OpenlinesCommand practice --port "
                + port
                + " --member-id " + MEMBER_ID + " --application-token " + PROOF.reveal() + " --data '" + data
                + "' --evidence '" + evidence + "'" + (sin == null ? "" : " --sin " + sin.label());
        return suite(URI.create("http://127.0.0.1:" + port + "/bitrix24"), evidence, only)
                .process(command, "practice handler ready")
                .slowProcessing("touch '" + data + "/slow'", "rm '" + data + "/slow'")
                .brokenStore("touch '" + data + "/broken'", "rm '" + data + "/broken'")
                .run();
    }

    private static ContractSuite suite(URI handler, Path evidence, List<String> only) {
        return ContractSuite.of(handler, MEMBER_ID, PROOF)
                .profile(Profile.DURABLE)
                .webhooks()
                .only(only.toArray(new String[0]))
                .evidence(EffectSources.file(evidence))
                .settle(Duration.ofSeconds(only.size() == 2 ? 3 : 10));
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
