// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Oracle.C;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;
import static dev.openlines.contract.Oracle.R;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Resilience: 601 to 629, and 116. The suite starts, kills and stops the handler. */
final class Resilience {

    private static final Duration STOP = Duration.ofSeconds(30);
    private static final int IN_FLIGHT = 64;
    private static final int MOST_TRIES = 10;

    private Resilience() {}

    @Case(
            id = 601,
            level = MUST,
            needs = {H, E, C},
            profile = Profile.DURABLE,
            lane = Lane.PROCESS,
            sends = "a burst of a thousand, SIGKILL in its middle, a restart",
            requires = "have one effect of everything acknowledged, and none twice",
            source = "documentation: nothing is sent again")
    static void killed(CaseRun run) throws InterruptedException {
        interrupted(run, true);
    }

    @Case(
            id = 602,
            level = MUST,
            needs = {H, E, C},
            profile = Profile.DURABLE,
            lane = Lane.PROCESS,
            sends = "a burst, the polite signal, a restart",
            requires = "answer or close what is under way, refuse what is new, end within 30 s, lose nothing",
            source = "practice: deployments")
    static void stopped(CaseRun run) throws InterruptedException {
        interrupted(run, false);
    }

    @Case(
            id = 603,
            level = MUST,
            needs = {H, E, C},
            profile = Profile.DURABLE,
            lane = Lane.PROCESS,
            sends = "events while the store cannot be written",
            requires = "answer no 2xx; recover without help",
            source = "practice: full disks")
    static void brokenStore(CaseRun run) throws InterruptedException {
        String breaking = run.settings().breakStore;
        String repair = run.settings().mendStore;
        if ((breaking == null || repair == null) && !run.dry()) {
            run.notObserved("a store that cannot be written: --break-store and --mend-store are the test hook");
            return;
        }
        if (breaking != null && !run.shell(breaking)) {
            run.notObserved("a store that cannot be written: the command of --break-store failed");
            return;
        }
        try {
            int answered = 0;
            for (int i = 0; i < MOST_TRIES && answered < 3; i++) {
                EventBody event = run.event();
                Reply reply = run.send(run.request(event), Duration.ofSeconds(30));
                answered += reply.closed() ? 0 : 1;
                boolean queued = run.byQueue(reply);
                if (reply.is2xx() && !queued) {
                    run.fail("no 2xx while the store cannot be written, which --break-store must see to", reply);
                } else if (reply.status() != 503 && !queued) {
                    run.warn("status 503 while the store cannot be written", reply);
                }
                // A queue delivers an acknowledged event again until the handler has stored it.
                run.expect(new Expectation(
                        event.chatId(),
                        run.identity().memberId(),
                        queued ? 1 : 0,
                        1,
                        "an event while the store is broken"));
            }
            if (answered == 0 && !run.dry()) {
                run.notObserved("an answer while the store cannot be written: the handler closed " + MOST_TRIES
                        + " connections without one, so that nothing shows whether it looks at its store");
            }
        } finally {
            if (repair != null && !run.shell(repair)) {
                run.notObserved("the recovery: the command of --mend-store failed");
            }
        }
        Reply reply = run.post(run.event());
        for (int i = 0; i < 30 && !reply.is2xx() && !run.dry(); i++) {
            Thread.sleep(1_000);
            reply = run.post(run.event());
        }
        if (!reply.is2xx()) {
            run.fail("recovery within 30 s of the store's", reply);
        }
        run.alive();
    }

    /** Events that were acknowledged, killed before anybody can have looked at them for long. */
    @Case(
            id = 604,
            level = MUST,
            needs = {E, C},
            profile = Profile.DURABLE,
            lane = Lane.PROCESS,
            sends = "SIGKILL right after the acknowledgement, a restart",
            requires = "process what was stored, once",
            source = "practice: a queue between storing and processing")
    static void killedBetween(CaseRun run) throws InterruptedException {
        HandlerProcess process = process(run);
        if (process == null && !run.dry()) {
            return;
        }
        boolean between = false;
        boolean hooked = false;
        for (int round = 0; round < (run.dry() ? 1 : 3); round++) {
            List<EventBody> events = new ArrayList<>();
            Load load = new Load(run, 16);
            for (int i = 0; i < 48; i++) {
                events.add(run.event());
                load.add(run.request(events.get(i)).bytes());
            }
            boolean held = round == 0 && hold(run, true);
            hooked |= held;
            load.begin(Duration.ZERO);
            @Nullable Reply[] replies = load.all();
            if (process != null) {
                process.kill();
                run.effects().refresh();
                for (int i = 0; i < replies.length; i++) {
                    Reply reply = replies[i];
                    between |= reply != null
                            && reply.is2xx()
                            && run.effects().of(events.get(i).chatId()).isEmpty();
                }
                if ((held && !hold(run, false)) || !restart(run, process)) {
                    return;
                }
            }
            String what = "a burst that a SIGKILL followed";
            if (held) {
                acknowledgedOnce(run, events, replies, what);
            } else {
                Delivery.reconcile(run, events, replies, what);
            }
        }
        if (!between && hooked) {
            run.notObserved("the time between storing and processing: every event that was acknowledged after --slow-on"
                    + " had its effect at the kill");
        } else if (!between) {
            run.note("every event had its effect before the kill: this handler leaves nothing between the two");
        }
        run.alive();
    }

    @Case(
            id = 605,
            level = MUST,
            needs = {E, R},
            profile = Profile.DURABLE,
            lane = Lane.ALONE,
            sends = "a poison event among a hundred: the portal denies access to its chat",
            requires = "have the effects of the other 99; try the poison a bounded number of times",
            source = "module source: ACCESS_DENIED")
    static void poison(CaseRun run) throws InterruptedException {
        PortalFront front = run.front();
        List<EventBody> events = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            events.add(run.event());
        }
        EventBody poison = events.get(run.mint().below(100));
        String chat = poison.chatId();
        String denied = "{\"error\":\"ACCESS_DENIED\",\"error_description\":\"Access denied!\"}";
        front.fault(call -> call.text().contains(chat) ? new PortalFront.Fault.Answer(403, denied) : null);
        try {
            for (EventBody event : events) {
                run.acked(run.post(event), "each of 100 events with a poison one among them");
                if (event == poison) {
                    run.expect(new Expectation(chat, run.identity().memberId(), 0, 1, "the poison event"));
                } else {
                    run.effects(event, 1, "each of the other 99 events");
                }
            }
            if (!run.dry() && front.seen().stream().anyMatch(call -> call.text().contains(chat))) {
                Thread.sleep(5_000);
            }
        } finally {
            run.atEnd(front::healthy);
        }
        run.atEnd(() -> {
            long tries = front.seen().stream()
                    .filter(call -> call.text().contains(chat))
                    .count();
            if (tries > 50) {
                run.fail("a bounded number of tries for the poison event", tries + " calls");
            } else if (tries == 0) {
                run.notObserved("a call to the portal about the poison event's chat: the handler made none");
            }
        });
    }

    static @Nullable HandlerProcess process(CaseRun run) {
        HandlerProcess process = run.process().orElse(null);
        if (process == null && !run.dry()) {
            run.notObserved("control of the process (C): --handler-cmd starts the handler");
        }
        return process;
    }

    static boolean restart(CaseRun run, HandlerProcess process) throws InterruptedException {
        boolean ready = process.start();
        if (!ready) {
            run.fail("a handler that is ready again after its restart", process.trouble());
        }
        return ready;
    }

    private static void interrupted(CaseRun run, boolean kill) throws InterruptedException {
        HandlerProcess process = process(run);
        if (process == null && !run.dry()) {
            return;
        }
        int number = run.settings().burst;
        List<EventBody> events = new ArrayList<>();
        Load load = new Load(run, IN_FLIGHT);
        for (int i = 0; i < number; i++) {
            events.add(run.event());
            load.add(run.request(events.get(i)).bytes());
        }
        int moment = number / 4 + run.mint().below(number / 2);
        load.begin(Duration.ZERO);
        while (load.begun() < moment && !run.dry()) {
            Thread.sleep(1);
        }
        Optional<Duration> stopped = Optional.of(Duration.ZERO);
        if (process != null && kill) {
            process.kill();
        } else if (process != null) {
            stopped = process.stop(STOP);
        }
        load.stop();
        @Nullable Reply[] replies = load.all();
        if (!kill && stopped.isEmpty()) {
            run.fail("the end of the process within 30 s of the signal", "it had to be killed");
        }
        if (process == null || !restart(run, process)) {
            return;
        }
        String what = kill ? "a burst that a SIGKILL ended" : "a burst that a polite stop ended";
        int acknowledged = acknowledgedOnce(run, events, replies, what);
        for (Reply reply : replies) {
            if (reply != null
                    && reply.is5xx()
                    && reply.status() != 503
                    && !run.intermediary().gaveUp(reply)) {
                run.warn("no status but 2xx and 503 while the handler ends", reply);
            }
        }
        run.note(acknowledged + " events were acknowledged before the end, at request " + moment + " of " + number);
        if (acknowledged == 0) {
            run.notObserved("an acknowledged event before the end: none was");
        }
        run.alive();
    }

    /** Makes processing slow, or normal again, with the user's hook. Returns false if there is none or it fails. */
    private static boolean hold(CaseRun run, boolean on) throws InterruptedException {
        Settings settings = run.settings();
        String command = on ? settings.slowOn : settings.slowOff;
        if (run.dry() || command == null || settings.slowOff == null) {
            return false;
        }
        boolean done = run.shell(command);
        if (!done) {
            run.notObserved("the time between storing and processing: the command " + command + " failed");
        }
        return done;
    }

    private static int acknowledgedOnce(CaseRun run, List<EventBody> events, @Nullable Reply[] replies, String what) {
        int acknowledged = 0;
        for (int i = 0; i < replies.length; i++) {
            Reply reply = replies[i];
            if (reply != null) {
                acknowledged += reply.is2xx() ? 1 : 0;
                run.expect(new Expectation(
                        events.get(i).chatId(),
                        run.identity().memberId(),
                        reply.is2xx() ? 1 : 0,
                        1,
                        "each acknowledged event of " + what));
            }
        }
        return acknowledged;
    }

    /** Runs case 116: only the body tells a replay from an event. */
    @Case(
            id = 116,
            level = MUST,
            needs = {H, E, C},
            profile = Profile.DURABLE,
            lane = Lane.PROCESS,
            sends = "a captured body, byte for byte, after a restart and 500 other events",
            requires = "answer 2xx or 4xx, and still have one effect",
            source = "no delivery id: the body is all there is")
    static void replayed(CaseRun run) throws InterruptedException {
        HandlerProcess process = process(run);
        if (process == null && !run.dry()) {
            return;
        }
        EventBody captured = run.event();
        byte[] body = captured.bytes();
        run.acked(run.post(body), "the captured event");
        Load load = new Load(run, 32);
        for (int i = 0; i < (run.dry() ? 1 : 500); i++) {
            load.add(run.request(run.event()).bytes());
        }
        load.begin(Duration.ZERO);
        load.await();
        if (process != null) {
            process.stop(STOP);
            if (!restart(run, process)) {
                return;
            }
        }
        Reply replay = run.post(body);
        if (!replay.is2xx() && !replay.is4xx()) {
            run.fail("status 2xx or 4xx for a replay", replay);
        }
        run.effects(captured, 1, "an event and its replay after a restart");
        run.alive();
    }
}
