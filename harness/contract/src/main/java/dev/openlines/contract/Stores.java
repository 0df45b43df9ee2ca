// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Level.SHOULD;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;
import static dev.openlines.contract.Oracle.L;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The cases about what the handler stores: 317, 522 and 706. */
final class Stores {

    private static final int REFUSED = 1_000;
    private static final long MUCH = 512 * 1024;

    private Stores() {}

    @Case(
            id = 317,
            level = SHOULD,
            needs = {H, L},
            lane = Lane.ALONE,
            sends = "a thousand events with a wrong token and four kilobytes of padding each",
            requires = "refuse them, and store less than 512 KB for them",
            source = "practice: strangers must not fill the disk")
    static void refusedRequests(CaseRun run) throws InterruptedException {
        Optional<HandlerStore> store = HandlerStore.of(run);
        if (store.isEmpty() && !run.dry()) {
            return;
        }
        long before = size(run, store);
        Load load = new Load(run, 16);
        for (int i = 0; i < (run.dry() ? 1 : REFUSED); i++) {
            EventBody event = run.event()
                    .set("auth[application_token]", run.forged())
                    .add("pad", run.mint().hex(4_096));
            run.noEffect(event, "events with a wrong token");
            load.add(run.request(event).bytes());
        }
        load.begin(Duration.ZERO);
        for (Reply reply : load.await()) {
            if (reply.is2xx() && !run.byQueue(reply)) {
                run.fail("4xx for each event with a wrong token", reply);
                break;
            }
        }
        long grown = size(run, store) - before;
        if (grown > MUCH) {
            run.fail(
                    "less than " + MUCH / 1024 + " KB more in the store after " + REFUSED + " refused events",
                    grown / 1024 + " KB more");
        }
        run.alive();
    }

    @Case(
            id = 522,
            level = MUST,
            needs = E,
            lane = Lane.AFTER,
            sends = "the evidence of the whole run beside everything that was sent",
            requires = "have effects only for chats that an event named, and none more than once for one event",
            source = "practice: an effect that no event explains is made up")
    static void unexplained(CaseRun run) {
        if (run.dry()) {
            return;
        }
        if (!run.effects().exists()) {
            run.notObserved("evidence of effects (E)");
            return;
        }
        Settings settings = run.settings();
        Set<String> portals = settings.secondMemberId == null
                ? Set.of(settings.memberId)
                : Set.of(settings.memberId, settings.secondMemberId);
        Account account = run.account();
        account.broken(run.effects(), portals).ifPresent(broken -> run.fail(broken[0], broken[1]));
        List<String> others = account.ofOtherRuns(run.effects());
        if (!others.isEmpty()) {
            run.warn(
                    "a store and evidence that no other run has used",
                    "effects for chats of another run of the suite, such as chat " + others.get(0));
        }
    }

    @Case(
            id = 706,
            level = SHOULD,
            needs = L,
            lane = Lane.AFTER,
            sends = "what the handler has stored by the end of the run",
            requires = "hold no token in clear, or be closed to other users",
            source = "practice: stores are backed up and copied")
    static void tokens(CaseRun run) {
        HandlerStore store = HandlerStore.of(run).orElse(null);
        if (store == null || run.dry()) {
            return;
        }
        if (store.closed()) {
            run.note("the store can be read by its owner only; its content was not looked at");
            return;
        }
        try {
            store.contents().forEach((place, content) -> {
                Set<String> found = run.canaries().in(content);
                if (!found.isEmpty()) {
                    run.fail(
                            "no token in clear in a store that other users can read",
                            "<" + String.join(">, <", found.stream().limit(8).toList()) + "> in " + place);
                }
            });
        } catch (IOException e) {
            run.notObserved("what the handler stores (L): " + e.getMessage());
        }
    }

    private static long size(CaseRun run, Optional<HandlerStore> store) {
        try {
            return store.isEmpty() || run.dry() ? 0 : store.get().size();
        } catch (IOException e) {
            run.notObserved("what the handler stores (L): " + e.getMessage());
            return 0;
        }
    }
}
