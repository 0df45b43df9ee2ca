// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import dev.openlines.portal.Portal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One run of one case: it makes the events, sends them, and records the findings. Scripts may use it from several
 * threads.
 */
final class CaseRun {

    /** The beginning of the warning that an earlier case may be the cause. */
    static final String CONSEQUENCE = "this may be a consequence of ";

    private final Run run;
    private final ContractCase contractCase;
    private final Mint mint;
    private final long at;
    private final Instant begun = Instant.now();
    private final long begunNanos = System.nanoTime();
    private final Findings findings = new Findings();
    private final Exchanges exchanges;
    private final Expectations expectations;
    private final List<Runnable> atEnd = new ArrayList<>();
    private final int attempt;
    private @Nullable Listener evil;
    private @Nullable String since;
    private Duration took = Duration.ZERO;
    private boolean ended;

    CaseRun(Run run, ContractCase contractCase, int attempt) {
        this.run = run;
        this.contractCase = contractCase;
        this.attempt = attempt;
        exchanges = new Exchanges(run.wire().isDry());
        expectations = new Expectations(run.effects(), exchanges);
        at = run.seconds();
        mint = new Mint(run.seed() + attempt, at, contractCase.id());
    }

    ContractCase contractCase() {
        return contractCase;
    }

    Mint mint() {
        return mint;
    }

    Identity identity() {
        return run.identity();
    }

    boolean dry() {
        return run.wire().isDry();
    }

    Settings settings() {
        return run.settings();
    }

    Wire wire() {
        return run.wire();
    }

    EffectBook effects() {
        return run.effects();
    }

    Canaries canaries() {
        return run.canaries();
    }

    Intermediary intermediary() {
        return run.intermediary();
    }

    Account account() {
        return run.account();
    }

    Answers answers() {
        return run.answers();
    }

    HandlerLog log() {
        return run.log();
    }

    Installations installations() {
        return run.installations();
    }

    PortalFront front() {
        return run.front();
    }

    @Nullable
    Portal portal() {
        return run.portal();
    }

    @Nullable
    HandlerProcess secondInstance() {
        return run.secondInstance();
    }

    Duration patience() {
        return run.patience();
    }

    Duration quiet() {
        return run.quiet();
    }

    /** Runs a command of the user's. Returns false if it failed. */
    boolean shell(String command) throws InterruptedException {
        return run.shell(command);
    }

    /** Returns the second that the case began in. */
    long now() {
        return at;
    }

    /** Returns a good event of a new chat that staff closed. */
    EventBody event() {
        return event(identity(), chat());
    }

    /** Returns a chat that only this case uses. */
    synchronized String chat() {
        String chat = Long.toString(mint.chat());
        run.account().know(chat);
        return chat;
    }

    synchronized EventBody event(Identity of, String chat) {
        run.account().know(chat);
        return Events.finish(of, chat, at, token());
    }

    /** Returns an access token that the portal knows. */
    synchronized String token() {
        String token = mint.accessToken();
        run.knowAccessToken(token);
        return token;
    }

    /** Returns a refresh token that the portal's OAuth host renews once. */
    synchronized String refreshToken() {
        String token = mint.hex(70);
        run.knowRefreshToken(token);
        return token;
    }

    /** Returns another secret of the portal, which no answer and no log may hold. */
    synchronized String secret(String name, int digits) {
        String text = mint.hex(digits);
        run.secret(name, text);
        return text;
    }

    /** Returns another portal that the handler trusts, or one that it does not know. */
    Identity second() {
        return run.second(mint);
    }

    /** Returns a secret of the attacker. It belongs to no portal, so it may appear anywhere. */
    synchronized String forged() {
        return mint.hex(32);
    }

    Reply post(EventBody event) {
        return post(event.bytes());
    }

    Reply post(byte[] body) {
        return send(request(body));
    }

    Request request(EventBody event) {
        return request(event.bytes());
    }

    Request request(byte[] body) {
        return Request.post(run.wire().target(), body);
    }

    /** Returns the handler's path with its query. */
    String path() {
        return Request.target(run.wire().target());
    }

    Reply send(Request request) {
        return send(request, run.patience());
    }

    Reply send(Request request, Duration patience) {
        return send(run.wire(), request, patience);
    }

    /** Sends a request to one of several instances. */
    Reply send(Wire to, Request request) {
        return send(to, request, run.patience());
    }

    private Reply send(Wire to, Request request, Duration patience) {
        try (Connection connection = open(to)) {
            return seen(connection.write(request.bytes()).read(patience, request.expectsNoBody()));
        }
    }

    /** Reads an answer and keeps it. */
    Reply read(Connection connection) {
        return seen(connection.read(run.patience()));
    }

    Connection open() {
        return open(run.wire());
    }

    Connection open(Wire to) {
        return run.answers().silent() ? Connection.dead() : to.open();
    }

    /** Keeps a reply that a script read itself. */
    Reply seen(Reply reply) {
        return seen(reply, exchanges.reserve(1));
    }

    /** Records a reply under a number that was reserved. */
    Reply seen(Reply reply, int number) {
        if (!dry()) {
            run.answers().add(contractCase.id(), reply);
        }
        exchanges.add(number, reply);
        return reply;
    }

    /** Returns a listener that no other case's events name: this case caused every request to it. */
    synchronized Listener evil() {
        Listener listener = evil;
        if (listener == null) {
            listener = run.listener();
            evil = listener;
        }
        return listener;
    }

    boolean acked(Reply reply, String what) {
        boolean ok = reply.is2xx() && reply.answered().compareTo(run.ackMax()) <= 0;
        if (!ok) {
            fail("status 2xx within " + run.ackMax().toMillis() + " ms for " + what, reply);
        }
        return ok;
    }

    /** Sends a request, and expects its acknowledgement and exactly one effect. */
    Reply good(EventBody event, String what) {
        Reply reply = post(event);
        acked(reply, what);
        effects(event, 1, what);
        return reply;
    }

    /** Returns whether a queue answered: the handler sees the request later, so that only effects can be judged. */
    boolean byQueue(Reply reply) {
        return run.intermediary().acknowledged(reply);
    }

    void denied(Reply reply, EventBody event, String what) {
        if (reply.status() == 404 && reply.failure() == null) {
            warn("status 401 or 403 for " + what, reply);
        } else if (!byQueue(reply) && (reply.failure() != null || (reply.status() != 401 && reply.status() != 403))) {
            fail("status 401 or 403 for " + what, reply);
        }
        noEffect(event, what);
        noRest(event);
    }

    void refused(Reply reply, String what) {
        if (!reply.is4xx() && !byQueue(reply)) {
            fail("status 4xx for " + what, reply);
        }
    }

    void refusedOrClosed(Reply reply, String what) {
        if (!reply.refusedOrClosed() && !byQueue(reply) && !run.intermediary().gaveUp(reply)) {
            fail("status 4xx or a closed connection for " + what, reply);
        }
    }

    /** Checks that the handler answered, and that the status is not one of a breakdown. */
    boolean stands(Reply reply, String what) {
        boolean ok = reply.failure() == null && !reply.is5xx();
        if (!ok) {
            fail("an answer other than 5xx for " + what, reply);
        }
        return ok;
    }

    /** Expects the event to be acknowledged with its effect or refused without one, but not acknowledged and lost. */
    void takenOrRefused(Reply reply, EventBody event, String what) {
        if (reply.is2xx()) {
            String portal = event.value("auth[member_id]");
            expect(new Expectation(
                    event.chatId(), portal, byQueue(reply) ? 0 : 1, 1, what + ", which was acknowledged"));
        } else if (reply.is4xx()) {
            noEffect(event, what + ", which was refused");
        } else {
            fail("status 2xx with its effect or 4xx without for " + what, reply);
        }
    }

    void effects(EventBody event, int number, String what) {
        expect(new Expectation(event.chatId(), event.value("auth[member_id]"), number, number, what));
    }

    void noEffect(EventBody event, String what) {
        expect(Expectation.none(event.chatId(), what));
    }

    void noEffect(String chatId, String what) {
        expect(Expectation.none(chatId, what));
    }

    synchronized void expect(Expectation expectation) {
        expectations.add(expectation);
        run.account().expect(expectation.chatId());
    }

    /** Expects no call to the portal with the event's access token. */
    synchronized void noRest(EventBody event) {
        String token = event.value("auth[access_token]");
        if (!token.isEmpty()) {
            expectations.noCallWith(token);
        }
    }

    /** Expects that a good event still works. */
    void alive() {
        good(event(), "the good event afterwards");
    }

    /** Expects that a good event is still acknowledged. For cases that need no evidence. */
    void aliveWithoutEvidence() {
        EventBody event = event();
        acked(post(event), "the good event afterwards");
        if (run.effects().exists()) {
            effects(event, 1, "the good event afterwards");
        }
    }

    void fail(String expected, Reply reply) {
        boolean busy = reply.mayComeOfLoad(run.ackMax()) || run.intermediary().gaveUp(reply);
        find(new Finding(false, expected, reply.observed(), exchanges.numberOf(reply), reply.times(), busy));
    }

    /** Reports a failure that other cases beside this one may explain. The case then runs again alone. */
    void failUnlessBusy(String expected, String got) {
        find(new Finding(false, expected, got, 0, null, true));
    }

    void fail(String expected, String got) {
        find(new Finding(false, expected, got, 0, null, false));
    }

    void warn(String expected, Reply reply) {
        find(new Finding(true, expected, reply.observed(), exchanges.numberOf(reply), reply.times(), false));
    }

    void warn(String expected, String got) {
        find(new Finding(true, expected, got, 0, null, false));
    }

    /** Registers a check for the end of the whole run. */
    synchronized void atEnd(Runnable look) {
        atEnd.add(look);
    }

    /** Runs the last checks, after all cases. */
    void finish() {
        look();
        List<Runnable> looks;
        synchronized (this) {
            looks = List.copyOf(atEnd);
            atEnd.clear();
        }
        if (!dry()) {
            looks.forEach(Runnable::run);
        }
    }

    /** Adds a remark that changes no verdict. */
    synchronized void note(String text) {
        findings.note(text);
    }

    /** Notes that something could not be observed. */
    synchronized void notObserved(String reason) {
        findings.missing(reason);
    }

    /** Returns whether the handler's log can be seen, and notes it if not. */
    boolean seesLog() {
        if (!run.log().exists() && !dry()) {
            notObserved("the handler's log (L): --handler-cmd or --log lets the suite see it");
        }
        return run.log().exists();
    }

    /** Returns whether the handler trusts a second portal, and notes it if none is known. */
    boolean knowsSecond() {
        if (!run.knowsSecond() && !dry()) {
            notObserved("a second portal that the handler trusts: --second-member-id and --second-application-token"
                    + " name one");
        }
        return run.knowsSecond();
    }

    private synchronized void find(Finding finding) {
        findings.add(finding);
    }

    void done() {
        took = Duration.ofNanos(System.nanoTime() - begunNanos);
        ended = true;
    }

    /** Returns whether all effects that must come have come. */
    synchronized boolean settled() {
        return expectations.settled();
    }

    /** Compares the present evidence with the expectations. Earlier findings stay. */
    synchronized void look() {
        if (dry()) {
            return;
        }
        if (run.effects().exists()) {
            expectations.compareEffects(findings);
        } else if (!expectations.all().isEmpty() && contractCase.oracles().contains(Oracle.E)) {
            findings.missing("evidence of effects (E)");
        }
        expectations.compareCalls(run.front().seen(), findings);
    }

    /** Marks the run as one of a handler that an earlier case has left broken. */
    synchronized void since(String id) {
        since = id;
    }

    /** Returns whether the case failed in a way that the cases beside it may explain. */
    synchronized boolean worthRepeating() {
        return findings.busy();
    }

    synchronized boolean failed() {
        return findings.failed();
    }

    synchronized CaseResult result() {
        if (!ended) {
            findings.missing("the rest of the case: it was not over when the run ended");
        }
        String byHand = exchanges.count() == 0
                ? ""
                : ByHand.line(contractCase, run.seed() + attempt, at, run.settings(), findings.exchange());
        List<String> failures = findings.failures(run::masked);
        List<String> warnings = new ArrayList<>(findings.warnings(run::masked));
        if (since != null && !failures.isEmpty()) {
            warnings.add(0, CONSEQUENCE + since + ": since that case the handler does not acknowledge good events");
        }
        return new CaseResult(
                contractCase, findings.verdict(), failures, warnings, findings.missing(), byHand, begun, took);
    }

    /** Returns the number of the request that shows the first failure. */
    synchronized int named() {
        return findings.exchange();
    }

    Exchanges exchanges() {
        return exchanges;
    }

    synchronized List<Expectation> expectations() {
        return expectations.all();
    }

    Optional<HandlerProcess> process() {
        return Optional.ofNullable(run.process());
    }
}
