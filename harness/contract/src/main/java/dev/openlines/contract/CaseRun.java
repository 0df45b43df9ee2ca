// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
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
    private final List<Expectation> expectations = new ArrayList<>();
    private final Exchanges exchanges;
    private final Set<String> silentTokens = new HashSet<>();
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
        at = run.seconds();
        mint = new Mint(run.seed() + attempt, at, contractCase.id());
    }

    Run run() {
        return run;
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

    /** Returns the time of the case's clock, in seconds. */
    long now() {
        return at;
    }

    // Events.

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

    /** Returns a secret of the attacker. It belongs to no portal, so it may appear anywhere. */
    synchronized String forged() {
        return mint.hex(32);
    }

    // Sending.

    Reply post(EventBody event) {
        return post(event.bytes());
    }

    Reply post(byte[] body) {
        return send(Request.post(run.wire().target(), body));
    }

    Request request(EventBody event) {
        return Request.post(run.wire().target(), event.bytes());
    }

    Reply send(Request request) {
        return send(request, run.patience());
    }

    Reply send(Request request, Duration patience) {
        return send(request.bytes(), request.expectsNoBody(), patience);
    }

    Reply send(byte[] bytes, boolean noBody, Duration patience) {
        try (Connection connection = open()) {
            return seen(connection.write(bytes).read(patience, noBody));
        }
    }

    /** Sends a request to one of several instances. */
    Reply send(Wire to, Request request) {
        try (Connection connection = open(to)) {
            return seen(connection.write(request.bytes()).read(run.patience(), request.expectsNoBody()));
        }
    }

    Connection open() {
        return open(run.wire());
    }

    Connection open(Wire to) {
        return run.silent() ? Connection.dead() : to.open();
    }

    /** Keeps a reply that a script read itself. */
    Reply seen(Reply reply) {
        return seen(reply, exchanges.reserve(1));
    }

    /** Records a reply under a number that was reserved. */
    Reply seen(Reply reply, int number) {
        run.answered(this, reply);
        exchanges.add(number, reply);
        return reply;
    }

    /** Notes that a request names chats, if any, in places of its own. The number was reserved. */
    void names(List<String> chats, Reply reply, int number) {
        exchanges.names(chats, reply, number);
    }

    /** Reserves numbers for requests that are sent at a time, and returns the first. */
    int reserve(int requests) {
        return exchanges.reserve(requests);
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

    /** Records a request whose answer is not waited for. */
    void sent(Connection connection) {
        seen(Reply.notAwaited(connection.sentSoFar()));
    }

    // Judging.

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

    void denied(Reply reply, EventBody event, String what) {
        if (reply.status() == 404 && reply.failure() == null) {
            warn("status 401 or 403 for " + what, reply);
        } else if (reply.failure() != null || (reply.status() != 401 && reply.status() != 403)) {
            fail("status 401 or 403 for " + what, reply);
        }
        noEffect(event, what);
        noRest(event);
    }

    void refused(Reply reply, String what) {
        if (!reply.is4xx()) {
            fail("status 4xx for " + what, reply);
        }
    }

    void refusedOrClosed(Reply reply, String what) {
        if (!reply.refusedOrClosed()) {
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
            effects(event, 1, what + ", which was acknowledged");
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
            silentTokens.add(token);
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
        boolean busy = reply.status() == 0
                || reply.status() == 429
                || reply.status() == 503
                || reply.answered().compareTo(run.ackMax()) > 0;
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

    /** Checks at the end that nothing secret has reached this case's evil portal. */
    void quietEvil() {
        atEnd(() -> {
            for (Listener.Seen seen : evil().seen()) {
                Set<String> found = run.canaries().in(seen.text());
                if (!found.isEmpty()) {
                    fail(
                            "no secret sent to the evil portal",
                            "a request there with <" + String.join(">, <", found) + ">");
                    return;
                }
            }
        });
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

    /** Returns the handler's log, or null after noting that it cannot be observed. */
    @Nullable
    String wantsLog() {
        String log = run.log();
        if (log == null) {
            notObserved("the handler's log (L): --handler-cmd or --log lets the suite see it");
        }
        return log;
    }

    private synchronized void find(Finding finding) {
        findings.add(finding);
    }

    // The end.

    void done() {
        took = Duration.ofNanos(System.nanoTime() - begunNanos);
        ended = true;
    }

    /** Returns whether all effects that must come have come. It does not wait for those of unacknowledged events. */
    synchronized boolean settled() {
        return expectations.stream()
                .allMatch(expectation -> expectation.reached(run.effects()) || exchanges.refused(expectation.chatId()));
    }

    /** Compares the present evidence with the expectations. Earlier findings stay. */
    synchronized void look() {
        if (dry()) {
            return;
        }
        if (!expectations.isEmpty() && !run.effects().exists()) {
            if (contractCase.oracles().contains(Oracle.E)) {
                findings.missing("evidence of effects (E)");
            }
        } else {
            for (Expectation expectation : expectations) {
                boolean known = findings.answersFailed() && exchanges.refused(expectation.chatId());
                if (!known || run.effects().of(expectation.chatId()).size() > expectation.max()) {
                    expectation.broken(run.effects()).ifPresent(broken -> effectFinding(broken, expectation.chatId()));
                }
                expectation.unseen(run.effects()).ifPresent(findings::missing);
            }
        }
        for (Listener.Seen seen : run.front().seen()) {
            String text = seen.text();
            if (silentTokens.stream().anyMatch(text::contains)) {
                effectFinding(
                        new String[] {
                            "no call to the portal for an event that is denied",
                            seen.line().split("\\?", 2)[0]
                        },
                        "");
            }
        }
    }

    private void effectFinding(String[] expectedAndGot, String chat) {
        findings.effect(expectedAndGot, chat, exchanges.numberOf(chat));
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
        List<String> failures = findings.failures(run::masked);
        List<String> warnings = new ArrayList<>();
        if (since != null && !failures.isEmpty()) {
            warnings.add(CONSEQUENCE + since + ": since that case the handler does not acknowledge good events");
        }
        warnings.addAll(findings.warnings(run::masked));
        if (!ended) {
            findings.missing("the rest of the case: it was not over when the run ended");
        }
        List<String> missing = findings.missing();
        Verdict verdict = !failures.isEmpty() ? Verdict.FAIL : missing.isEmpty() ? Verdict.PASS : Verdict.NOT_OBSERVED;
        return new CaseResult(contractCase, verdict, failures, warnings, missing, reproduce(), begun, took);
    }

    /** Returns a command line that sends the request with the failure again. */
    private String reproduce() {
        return exchanges.count() == 0
                ? ""
                : "java -jar openlines.jar explain " + contractCase.id() + " --seed " + (run.seed() + attempt) + "@"
                        + at
                        + " --handler " + run.wire().target() + " --member-id "
                        + identity().memberId()
                        + (contractCase.captures() ? run.settings().captureFlag() : "")
                        + " --application-token \"$APPLICATION_TOKEN\" --raw " + findings.exchange() + " --send";
    }

    /** Returns the number of the request that shows the first failure. */
    synchronized int named() {
        return findings.exchange();
    }

    /** Returns the exchanges that were kept, by their numbers. */
    SortedMap<Integer, Reply> numbered() {
        return exchanges.kept();
    }

    List<Reply> exchanges() {
        return List.copyOf(exchanges.kept().values());
    }

    int sentCount() {
        return exchanges.count();
    }

    synchronized List<Expectation> expectations() {
        return List.copyOf(expectations);
    }

    /** Returns text as one line of bytes, for canaries in odd places. */
    static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    Optional<HandlerProcess> process() {
        return Optional.ofNullable(run.process());
    }
}
