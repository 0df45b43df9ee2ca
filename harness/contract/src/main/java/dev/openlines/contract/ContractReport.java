// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The results of a run. Shows no secret; immutable once the run is over. */
public final class ContractReport {

    /** Exit code: at least one case ran, and no case whose level counts failed. */
    public static final int PASSED = 0;
    /** Exit code: a case whose level counts failed. */
    public static final int FAILED = 1;
    /** Exit code: nothing ran. */
    public static final int NOTHING_RAN = 2;
    /** Exit code: the handler was not ready, or went away. */
    public static final int NOT_READY = 4;
    /** Exit code: something could not be observed, or the baseline no longer holds. */
    public static final int INCONCLUSIVE = 5;
    /** Exit code: a fault of the suite. */
    public static final int OUR_FAULT = 70;

    private final Run run;
    private final Instant begun;
    private final Duration took;
    private final List<CaseResult> results;
    private final Map<String, CaseRun> details;
    private final List<String> remarks;
    private final @Nullable String stopped;
    private final boolean handlerGone;
    private final @Nullable RuntimeException fault;

    ContractReport(
            Run run,
            Instant begun,
            Duration took,
            List<CaseResult> results,
            Map<String, CaseRun> details,
            List<String> remarks,
            @Nullable String stopped,
            boolean handlerGone,
            @Nullable RuntimeException fault) {
        this.run = run;
        this.begun = begun;
        this.took = took;
        this.results = List.copyOf(results);
        this.details = details;
        this.remarks = List.copyOf(remarks);
        this.stopped = stopped;
        this.handlerGone = handlerGone;
        this.fault = fault;
    }

    /**
     * Returns the result of every selected case.
     *
     * @return in the order of the ids
     */
    public List<CaseResult> results() {
        return results;
    }

    /**
     * Returns the result of one case.
     *
     * @param id such as {@code OSF-C-101}
     * @return empty if it was not selected
     */
    public Optional<CaseResult> result(String id) {
        return results.stream().filter(result -> result.id().equals(id)).findFirst();
    }

    /**
     * Returns the ids of the cases with a verdict.
     *
     * @param level the level
     * @param verdict the verdict
     * @return in their order
     */
    public List<String> ids(Level level, Verdict verdict) {
        return results.stream()
                .filter(result -> result.contractCase().level() == level && result.verdict() == verdict)
                .map(CaseResult::id)
                .toList();
    }

    /**
     * Returns the seed. A run with the same seed sends the same bytes.
     *
     * @return the seed
     */
    public long seed() {
        return run.seed();
    }

    /**
     * Returns when the run began.
     *
     * @return the time by this machine's clock
     */
    public Instant begun() {
        return begun;
    }

    /**
     * Returns how long the run took.
     *
     * @return zero or more
     */
    public Duration took() {
        return took;
    }

    /**
     * Returns why the run ended early.
     *
     * @return empty if the run was complete
     */
    public Optional<String> stopped() {
        return Optional.ofNullable(stopped);
    }

    /**
     * Returns remarks on the run as a whole, such as that a good event was denied or that evidence cannot be read.
     *
     * @return sentences; empty for most runs
     */
    public List<String> remarks() {
        return remarks;
    }

    /**
     * Returns the exit code that the command line ends with, without a baseline.
     *
     * @param failOn the lowest level whose failures count
     * @param strict whether a gated case that was not observed counts
     * @return one of the constants here
     */
    public int exitCode(Level failOn, boolean strict) {
        return exitCode(failOn, strict, Baseline.none());
    }

    /**
     * Returns the exit code that the command line ends with.
     *
     * @param failOn the lowest level whose failures count
     * @param strict whether a gated case that was not observed counts
     * @param baseline failures that do not count
     * @return one of the constants here
     */
    public int exitCode(Level failOn, boolean strict, Baseline baseline) {
        if (fault != null) {
            return OUR_FAULT;
        }
        if (handlerGone) {
            return NOT_READY;
        }
        if (results.isEmpty()) {
            return NOTHING_RAN;
        }
        boolean failed = results.stream()
                .anyMatch(result ->
                        gated(result, failOn) && result.verdict() == Verdict.FAIL && !baseline.expects(result.id()));
        if (failed) {
            return FAILED;
        }
        boolean unread = run.effects().trouble() != null;
        boolean blind = results.stream()
                .noneMatch(result -> result.verdict() == Verdict.PASS || result.verdict() == Verdict.FAIL);
        boolean unseen = strict
                && results.stream()
                        .anyMatch(result -> gated(result, failOn) && result.verdict() == Verdict.NOT_OBSERVED);
        return stopped != null
                        || blind
                        || unread
                        || unseen
                        || !baseline.drift(this).isEmpty()
                ? INCONCLUSIVE
                : PASSED;
    }

    static boolean gated(CaseResult result, Level failOn) {
        return result.contractCase().level().compareTo(failOn) <= 0;
    }

    /**
     * Returns the exception that a fault of the suite itself caused, if there was one.
     *
     * @return the last such exception; the exit code is then {@link #OUR_FAULT}
     */
    public Optional<RuntimeException> fault() {
        return Optional.ofNullable(fault);
    }

    /**
     * Writes the report out.
     *
     * @param format how
     * @param failOn the lowest level whose failures count
     * @param baseline failures that do not count
     * @return the whole text; holds no secret
     */
    public String text(ReportFormat format, Level failOn, Baseline baseline) {
        return text(format, failOn, false, baseline);
    }

    /**
     * Writes the report out.
     *
     * @param format how
     * @param failOn the lowest level whose failures count
     * @param strict whether a gated case that was not observed counts
     * @param baseline failures that do not count
     * @return the whole text; holds no secret
     */
    public String text(ReportFormat format, Level failOn, boolean strict, Baseline baseline) {
        int exitCode = exitCode(failOn, strict, baseline);
        return switch (format) {
            case TREE -> TreeReport.of(this, baseline);
            case JSONL -> JsonlReport.of(this, baseline);
            case JUNIT -> JunitReport.of(this, failOn, baseline);
            case HTML -> HtmlReport.of(this, exitCode, baseline);
            case MD -> MarkdownReport.of(this, exitCode, baseline);
        };
    }

    Optional<CaseRun> detail(String id) {
        return Optional.ofNullable(details.get(id));
    }

    Run run() {
        return run;
    }

    /** Returns the shell command that started the handler; empty if the run did not start it. */
    Optional<String> handlerCommand() {
        HandlerProcess process = run.process();
        String token = run.settings().proof.reveal();
        return process == null ? Optional.empty() : Optional.of(run.masked(ByHand.command(process.command(), token)));
    }

    /**
     * Returns the last line of every output, without a baseline.
     *
     * @param exitCode the one that the run ends with
     * @return verdict, counts and seed
     */
    public String summary(int exitCode) {
        return summary(exitCode, Baseline.none());
    }

    /**
     * Returns the last line of every output: one that a script can look for.
     *
     * @param exitCode the one that the run ends with
     * @param baseline failures that do not count
     * @return verdict, counts and seed
     */
    public String summary(int exitCode, Baseline baseline) {
        long known = results.stream().filter(Outcome.KNOWN.in(baseline)).count();
        long unseen = results.stream().filter(Outcome.NOT_OBSERVED.in(baseline)).count();
        String word = switch (exitCode) {
            case PASSED -> "PASS";
            case FAILED -> "FAIL";
            case NOTHING_RAN -> "NOTHING RAN";
            case NOT_READY -> "HANDLER NOT READY";
            case INCONCLUSIVE -> "INCONCLUSIVE";
            default -> "FAULT";
        };
        return "openlines: " + word + " must-failed " + failedOf(Level.MUST, baseline) + " should-failed "
                + failedOf(Level.SHOULD, baseline) + " not-observed " + unseen
                + (known == 0 ? "" : " known " + known) + " seed " + seed() + "@" + begun.getEpochSecond();
    }

    /** Returns the number of failures that count and the number of cases of a level, such as {@code 2/79}. */
    private String failedOf(Level level, Baseline baseline) {
        List<CaseResult> all = results.stream()
                .filter(result -> result.contractCase().level() == level)
                .toList();
        return all.stream().filter(Outcome.FAIL.in(baseline)).count() + "/" + all.size();
    }
}
