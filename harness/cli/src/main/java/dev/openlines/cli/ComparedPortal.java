// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.cli.PortalOptions.PortalAccess;
import dev.openlines.cli.Probe.Call;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * The portal that is compared. It is called slowly, so that other clients stay within its limit, and again if it has
 * refused a call because of the limit.
 */
final class ComparedPortal {

    /** The number of calls that are not slowed down. A bucket holds fifty, and other clients use it too. */
    private static final int AT_ONCE = 15;

    private static final long BETWEEN_MILLIS = 600;
    private static final int AGAIN = 5;

    /** The most calls that the question about too many calls makes. */
    private static final int BURST = 400;

    private static final int BURST_THREADS = 16;
    private static final String TOO_MANY = "QUERY_LIMIT_EXCEEDED";

    private final PortalCaller caller;
    private final boolean paced;
    private int calls;

    ComparedPortal(PortalAccess access) {
        caller = new PortalCaller(access);
        // A portal on this machine has no other clients whose limit this could use up.
        paced = !access.isLoopback();
    }

    /** Calls once, and again if there were too many calls. */
    PortalAnswer ask(Call call) throws IOException, InterruptedException {
        PortalAnswer answer = once(call);
        for (int i = 0; i < AGAIN && answer.error().equals(Optional.of(TOO_MANY)); i++) {
            Thread.sleep(2000);
            answer = once(call);
        }
        return answer;
    }

    private PortalAnswer once(Call call) throws IOException, InterruptedException {
        if (paced && calls >= AT_ONCE) {
            Thread.sleep(BETWEEN_MILLIS);
        }
        calls++;
        return caller.call(call);
    }

    int calls() {
        return calls;
    }

    /** Calls many times at once until a call is refused. Returns the refusal, or empty if there is none. */
    Optional<PortalAnswer> burst(Call call) throws InterruptedException {
        ExecutorService threads =
                Executors.newFixedThreadPool(BURST_THREADS, task -> new Thread(task, "compare-burst"));
        try {
            List<Future<PortalAnswer>> answers = new ArrayList<>();
            for (int i = 0; i < BURST; i++) {
                answers.add(threads.submit(() -> caller.call(call)));
            }
            for (Future<PortalAnswer> answer : answers) {
                calls++;
                try {
                    if (answer.get().status() != 200) {
                        return Optional.of(answer.get());
                    }
                } catch (ExecutionException e) {
                    // A connection that breaks off is no refusal.
                }
            }
            return Optional.empty();
        } finally {
            threads.shutdownNow();
            threads.awaitTermination(1, TimeUnit.MINUTES);
        }
    }
}
