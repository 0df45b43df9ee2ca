// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.model.Secret;
import dev.openlines.receiver.Backlog;
import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InboxMove;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.TrustChange;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.function.Consumer;

/** What an operator does with an inbox from a command line. An application passes its arguments on. */
public final class InboxCommand {

    private static final int PAGE = 100;
    private static final String USAGE =
            "expected backlog, list [AFTER], show ID, requeue ID|all, discard ID, purge DAYS, purge-dead DAYS, trust,"
                    + " copy-trust or move";

    private final Store store;
    private final Inbox inbox;
    private final InstantSource clock;
    private final Consumer<String> out;

    InboxCommand(Store store, InstantSource clock, Consumer<String> out) {
        this.store = store;
        this.inbox = store.inbox();
        this.clock = clock;
        this.out = out;
    }

    /**
     * Runs one command of an operator on the inbox that {@code OPENLINES_INBOX} names; {@code
     * docs/operations.md} tells more. It may run beside the receiver. Blocks.
     *
     * <pre>
     * backlog         how much waits, since when, and how much is dead
     * list [AFTER]    dead letters, one line each, a hundred at most, with ids above AFTER
     * show ID         one dead letter with its history and payload, which holds what people wrote
     * requeue ID|all  give dead letters back to the handlers
     * discard ID      give a dead letter up
     * purge DAYS      forget events done so many days ago, at least 1; a delivery sent again after that is new
     * purge-dead DAYS forget dead letters put aside so many days ago, at least 1, with their history
     * trust           trust OPENLINES_MEMBER_ID by OPENLINES_APPLICATION_TOKEN although it was uninstalled, or was
     *                 installed by a user who is not an administrator
     * copy-trust      make OPENLINES_NEW_INBOX trust whom this SQL inbox trusts by what portals have reported
     * move            store what waits in this SQL inbox in OPENLINES_NEW_INBOX, until nothing waits
     * </pre>
     *
     * @param arguments the command and its arguments
     * @param environment names and values, such as {@code System.getenv()}
     * @param out gets each line of the answer
     * @param err gets the one line that says what is wrong
     * @return 0 done, 1 there is no such dead letter or the store is down, 3 wrong arguments or settings
     */
    public static int run(
            List<String> arguments, Map<String, String> environment, Consumer<String> out, Consumer<String> err) {
        if (!known(arguments)) {
            err.accept(USAGE);
            return 3;
        }
        try {
            Store store = Store.open("OPENLINES_INBOX", place(environment));
            try (Inbox inbox = store.inbox()) {
                switch (arguments.get(0)) {
                    case "trust" -> trust(inbox, environment);
                    case "copy-trust", "move" -> move(arguments.get(0), store, environment, out);
                    default -> new InboxCommand(store, InstantSource.system(), out).run(arguments);
                }
            }
            return 0;
        } catch (ConfigurationException e) {
            err.accept(String.valueOf(e.getMessage()));
            return 3;
        } catch (StoreException e) {
            err.accept(String.valueOf(e.getMessage()));
            return 1;
        }
    }

    private static String place(Map<String, String> environment) {
        return Settings.of(environment).inbox();
    }

    private static void trust(Inbox inbox, Map<String, String> environment) {
        Settings settings = Settings.of(environment);
        String memberId = settings.memberId();
        if (memberId == null) {
            throw Settings.none("OPENLINES_MEMBER_ID");
        }
        Secret token = settings.tokens().get(0);
        inbox.trust(TrustChange.installation(memberId, token, Instant.now()));
    }

    private static void move(String command, Store store, Map<String, String> environment, Consumer<String> out) {
        String place = Settings.of(environment).values().get("OPENLINES_NEW_INBOX");
        if (place == null) {
            throw Settings.none("OPENLINES_NEW_INBOX");
        }
        LeasingInbox from = store.leasing("OPENLINES_INBOX");
        try (Inbox next = Store.open("OPENLINES_NEW_INBOX", place).inbox()) {
            InboxMove move = new InboxMove(from, next, InstantSource.system());
            if (command.equals("move")) {
                out.accept("moved=" + move.events());
                move.closes();
            } else {
                out.accept("portals=" + move.trust());
            }
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    "OPENLINES_NEW_INBOX: expected another store than that of OPENLINES_INBOX but found the same", e);
        }
    }

    private static boolean known(List<String> arguments) {
        return String.join(" ", arguments)
                .matches(
                        "backlog|trust|copy-trust|move|list( \\d{1,18})?|(show|discard) \\d{1,18}|requeue (\\d{1,18}|all)|purge(-dead)? [1-9]\\d{0,4}");
    }

    /** Runs a command that is {@link #known}. */
    void run(List<String> arguments) {
        String argument = arguments.size() > 1 ? arguments.get(1) : "0";
        switch (arguments.get(0)) {
            case "backlog" -> backlog();
            case "list" ->
                inbox.deadLetters().list(Long.parseLong(argument), PAGE).forEach(letter -> out.accept(line(letter)));
            case "show" -> show(Long.parseLong(argument));
            case "requeue" -> requeue(argument);
            case "discard" -> found(inbox.deadLetters().discard(Long.parseLong(argument), clock.instant()), argument);
            case "purge" -> out.accept("purged=" + store.leasing("purge").purge(daysAgo(argument)));
            default -> out.accept("purged=" + inbox.deadLetters().purge(daysAgo(argument)));
        }
    }

    private Instant daysAgo(String days) {
        return clock.instant().minus(Duration.ofDays(Long.parseLong(days)));
    }

    private void backlog() {
        Backlog backlog = inbox.backlog();
        out.accept("waiting=" + backlog.waiting() + " dead=" + backlog.dead() + " oldest="
                + backlog.oldest().map(Instant::toString).orElse("none"));
    }

    private void show(long id) {
        Optional<DeadLetter> letter = inbox.deadLetters().show(id);
        found(letter.isPresent(), Long.toString(id));
        out.accept(line(letter.orElseThrow()));
        for (DeadLetter.Attempt attempt : letter.orElseThrow().history()) {
            out.accept("attempt=" + attempt.number() + " at=" + attempt.at() + " outcome=" + attempt.outcome()
                    + " reason=" + visible(attempt.reason()));
        }
        out.accept(letter.orElseThrow().payload());
    }

    private void requeue(String argument) {
        if (!argument.equals("all")) {
            found(inbox.deadLetters().requeue(Long.parseLong(argument), clock.instant()), argument);
            return;
        }
        int count = 0;
        List<DeadLetter> letters = inbox.deadLetters().list(0, PAGE);
        while (!letters.isEmpty()) {
            long last = 0;
            for (DeadLetter letter : letters) {
                count += inbox.deadLetters().requeue(letter.id(), clock.instant()) ? 1 : 0;
                last = letter.id();
            }
            letters = inbox.deadLetters().list(last, PAGE);
        }
        out.accept("requeued=" + count);
    }

    private static void found(boolean found, String id) {
        if (!found) {
            throw new StoreException("expected the id of a dead letter but found " + id, null);
        }
    }

    private static String line(DeadLetter letter) {
        return new StringJoiner(" ")
                .add("id=" + letter.id())
                .add("event=" + letter.event())
                .add("portal=" + letter.memberId())
                .add("received=" + letter.receivedAt())
                .add("died=" + letter.diedAt())
                .add("attempts=" + letter.attempts())
                .add("reason=" + visible(letter.reason()))
                .toString();
    }

    /** Keeps a reason, which may quote anything, from breaking the line or steering the terminal. */
    private static String visible(String text) {
        return text.replaceAll("\\p{Cntrl}", " ");
    }
}
