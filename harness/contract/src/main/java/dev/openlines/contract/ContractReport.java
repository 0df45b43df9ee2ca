// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a run found. Holds no secret in what it shows; immutable once the run is over. */
public final class ContractReport {

    /** Exit code: everything that gates passed, and something ran. */
    public static final int PASSED = 0;
    /** Exit code: a gated case failed. */
    public static final int FAILED = 1;
    /** Exit code: nothing ran. */
    public static final int NOTHING_RAN = 2;
    /** Exit code: the handler was not ready, or went away. */
    public static final int NOT_READY = 4;
    /** Exit code: not everything could be seen, or the baseline no longer holds. */
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
     * @return in the order of the ids, planned ones too
     */
    public List<CaseResult> results() {
        return results;
    }

    /**
     * Returns the result of one case.
     *
     * @param id such as {@code OSF-C-101}
     * @return empty where it was not selected
     */
    public Optional<CaseResult> result(String id) {
        return results.stream().filter(result -> result.id().equals(id)).findFirst();
    }

    /**
     * Returns the ids of the cases with a verdict.
     *
     * @param level of which level
     * @param verdict which verdict
     * @return in their order
     */
    public List<String> ids(Level level, Verdict verdict) {
        return results.stream()
                .filter(result -> result.contractCase().level() == level && result.verdict() == verdict)
                .map(CaseResult::id)
                .toList();
    }

    /**
     * Returns what makes the run's bytes again.
     *
     * @return the seed
     */
    public long seed() {
        return run.seed();
    }

    /**
     * Returns when the run began.
     *
     * @return the machine's clock
     */
    public Instant begun() {
        return begun;
    }

    /**
     * Returns how long it took.
     *
     * @return zero or more
     */
    public Duration took() {
        return took;
    }

    /**
     * Returns why the run ended before its time.
     *
     * @return empty for a whole run
     */
    public Optional<String> stopped() {
        return Optional.ofNullable(stopped);
    }

    /**
     * Returns what concerns the run as a whole: a good event that was denied, evidence that cannot be read.
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
        if (results.stream().allMatch(result -> result.verdict() == Verdict.PLANNED)) {
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
     * Returns the fault of the suite itself that a case ended with, if one did.
     *
     * @return the last one; the exit code is then {@link #OUR_FAULT}
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
        return switch (format) {
            case TREE -> TreeReport.of(this);
            case JSONL -> JsonlReport.of(this);
            case JUNIT -> JunitReport.of(this, failOn, baseline);
            case HTML -> HtmlReport.of(this, exitCode(failOn, false, baseline));
            case MD -> MarkdownReport.of(this, exitCode(failOn, false, baseline));
        };
    }

    Optional<CaseRun> detail(String id) {
        return Optional.ofNullable(details.get(id));
    }

    Run run() {
        return run;
    }

    long count(Level level, Verdict verdict) {
        return ids(level, verdict).size();
    }

    /**
     * Returns the last line of every output: one that a script can look for.
     *
     * @param exitCode the one that the run ends with
     * @return verdict, counts and seed
     */
    public String summary(int exitCode) {
        long must = results.stream()
                .filter(result -> result.contractCase().level() == Level.MUST && result.verdict() != Verdict.PLANNED)
                .count();
        long should = results.stream()
                .filter(result -> result.contractCase().level() == Level.SHOULD && result.verdict() != Verdict.PLANNED)
                .count();
        long unseen = results.stream()
                .filter(result -> result.verdict() == Verdict.NOT_OBSERVED)
                .count();
        long planned = results.stream()
                .filter(result -> result.verdict() == Verdict.PLANNED)
                .count();
        String word = switch (exitCode) {
            case PASSED -> "PASS";
            case FAILED -> "FAIL";
            case NOTHING_RAN -> "NOTHING RAN";
            case NOT_READY -> "HANDLER NOT READY";
            case INCONCLUSIVE -> "INCONCLUSIVE";
            default -> "FAULT";
        };
        return "openlines: " + word + " must-failed " + count(Level.MUST, Verdict.FAIL) + "/" + must + " should-failed "
                + count(Level.SHOULD, Verdict.FAIL) + "/" + should + " not-observed " + unseen + " planned " + planned
                + " seed " + seed() + "@" + begun.getEpochSecond();
    }
}
