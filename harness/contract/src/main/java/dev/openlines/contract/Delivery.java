// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Level.SHOULD;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;
import static dev.openlines.contract.Oracle.R;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Delivery: 501 to 529. */
final class Delivery {

    private static final int IN_FLIGHT = 64;

    private Delivery() {}

    @Case(
            id = 501,
            level = MUST,
            needs = {H, E},
            sends = "the same bytes twice, one after the other",
            requires = "answer 2xx twice, have one effect",
            source = "captures: paired deliveries; no delivery id")
    static void twice(CaseRun run) {
        EventBody event = run.event();
        run.acked(run.post(event), "an event");
        run.acked(run.post(event), "the same bytes again");
        run.effects(event, 1, "the same bytes twice");
    }

    @Case(
            id = 503,
            level = MUST,
            needs = {H, E},
            sends = "the same chat closed again: equal data, a new ts",
            requires = "have two effects",
            source = "module source: a chat whose customer returns closes again with the same data")
    static void closedAgain(CaseRun run) {
        EventBody event = run.event();
        run.acked(run.post(event), "a close");
        EventBody again = event.copy().set("ts", Long.toString(run.now() + 2)).set("auth[access_token]", run.token());
        run.acked(run.post(again), "the next close of the same chat");
        run.effects(event, 2, "two closes of one chat");
    }

    @Case(
            id = 504,
            level = MUST,
            needs = {H, E},
            sends = "fifty chats closed in the same second",
            requires = "have fifty effects",
            source = "module source: ts has seconds, group actions close many")
    static void oneSecond(CaseRun run) {
        for (int i = 0; i < 50; i++) {
            run.good(run.event(), "each of fifty chats with one ts");
        }
    }

    @Case(
            id = 505,
            level = SHOULD,
            needs = {H, E},
            sends = "one close through two subscriptions: only the handler id differs",
            requires = "have one effect, or document another rule",
            source = "module source: each row is delivered")
    static void twoSubscriptions(CaseRun run) {
        EventBody event = run.event();
        run.acked(run.post(event), "an event of one subscription");
        run.acked(run.post(event.copy().set("event_handler_id", "14")), "the other subscription's event");
        run.effects(event, 1, "one close through two subscriptions");
    }

    @Case(
            id = 506,
            level = SHOULD,
            needs = {H, E},
            sends = "the same event with another access token",
            requires = "have one effect",
            source = "module source: a token is made for each delivery")
    static void otherAccessToken(CaseRun run) {
        EventBody event = run.event();
        run.acked(run.post(event), "an event");
        run.acked(
                run.post(event.copy().set("auth[access_token]", run.token())),
                "the same event with another access token");
        run.effects(event, 1, "one close delivered with two access tokens");
    }

    @Case(
            id = 507,
            level = MUST,
            needs = {H, E},
            sends = "a finish before its start, and a hundred events with falling ts",
            requires = "acknowledge all, keyed to the right chats; reject none for its age",
            source = "documentation: no order is promised")
    static void outOfOrder(CaseRun run) {
        EventBody finish = run.event();
        run.good(finish, "a finish before its start");
        EventBody start = run.event(run.identity(), finish.chatId())
                .set("event", "ONSESSIONSTART")
                .set("ts", Long.toString(run.now() - 60));
        Reply reply = run.post(start);
        if (!reply.is2xx()) {
            run.fail("status 2xx for a start after its finish", reply);
        }
        for (int i = 0; i < 100; i++) {
            run.good(run.event().set("ts", Long.toString(run.now() - i)), "each of 100 events out of order");
        }
    }

    @Case(
            id = 508,
            level = MUST,
            needs = {H, E},
            lane = Lane.ALONE,
            sends = "a thousand different events, 64 at a time, a connection each",
            requires = "answer each with 2xx or an honest 429 or 503, and have the effect of every 2xx",
            source = "documentation: mass changes arrive back to back")
    static void differentEvents(CaseRun run) throws InterruptedException {
        burst(run, false);
    }

    @Case(
            id = 509,
            level = MUST,
            needs = {H, E},
            lane = Lane.ALONE,
            sends = "a thousand events with a tenth of them twice, shuffled",
            requires = "have as many effects as different events were acknowledged",
            source = "captures: paired deliveries")
    static void withDuplicates(CaseRun run) throws InterruptedException {
        burst(run, true);
    }

    @Case(
            id = 511,
            level = SHOULD,
            needs = {H, E},
            lane = Lane.LONG,
            sends = "fifty events a second for a minute",
            requires = "show no growing delay and lose none",
            source = "practice")
    static void steadyLoad(CaseRun run) throws InterruptedException {
        if (!run.settings().slow && !run.dry()) {
            run.notObserved("a minute of steady load: --slow asks for it");
            return;
        }
        sustained(run);
    }

    @Case(
            id = 512,
            level = MUST,
            needs = {H, R},
            lane = Lane.ALONE,
            sends = "normal events while the portal takes ten seconds to answer a REST call",
            requires = "acknowledge in time: the answer does not wait for the portal",
            source = "documentation: slow handlers are called less often")
    static void slowPortal(CaseRun run) throws InterruptedException {
        PortalFront front = run.front();
        int before = front.seen().size();
        front.fault(request -> new PortalFront.Fault.Late(Duration.ofSeconds(10)));
        try {
            for (int i = 0; i < 5; i++) {
                EventBody event = run.event();
                if (!run.acked(run.post(event), "an event while the portal is slow")) {
                    break;
                }
            }
            if (!run.dry() && !called(run, before)) {
                run.notObserved("a call to the portal: the handler made none while it was slow");
            }
        } finally {
            front.healthy();
        }
        run.aliveWithoutEvidence();
    }

    @Case(
            id = 513,
            level = MUST,
            needs = {H, E, R},
            lane = Lane.ALONE,
            sends = "a portal that resets connections and answers 503 QUERY_LIMIT_EXCEEDED",
            requires = "acknowledge; have the effect after recovery; call less often meanwhile",
            source = "documentation: request limits")
    static void sickPortal(CaseRun run) throws InterruptedException {
        sickPortal(
                run, List.of(new PortalFront.Fault.Reset(), answer(503, "QUERY_LIMIT_EXCEEDED", "Too many requests")));
    }

    @Case(
            id = 514,
            level = MUST,
            needs = {E, R},
            lane = Lane.ALONE,
            sends = "a portal that answers 429 OPERATION_TIME_LIMIT, 401 expired_token, and 200 with an error",
            requires = "go by the error's code, not by the status; have the effect in the end",
            source = "module source and documentation differ on statuses")
    static void errorCodes(CaseRun run) throws InterruptedException {
        sickPortal(
                run,
                List.of(
                        answer(429, "OPERATION_TIME_LIMIT", "Method is blocked due to operation time limit."),
                        answer(401, "expired_token", "The access token provided has expired."),
                        answer(200, "QUERY_LIMIT_EXCEEDED", "Too many requests")));
    }

    /**
     * Checks acknowledged events that are really waiting. Only these show that an answer does not wait for the work.
     */
    @Case(
            id = 517,
            level = MUST,
            needs = {H, E},
            lane = Lane.ALONE,
            sends = "events while the handler's own processing takes thirty seconds",
            requires = "acknowledge in time",
            source = "documentation: answer first, work later")
    static void slowProcessing(CaseRun run) throws InterruptedException {
        String on = run.settings().slowOn;
        String off = run.settings().slowOff;
        if ((on == null || off == null) && !run.dry()) {
            run.notObserved("the handler's slow processing: --slow-on and --slow-off are its test hook");
            return;
        }
        if (on != null && !run.shell(on)) {
            run.notObserved("the handler's slow processing: the command of --slow-on failed");
            return;
        }
        List<EventBody> acknowledged = new ArrayList<>();
        boolean ended = false;
        try {
            boolean quick = true;
            for (int i = 0; i < 5 && quick; i++) {
                EventBody event = run.event();
                quick = run.acked(run.post(event), "an event while processing is slow");
                if (quick) {
                    acknowledged.add(event);
                }
            }
            if (quick && !run.dry()) {
                stillWaiting(run, acknowledged);
            }
        } finally {
            ended = off == null || run.shell(off);
        }
        if (!ended) {
            run.notObserved("the end of slow processing: the command of --slow-off failed");
            return;
        }
        for (EventBody event : acknowledged) {
            run.effects(event, 1, "each event acknowledged while processing was slow, after --slow-off");
        }
        if (!run.dry()) {
            run.effects().await(run::settled, run.settings().slowness);
        }
    }

    @Case(
            id = 519,
            level = SHOULD,
            needs = E,
            sends = "two portals with equal chat ids",
            requires = "keep effects apart by portal",
            source = "module source: ids are per portal")
    static void equalChatIds(CaseRun run) {
        if (!run.knowsSecond() && !run.dry()) {
            return;
        }
        Identity other = run.second();
        EventBody ours = run.event();
        EventBody theirs = run.event(other, ours.chatId());
        run.acked(run.post(ours), "an event of the first portal");
        run.acked(run.post(theirs), "an event of the second portal with the same chat id");
        run.expect(new Expectation(ours.chatId(), null, 2, 2, "equal chat ids in two portals")
                .ofBoth(run.identity().memberId(), other.memberId()));
    }

    private static PortalFront.Fault answer(int status, String code, String text) {
        return new PortalFront.Fault.Answer(
                status, "{\"error\":\"" + code + "\",\"error_description\":\"" + text + "\"}");
    }

    /** Sends a burst. Each 2xx must have its effect, and a refused event must have none. */
    private static void burst(CaseRun run, boolean duplicates) throws InterruptedException {
        int number = run.settings().burst;
        List<EventBody> events = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            events.add(run.event());
        }
        if (duplicates) {
            for (int i = 0; i < number / 10; i++) {
                events.add(events.get(i * 10));
            }
            Collections.shuffle(events, new Random(run.mint().seed()));
        }
        Load load = new Load(run, IN_FLIGHT);
        events.forEach(event -> load.add(run.request(event).bytes()));
        load.begin(Duration.ZERO);
        @Nullable Reply[] replies = load.all();
        reconcile(run, events, replies, duplicates ? "a burst with duplicates" : "a burst");
        List<Duration> answered = new ArrayList<>();
        int backlog = 0;
        for (Reply reply : replies) {
            if (reply != null && reply.is2xx()) {
                answered.add(reply.answered());
                backlog += reply.connect().toMillis() >= 900 ? 1 : 0;
            }
        }
        Collections.sort(answered);
        if (!answered.isEmpty() && !run.dry()) {
            Duration p99 = answered.get((int) Math.ceil(answered.size() * 0.99) - 1);
            if (p99.compareTo(run.settings().burstP99) > 0) {
                run.warn(
                        "a p99 of at most " + run.settings().burstP99.toMillis() + " ms in a burst",
                        p99.toMillis() + " ms");
            }
            if (backlog > answered.size() / 100) {
                run.warn("connections taken within a second", backlog + " waited for a full queue of connections");
            }
            run.note("p50 " + answered.get(answered.size() / 2).toMillis() + " ms, p99 " + p99.toMillis() + " ms, "
                    + answered.size() + " acknowledged");
        }
    }

    /** Compares replies with effects: an acknowledged event has one effect, another at most one. */
    static void reconcile(CaseRun run, List<EventBody> events, @Nullable Reply[] replies, String what) {
        java.util.Map<String, Boolean> acknowledged = new java.util.LinkedHashMap<>();
        int refused = 0;
        for (int i = 0; i < replies.length; i++) {
            Reply reply = replies[i];
            if (reply == null) {
                continue;
            }
            acknowledged.merge(events.get(i).chatId(), reply.is2xx(), Boolean::logicalOr);
            boolean honest = reply.failure() == null
                    && (reply.status() == 429
                            || reply.status() == 503
                            || run.intermediary().gaveUp(reply));
            if (!reply.is2xx()) {
                refused++;
                if (!honest) {
                    run.fail("status 2xx, 429 or 503 for each event of " + what, reply);
                }
            }
        }
        if (refused > 0) {
            run.warn("no refusals in " + what, refused + " events not acknowledged");
        }
        acknowledged.forEach((chat, taken) -> run.expect(new Expectation(
                chat, run.identity().memberId(), taken ? 1 : 0, 1, "each acknowledged event of " + what)));
    }

    private static void sustained(CaseRun run) throws InterruptedException {
        List<EventBody> events = new ArrayList<>();
        Load load = new Load(run, 32);
        for (int i = 0; i < 3_000; i++) {
            events.add(run.event());
            load.add(run.request(events.get(i)).bytes());
        }
        load.begin(Duration.ofMillis(20));
        @Nullable Reply[] replies = load.all();
        reconcile(run, events, replies, "a minute of steady load");
        double early = mean(replies, 0, 500);
        double late = mean(replies, 2_500, 3_000);
        if (late > Math.max(50, early * 3)) {
            run.fail(
                    "no growing delay in a minute of steady load",
                    Math.round(early) + " ms grew to " + Math.round(late) + " ms");
        }
    }

    private static double mean(@Nullable Reply[] replies, int from, int to) {
        double sum = 0;
        int count = 0;
        for (int i = from; i < Math.min(to, replies.length); i++) {
            Reply reply = replies[i];
            if (reply != null) {
                sum += reply.answered().toNanos() / 1e6;
                count++;
            }
        }
        return count == 0 ? 0 : sum / count;
    }

    /** Returns whether the portal was called. It does not wait long for a handler that has never called it. */
    private static boolean called(CaseRun run, int before) throws InterruptedException {
        PortalFront front = run.front();
        long end =
                System.nanoTime() + Duration.ofMillis(before == 0 ? 500 : 5_000).toNanos();
        while (front.seen().size() == before && System.nanoTime() < end) {
            Thread.sleep(20);
        }
        return front.seen().size() > before;
    }

    private static void sickPortal(CaseRun run, List<PortalFront.Fault> faults) throws InterruptedException {
        PortalFront front = run.front();
        int atStart = front.seen().size();
        List<EventBody> events = new ArrayList<>();
        try {
            for (PortalFront.Fault fault : faults) {
                front.fault(request -> fault);
                for (int i = 0; i < 5; i++) {
                    EventBody event = run.event();
                    events.add(event);
                    run.acked(run.post(event), "an event while the portal is sick");
                }
                int calls = front.seen().size();
                if (!run.dry()) {
                    Thread.sleep(calls > atStart ? 5_000 : 1_000);
                }
            }
        } finally {
            front.healthy();
        }
        int calls = front.seen().size() - atStart;
        if (calls > 50 * events.size()) {
            run.fail("fewer calls while the portal refuses them", calls + " calls for " + events.size() + " events");
        }
        if (calls == 0 && !run.dry()) {
            run.notObserved("a call to the portal: the handler made none while the portal was sick");
        }
        events.forEach(event -> run.effects(event, 1, "each event taken while the portal was sick"));
        run.alive();
    }

    /** Checks that the hook works. If the work is done as quickly as before, the hook has made nothing slow. */
    private static void stillWaiting(CaseRun run, List<EventBody> acknowledged) throws InterruptedException {
        EffectBook effects = run.effects();
        Duration quiet = run.quiet();
        Duration atLeast = Duration.ofSeconds(1);
        effects.await(
                () -> acknowledged.stream()
                        .noneMatch(event -> effects.of(event.chatId()).isEmpty()),
                quiet.compareTo(atLeast) < 0 ? atLeast : quiet);
        long done = acknowledged.stream()
                .filter(event -> !effects.of(event.chatId()).isEmpty())
                .count();
        if (done > 0) {
            run.notObserved("the handler's slow processing: " + done + " of " + acknowledged.size()
                    + " events that were acknowledged after --slow-on had their effect before --slow-off");
        }
    }
}
