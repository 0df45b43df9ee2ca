// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A record of all answers of the handler, for the cases about the whole run and for reports. Thread-safe. */
final class Answers {

    private static final int SILENCES = 24;

    /** One event on its way, by its chat. */
    static final class Entry {
        final String chatId;
        final String caseId;
        final Instant first;
        int sent;
        int acknowledged;

        Entry(String chatId, String caseId, Instant first) {
            this.chatId = chatId;
            this.caseId = caseId;
            this.first = first;
        }
    }

    private final Canaries canaries;
    private final String path;
    private final Duration silence;
    private final Map<String, Entry> ledger = new LinkedHashMap<>();
    private final Set<String> leaks = new LinkedHashSet<>();
    private final Set<String> telling = new LinkedHashSet<>();
    private long number;
    private int unanswered;
    private long answeredAt = System.nanoTime();
    private volatile boolean silent;

    /** Creates a store. The handler's public path is no secret; after so much silence, waiting is useless. */
    Answers(Canaries canaries, String path, Duration silence) {
        this.canaries = canaries;
        this.path = path;
        this.silence = silence;
    }

    void add(String caseId, Reply reply) {
        String answer = reply.head() + reply.text();
        Set<String> found = canaries.in(answer);
        // Many error pages repeat the path.
        Set<String> telltale = reply.status() >= 400 ? Telltale.in(reply.text().replace(path, "/")) : Set.of();
        List<String> chats = Exchanges.chats(reply.sent());
        synchronized (this) {
            number++;
            listen(reply);
            for (String name : found) {
                leaks.add(caseId + " answered with <" + name + ">, " + reply.outcome());
            }
            for (String what : telltale) {
                telling.add(what + " in the answer with status " + reply.status() + " of " + caseId);
            }
            for (String chat : chats) {
                Entry entry = ledger.computeIfAbsent(chat, id -> new Entry(id, caseId, reply.at()));
                entry.sent++;
                entry.acknowledged += reply.is2xx() ? 1 : 0;
            }
        }
    }

    /** Watches for silence: many requests without an answer, and nothing else for a long time. */
    private void listen(Reply reply) {
        boolean nothing = reply.failure() != null && reply.failure().startsWith(Reply.NO_ANSWER + " in");
        unanswered = nothing ? unanswered + 1 : 0;
        if (!nothing) {
            answeredAt = System.nanoTime();
        }
        long quiet = System.nanoTime() - answeredAt;
        silent |= unanswered >= SILENCES && quiet > silence.toNanos();
    }

    /** Returns whether the handler takes connections and never answers any more. */
    boolean silent() {
        return silent;
    }

    synchronized long number() {
        return number;
    }

    /** Returns the names of secrets that came back in answers, with the answers. */
    synchronized Set<String> leaks() {
        return new LinkedHashSet<>(leaks);
    }

    /** Returns the internals of the handler that its answers to errors revealed. */
    synchronized Set<String> telling() {
        return new LinkedHashSet<>(telling);
    }

    synchronized List<Entry> ledger() {
        return new ArrayList<>(ledger.values());
    }
}
