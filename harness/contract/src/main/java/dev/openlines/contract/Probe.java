// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One good event before the first case. It gives no verdict. It shows early a mistake of the user that would make every
 * case fail, and how late the evidence comes.
 */
final class Probe {

    /** The shortest wait, at the end of a run, for effects that must not come. */
    static final Duration QUIET = Duration.ofMillis(300);

    /** The time that the handler behind a proxy may take for an answer that shows that it is there. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final int TRIES = 2;

    private final Run run;
    private boolean silent;
    private boolean acknowledged;
    private Duration lag = Duration.ZERO;

    Probe(Run run) {
        this.run = run;
    }

    /** Sends the event. Returns the messages for the user. */
    List<String> go() throws InterruptedException {
        Mint mint = new Mint(run.seed(), run.seconds(), "OSF-C-000");
        String token = mint.accessToken();
        run.knowAccessToken(token);
        String chat = Long.toString(mint.chat());
        run.account().know(chat);
        EventBody event = Events.finish(run.identity(), chat, run.seconds(), token);
        Reply reply = sent(event);
        for (int i = 1; i < TRIES && unanswered(reply); i++) {
            reply = sent(event);
        }
        Optional<String> proxy = run.intermediary().find(reply);
        if (proxy.isPresent() && !run.intermediary().reaches(run.wire())) {
            reply = patiently(event);
        }
        silent = unanswered(reply);
        acknowledged = reply.is2xx();
        if (reply.is2xx()) {
            List<String> remarks = new ArrayList<>(effect(event.chatId()));
            proxy.ifPresent(mark -> remarks.add("a proxy answers for the handler (" + mark + "), as --proxied says"));
            return remarks;
        }
        String got = "a good event is not acknowledged (" + reply.outcome() + "): ";
        return switch (reply.status()) {
            case 0 -> List.of(got + "is this the handler's address?");
            case 401, 403 ->
                List.of(got + "is the handler given this --member-id and --application-token? A handler that was judged"
                        + " before and remembers case 017, the uninstallation, denies too");
            case 404, 405 -> List.of(got + "is this the handler's path?");
            default -> List.of(got + "most cases will fail for that");
        };
    }

    private static boolean unanswered(Reply reply) {
        return reply.failure() != null && reply.failure().startsWith(Reply.NO_ANSWER);
    }

    /** Sends the event when the handler behind a proxy is ready. */
    private Reply patiently(EventBody event) throws InterruptedException {
        long end = System.nanoTime() + run.settings().readyWithin.toNanos();
        while (System.nanoTime() < end && !run.intermediary().reaches(run.wire())) {
            Thread.sleep(100);
        }
        return sent(event);
    }

    private Reply sent(EventBody event) {
        try (Connection connection = run.wire().open()) {
            return connection
                    .write(Request.post(run.wire().target(), event.bytes()).bytes())
                    .read(run.patience());
        }
    }

    private List<String> effect(String chat) throws InterruptedException {
        if (!run.effects().exists()) {
            return List.of();
        }
        long begun = System.nanoTime();
        boolean seen = run.effects().await(() -> !run.effects().of(chat).isEmpty(), run.settings().settle);
        lag = Duration.ofNanos(System.nanoTime() - begun);
        List<String> remarks = run.effects().remarks();
        return seen || !remarks.isEmpty()
                ? remarks
                : List.of("a good event was acknowledged but has no effect in the evidence within "
                        + run.settings().settle.toSeconds() + " s");
    }

    /**
     * Returns twice the measured delay of the evidence, within bounds, because forbidden effects would come as late as
     * others.
     */
    Duration quiet() {
        Duration twice = lag.multipliedBy(2);
        Duration most = run.settings().settle;
        return twice.compareTo(QUIET) < 0 ? QUIET : twice.compareTo(most) > 0 ? most : twice;
    }

    boolean acknowledged() {
        return acknowledged;
    }

    /** Returns whether the handler took the connections and never answered. */
    boolean silent() {
        return silent;
    }
}
