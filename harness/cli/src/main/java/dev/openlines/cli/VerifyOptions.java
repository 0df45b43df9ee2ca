// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.contract.Level;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The flags of {@code verify} for the handler, the cases and the way of the run. If a flag is missing, the suite's
 * default counts.
 */
final class VerifyOptions {

    @Option(names = "--member-id", required = true, paramLabel = "M", description = "The portal the handler trusts.")
    String memberId = "";

    @Option(
            names = "--application-token",
            required = true,
            paramLabel = "T",
            description = "The application token of that portal.")
    String proof = "";

    @Option(
            names = "--profile",
            paramLabel = "P",
            description =
                    "core (default), durable (core and what needs control of the process), edge, reconcile; or several with"
                            + " commas.")
    @Nullable
    String profile;

    @Option(names = "--only", paramLabel = "IDS", description = "Run these only: ids with commas, * at an end.")
    List<String> only = List.of();

    @Option(names = "--exclude", paramLabel = "IDS", description = "Leave these cases out.")
    List<String> exclude = List.of();

    @Option(names = "--level", paramLabel = "L", description = "must: must-cases only; should: both.")
    @Nullable
    Level level;

    @Option(
            names = "--evidence",
            paramLabel = "E",
            description =
                    "file:PATH (JSON lines), url:URL (JSON lines or an array) or cmd:COMMAND: the handler's effects.")
    @Nullable
    String evidence;

    @Option(
            names = "--handler-cmd",
            paramLabel = "C",
            description =
                    "A shell command that runs the handler in the foreground: the suite starts, kills and restarts it."
                            + " {PORT}, {PORTAL_URL}, {PORTAL_HOST}, {CLIENT_ID}, {CLIENT_SECRET} and {WEBHOOK_URL} are filled in.")
    @Nullable
    String handlerCommand;

    @Option(
            names = "--ready",
            paramLabel = "R",
            description = "Shows that it is ready: an address that answers, or a regular expression for its output.")
    @Nullable
    String ready;

    @Option(
            names = "--instances",
            description =
                    "Two instances of --handler-cmd may run on one store, each on a {PORT} of its own (608, 615).")
    boolean instances;

    @Option(names = "--ready-within", paramLabel = "T", description = "How long its start may take; 30s by default.")
    @Nullable
    String readyWithin;

    @Option(names = "--stop-signal", paramLabel = "S", description = "The polite stop signal; TERM by default.")
    @Nullable
    String stopSignal;

    @Option(
            names = "--log",
            paramLabel = "FILE",
            description = "A log file or folder of the handler; what --handler-cmd prints is read anyway.")
    List<Path> logs = List.of();

    @Option(
            names = "--slow-on",
            paramLabel = "C",
            description = "Test hook: makes the handler's processing slow (517).")
    @Nullable
    String slowOn;

    @Option(names = "--slow-off", paramLabel = "C", description = "Test hook: ends --slow-on.")
    @Nullable
    String slowOff;

    @Option(names = "--break-store", paramLabel = "C", description = "Test hook: the store cannot be written (603).")
    @Nullable
    String breakStore;

    @Option(names = "--mend-store", paramLabel = "C", description = "Test hook: ends --break-store.")
    @Nullable
    String mendStore;

    @Option(names = "--webhooks", description = "The handler takes outgoing webhooks too (003).")
    boolean webhooks;

    @Option(
            names = "--captures",
            paramLabel = "PATH",
            description =
                    "Send events in the shapes of captures, too (026): a file of capture export, or a receiver's folder.")
    @Nullable
    Path captures;

    @Option(
            names = "--installing",
            description = "The handler records installations: an uninstalled application must be denied (017).")
    boolean installing;

    @Option(names = "--settings-only", description = "Its portal comes from settings: leave out 017 and 019.")
    boolean settingsOnly;

    @Option(
            names = "--proxied",
            description = "A proxy stands before the handler: 502 and 504 mean that the handler is away.")
    boolean proxied;

    @Option(
            names = "--queued",
            description = "A queue acknowledges before the handler sees an event: judge effects, not denials.")
    boolean queued;

    @Option(
            names = "--store",
            paramLabel = "PATH",
            description =
                    "The file or folder the handler stores events in, or cmd:COMMAND that prints them (317, 706).")
    @Nullable
    String store;

    @Option(names = "--go-on", description = "Run all cases even if the first good event is not acknowledged.")
    boolean goOn;

    @Option(names = "--slow", description = "Also run cases that take minutes (024, 511).")
    boolean slow;

    @Option(names = "--second-member-id", paramLabel = "M", description = "Another portal the handler trusts.")
    @Nullable
    String secondMemberId;

    @Option(names = "--second-application-token", paramLabel = "T", description = "Its token.")
    @Nullable
    String secondProof;

    @Option(names = "--second-handler", paramLabel = "URL", description = "An address bound for that portal (123).")
    @Nullable
    String secondHandler;

    @Option(names = "--domain", paramLabel = "D", description = "The portal's host name in events.")
    @Nullable
    String domain;

    @Option(names = "--ack-max", paramLabel = "T", description = "The longest acknowledgement; 5s by default.")
    @Nullable
    String ackMax;

    @Option(names = "--settle", paramLabel = "T", description = "How late an effect may appear; 10s by default.")
    @Nullable
    String settle;

    @Option(names = "--time-limit", paramLabel = "T", description = "End the run after this time, and report.")
    @Nullable
    String timeLimit;

    @Option(names = "--seed", paramLabel = "N[@SECONDS]", description = "Send the same bytes again.")
    @Nullable
    String seed;

    @Option(names = "--jobs", paramLabel = "N", description = "How many short cases run at a time; 4 by default.")
    @Nullable
    Integer jobs;

    @Option(names = "--insecure", description = "Accept any certificate.")
    boolean insecure;

    @Option(names = "--allow-public", description = "Permit a handler that is not on a loopback or private address.")
    boolean allowPublic;
}
