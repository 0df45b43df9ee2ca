// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import dev.openlines.model.Secret;
import dev.openlines.parser.EventCapture;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Judges one handler. Immutable; every setting returns a new suite. Sends hostile requests: the target
 * must be on a loopback or private address unless {@link #allowPublic()} is called.
 *
 * <pre>{@code ContractReport report = ContractSuite.of(handler, memberId, applicationToken)
 *     .evidence(() -> store.effects())
 *     .run();}</pre>
 */
public final class ContractSuite {

    private final Settings settings;

    ContractSuite(Settings settings) {
        this.settings = settings;
    }

    /**
     * Makes a suite of the core profile.
     *
     * @param handler the handler's http or https address
     * @param memberId the portal that the handler trusts; wire field {@code auth[member_id]}
     * @param applicationToken the token of that portal; wire field {@code auth[application_token]}
     * @return a suite without evidence: cases that need it are not observed
     */
    public static ContractSuite of(URI handler, String memberId, Secret applicationToken) {
        return new ContractSuite(new Settings(handler, memberId, applicationToken));
    }

    /**
     * Returns every case of the contract.
     *
     * @return in the order of their ids
     */
    public static List<ContractCase> catalogue() {
        return Catalogue.all();
    }

    /**
     * Looks a case up.
     *
     * @param id such as {@code OSF-C-101}, or the number alone
     * @return the case, empty if there is none
     */
    public static Optional<ContractCase> find(String id) {
        return Catalogue.find(id);
    }

    private ContractSuite with(Consumer<Settings> change) {
        Settings copy = settings.copy();
        change.accept(copy);
        return new ContractSuite(copy);
    }

    /**
     * Chooses the profiles; durable includes core.
     *
     * @param first one
     * @param more others
     * @return another suite
     */
    public ContractSuite profile(Profile first, Profile... more) {
        Set<Profile> set = EnumSet.of(first, more);
        return with(copy -> copy.profiles = set);
    }

    /**
     * Runs these cases only, whatever their profile.
     *
     * @param ids ids, numbers, or either with an asterisk at the end
     * @return another suite
     */
    public ContractSuite only(String... ids) {
        return with(copy -> copy.only = List.of(ids));
    }

    /**
     * Leaves out cases below a level.
     *
     * @param least the lowest level that runs; cases that {@link #only} names run anyway
     * @return another suite
     */
    public ContractSuite level(Level least) {
        return with(copy -> copy.level = least);
    }

    /**
     * Leaves cases out.
     *
     * @param ids ids, numbers, or either with an asterisk at the end
     * @return another suite
     */
    public ContractSuite exclude(String... ids) {
        return with(copy -> copy.exclude = List.of(ids));
    }

    /**
     * Sets the source of effects.
     *
     * @param source the source, which is asked repeatedly during the run
     * @return another suite
     */
    public ContractSuite evidence(EffectSource source) {
        return with(copy -> copy.evidence = source);
    }

    /**
     * Lets the suite start the handler, kill it and start it again. It is ready when its port accepts connections.
     *
     * @param command a shell command that runs in the foreground
     * @return another suite
     */
    public ContractSuite process(String command) {
        return with(copy -> {
            copy.handlerCommand = command;
            copy.ready = null;
        });
    }

    /**
     * Lets the suite start the handler, kill it and start it again.
     *
     * @param command a shell command that runs in the foreground
     * @param ready an http address, or a regular expression for a line it prints
     * @return another suite
     */
    public ContractSuite process(String command, String ready) {
        return with(copy -> {
            copy.handlerCommand = command;
            copy.ready = ready;
        });
    }

    /**
     * Declares that a second instance may run on the same store, and how the suite starts it. Needs {@link #process} too.
     *
     * @param address the second instance's http or https address
     * @param command a shell command that runs it in the foreground
     * @param ready an http address, or a regular expression for a line it prints; null if it is ready when its port
     *     accepts connections
     * @return another suite
     */
    public ContractSuite secondInstance(URI address, String command, @Nullable String ready) {
        return with(copy -> {
            copy.secondInstance = address;
            copy.secondCommand = command;
            copy.secondReady = ready;
        });
    }

    /**
     * Sets how long the handler may take to become ready, each time it is started.
     *
     * @param atMost the limit; thirty seconds by default
     * @return another suite
     */
    public ContractSuite readyWithin(Duration atMost) {
        return with(copy -> copy.readyWithin = atMost);
    }

    /**
     * Names the signal that asks the handler's process to stop politely.
     *
     * @param name a name for {@code kill -s}; {@code TERM} by default
     * @return another suite
     */
    public ContractSuite stopSignal(String name) {
        return with(copy -> copy.stopSignal = name);
    }

    /**
     * Sets the log of a handler that the suite did not start.
     *
     * @param files files or folders
     * @return another suite
     */
    public ContractSuite logs(Path... files) {
        return with(copy -> copy.logs = List.of(files));
    }

    /**
     * Names the test hook that makes the handler's own processing slow.
     *
     * @param on a shell command
     * @param off the command that ends it
     * @return another suite
     */
    public ContractSuite slowProcessing(String on, String off) {
        return with(copy -> {
            copy.slowOn = on;
            copy.slowOff = off;
        });
    }

    /**
     * Names the test hook that makes the handler's store unwritable.
     *
     * @param breaking a shell command
     * @param repair the command that ends it
     * @return another suite
     */
    public ContractSuite brokenStore(String breaking, String repair) {
        return with(copy -> {
            copy.breakStore = breaking;
            copy.mendStore = repair;
        });
    }

    /**
     * Declares that the handler takes outgoing webhooks too.
     *
     * @return another suite
     */
    public ContractSuite webhooks() {
        return with(copy -> copy.webhooks = true);
    }

    /**
     * Sends events in the shapes of captures too, as case 026.
     *
     * @param path a receiver's folder of captures, or a file of them
     * @return another suite
     * @throws IllegalArgumentException if one cannot be read, or none is of {@code OnSessionFinish}; the message is a
     *     line for the user
     */
    public ContractSuite captures(Path path) {
        List<EventCapture> captures = CapturedEvents.read(path);
        return with(copy -> {
            copy.captures = captures;
            copy.capturesFrom = path;
        });
    }

    /**
     * Declares that the handler records installations, so that it must deny events after an uninstallation.
     *
     * @return another suite
     */
    public ContractSuite installing() {
        return with(copy -> copy.installing = true);
    }

    /**
     * Declares that the handler's portal comes from its settings alone: the cases about uninstalling and updating the
     * application are left out.
     *
     * @return another suite
     */
    public ContractSuite settingsOnly() {
        return with(copy -> copy.installing = false);
    }

    /**
     * Declares that a proxy stands before the handler. It is found out if the proxy names itself in its answers.
     *
     * @return another suite, which takes statuses 502 and 504 for those of a handler that is not there, and warns of what
     *     the proxy itself decides
     */
    public ContractSuite proxied() {
        return with(copy -> copy.proxied = true);
    }

    /**
     * Declares that a queue acknowledges requests before the handler sees them.
     *
     * @return another suite, which judges effects in place of the statuses of acknowledged requests, and waits a minute
     *     for effects unless {@link #settle} follows
     */
    public ContractSuite queued() {
        return with(copy -> {
            copy.queued = true;
            copy.settle = Duration.ofMinutes(1);
        });
    }

    /**
     * Names the handler's store, for the cases about its size and its content.
     *
     * @param file a file, such as a database, or a folder
     * @return another suite
     */
    public ContractSuite store(Path file) {
        return with(copy -> copy.store = file);
    }

    /**
     * Names a command that prints what the handler stores in a database, for the cases about its size and its content.
     *
     * @param command a shell command, such as {@code pg_dump handler}
     * @return another suite
     */
    public ContractSuite storeCommand(String command) {
        return with(copy -> copy.storeCommand = command);
    }

    /**
     * Ends the run after case 001 if the first good event is not acknowledged, because most cases would then fail.
     *
     * @return another suite
     */
    public ContractSuite stopEarly() {
        return with(copy -> copy.goOn = false);
    }

    /**
     * Includes cases that take minutes.
     *
     * @return another suite
     */
    public ContractSuite slow() {
        return with(copy -> copy.slow = true);
    }

    /**
     * Sets the portal's host name in events.
     *
     * @param host {@code portal.bitrix24.test} unless set; wire field {@code auth[domain]}
     * @return another suite
     */
    public ContractSuite domain(String host) {
        return with(copy -> copy.domain = host);
    }

    /**
     * Names another portal that the handler trusts, for the cases about two of them.
     *
     * @param memberId the portal; wire field {@code auth[member_id]}
     * @param applicationToken its token; wire field {@code auth[application_token]}
     * @return another suite
     */
    public ContractSuite secondPortal(String memberId, Secret applicationToken) {
        return with(copy -> {
            copy.secondMemberId = memberId;
            copy.secondProof = applicationToken;
        });
    }

    /**
     * Names an address of the handler that is bound for the second portal alone.
     *
     * @param address http or https
     * @return another suite
     */
    public ContractSuite secondHandler(URI address) {
        return with(copy -> copy.secondHandler = address);
    }

    /**
     * Sets the seed of everything that looks random.
     *
     * @param value any number
     * @return another suite
     */
    public ContractSuite seed(long value) {
        return with(copy -> copy.seed = value);
    }

    /**
     * Sets the second that every case begins in, so that the same seed gives the same bytes.
     *
     * @param second as {@code seed@second} in a report says it; the machine's clock unless set
     * @return another suite
     */
    public ContractSuite at(Instant second) {
        return with(copy -> copy.at = second.getEpochSecond());
    }

    /**
     * Sets how many short cases run at a time.
     *
     * @param atMost four unless set
     * @return another suite
     * @throws IllegalArgumentException if it is less than one
     */
    public ContractSuite jobs(int atMost) {
        if (atMost < 1) {
            throw new IllegalArgumentException("expected one job or more but found " + atMost);
        }
        return with(copy -> copy.jobs = atMost);
    }

    /**
     * Accepts any certificate of the handler.
     *
     * @return another suite
     */
    public ContractSuite insecure() {
        return with(copy -> copy.insecure = true);
    }

    /**
     * Sets how long effects may take to appear after the acknowledgement.
     *
     * @param atMost ten seconds unless set
     * @return another suite
     */
    public ContractSuite settle(Duration atMost) {
        return with(copy -> copy.settle = atMost);
    }

    /**
     * Sets how long an acknowledgement may take.
     *
     * @param atMost five seconds unless set
     * @return another suite
     */
    public ContractSuite ackMax(Duration atMost) {
        return with(copy -> copy.ackMax = atMost);
    }

    /**
     * Ends the run after a time, with a report of the results so far.
     *
     * @param atMost no limit unless set
     * @return another suite
     */
    public ContractSuite timeLimit(Duration atMost) {
        return with(copy -> copy.timeLimit = atMost);
    }

    /**
     * Permits a target that is not on a loopback or private address.
     *
     * @return another suite
     */
    public ContractSuite allowPublic() {
        return with(copy -> copy.allowPublic = true);
    }

    /**
     * Returns the cases that would run.
     *
     * @return in the order of their ids
     */
    public List<ContractCase> cases() {
        return Catalogue.all().stream().filter(settings::selects).toList();
    }

    /**
     * Runs the cases. Blocks for as long as they take, up to a few minutes.
     *
     * @return what was found
     * @throws IllegalArgumentException if the target is public and that is not permitted
     */
    public ContractReport run() {
        try (ContractRun run = start(line -> {})) {
            return run.finish();
        }
    }

    /**
     * Starts the portal and the handler, and sends nothing yet. Use this to watch the run or to end it early.
     *
     * @param progress gets a line for each case that ended or runs long, and warnings; called by several threads
     * @return a run, to be closed
     * @throws IllegalArgumentException if the target is public and that is not permitted
     */
    public ContractRun start(Consumer<String> progress) {
        boolean known = Stream.ofNullable(settings.secondInstance)
                .allMatch(address -> Wire.to(address, settings.insecure).isPrivate());
        if (!settings.allowPublic
                && !(known && Wire.to(settings.handler, settings.insecure).isPrivate())) {
            throw new IllegalArgumentException(
                    "the handler is not on a loopback or private address; --allow-public permits it");
        }
        return new ContractRun(Run.start(settings), cases(), progress);
    }

    /**
     * Returns the bytes of the requests that a case sends, without sending any. They are those of a run with the same
     * settings, seed and second as long as the handler's answers do not change what follows.
     *
     * @param one the case
     * @return the requests in their order, as many as a report keeps
     * @throws InterruptedException if the thread is interrupted
     */
    public List<byte[]> requests(ContractCase one) throws InterruptedException {
        try (Run run = Run.dry(settings)) {
            CaseRun caseRun = new CaseRun(run, one, 0);
            one.run(caseRun);
            return caseRun.exchanges().kept().values().stream().map(Reply::sent).toList();
        }
    }
}
