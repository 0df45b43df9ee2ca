// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.client.TokenSeal;
import dev.openlines.model.Secret;
import dev.openlines.receiver.Backlog;
import dev.openlines.receiver.DeadLetter;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InboxMove;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.TrustChange;
import dev.openlines.receiver.spi.OneLine;
import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The operator's commands on an inbox. An application passes its arguments on. */
final class InboxCommand {

    private static final int PAGE = 100;
    private static final String USAGE =
            "expected backlog, list [AFTER], show ID, requeue ID|all, discard ID, purge DAYS, purge-dead DAYS, backup FILE,"
                    + " restore FILE, check, trust, copy-trust, move or new-key FILE, perhaps with --json";

    private final Store store;
    private final Inbox inbox;
    private final String place;
    private final InstantSource clock;
    private final Answer out;

    private InboxCommand(Store store, String place, InstantSource clock, Answer out) {
        this.place = place;
        this.store = store;
        this.inbox = store.inbox();
        this.clock = clock;
        this.out = out;
    }

    /**
     * Runs one command of an operator on the inbox that {@code OPENLINES_INBOX} names; {@code docs/operations.md} has
     * the details. All commands except {@code restore} may run while the receiver runs. If the inbox does not exist, it
     * is not made. Blocks.
     *
     * <pre> backlog how many events wait, since when, and how many dead letters there are list [AFTER] dead letters,
     * one line each, a hundred at most, with ids above AFTER show ID one dead letter with its history and payload,
     * which contains what people wrote requeue ID|all give dead letters back to the handlers discard ID give a dead
     * letter up purge DAYS delete events that were done at least DAYS days ago, at least 1; a repeat after that is new
     * purge-dead DAYS delete dead letters that are at least DAYS days old, at least 1, with their history backup FILE
     * copy an inbox on SQLite to a new file restore FILE replace an inbox on SQLite, whose receiver is stopped, by a
     * copy; the old files stay next to it under another name check look for damage in an inbox on SQLite, or write and
     * read in another trust trust OPENLINES_MEMBER_ID by OPENLINES_APPLICATION_TOKEN although it was uninstalled, or
     * was installed by a user who is not an administrator copy-trust make OPENLINES_NEW_INBOX trust the portals that
     * have reported their installation to this SQL inbox move move the waiting events of this SQL inbox to
     * OPENLINES_NEW_INBOX, until none waits new-key FILE make a key for OPENLINES_TOKEN_KEY in a new file --json after
     * a command: each line of the answer is a JSON object
     * </pre>
     *
     * @param arguments the command and its arguments
     * @param environment names and values, such as {@code System.getenv()}
     * @param out gets each line of the answer
     * @param err gets one line with the error
     * @return 0 done, 1 there is no such dead letter, or the store is down or damaged, 3 wrong arguments or settings
     */
    static int run(
            List<String> arguments, Map<String, String> environment, Consumer<String> out, Consumer<String> err) {
        List<String> words = new ArrayList<>(arguments);
        Answer answer = new Answer(out, words.remove("--json"));
        if (!known(words)) {
            err.accept(USAGE);
            return 3;
        }
        try {
            if (words.get(0).equals("new-key")) {
                newKey(file(words.get(1)), answer);
            } else {
                run(words, Settings.ofCommand(environment), answer);
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

    private static void run(List<String> words, Settings settings, Answer out) {
        switch (words.get(0)) {
            case "backup" -> SqliteCopy.of(settings.inbox()).backup(file(words.get(1)), out);
            case "restore" -> SqliteCopy.of(settings.inbox()).restore(file(words.get(1)), out);
            case "check" -> check(settings.inbox(), out);
            default -> {
                Store store = Store.openExisting("OPENLINES_INBOX", settings.inbox());
                try (Inbox inbox = store.inbox()) {
                    switch (words.get(0)) {
                        case "trust" -> trust(inbox, settings, out);
                        case "copy-trust", "move" -> move(words.get(0), store, settings, out);
                        default ->
                            new InboxCommand(store, Store.place(settings.inbox()), InstantSource.system(), out)
                                    .run(words);
                    }
                }
            }
        }
    }

    private static void check(String address, Answer out) {
        if (Store.isFile(address)) {
            SqliteCopy.of(address).check(out);
            return;
        }
        try (Inbox inbox = Store.openExisting("OPENLINES_INBOX", address).inbox()) {
            inbox.probe();
            Backlog backlog = inbox.backlog();
            out.row("check", "ok", "waiting", backlog.waiting(), "dead", backlog.dead());
        }
    }

    private static void trust(Inbox inbox, Settings settings, Answer out) {
        String memberId = settings.memberId();
        if (memberId == null) {
            throw Settings.none("OPENLINES_MEMBER_ID");
        }
        Secret token = settings.tokens().get(0);
        inbox.trust(TrustChange.installation(memberId, token, Instant.now()));
        out.row("trusted", 1, "portal", memberId);
    }

    private static void move(String command, Store store, Settings settings, Answer out) {
        String place = settings.values().get("OPENLINES_NEW_INBOX");
        if (place == null) {
            throw Settings.none("OPENLINES_NEW_INBOX");
        }
        LeasingInbox from = store.leasing("OPENLINES_INBOX");
        try (Inbox next = Store.open("OPENLINES_NEW_INBOX", place).inbox()) {
            InboxMove move = new InboxMove(from, next, InstantSource.system());
            if (command.equals("move")) {
                out.row("moved", move.events());
                move.closes();
            } else {
                out.row("portals", move.trust());
            }
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    "OPENLINES_NEW_INBOX: expected another store than that of OPENLINES_INBOX but found the same", e);
        }
    }

    /** Makes a key in a new file that only its owner may read. */
    private static void newKey(Path file, Answer out) {
        String key;
        try {
            key = TokenSeal.newKeyset().reveal();
        } catch (NoClassDefFoundError e) {
            throw new ConfigurationException("new-key needs com.google.crypto.tink:tink on the class path", null);
        }
        try {
            SqliteCopy.createForOwnerOnly(file);
            Files.writeString(file, key, StandardCharsets.UTF_8, StandardOpenOption.WRITE);
        } catch (FileAlreadyExistsException e) {
            throw new StoreException(file + " is there already, and may be a key in use; nothing was changed", e);
        } catch (IOException e) {
            throw new StoreException("cannot make the file " + file + ": " + OneLine.cause(e), e);
        }
        out.row("key", file);
    }

    private static Path file(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new ConfigurationException(
                    "expected the name of a file, found \"" + OneLine.of(name, 60) + '"', null);
        }
    }

    private static boolean known(List<String> words) {
        return String.join(" ", words)
                        .matches("backlog|trust|copy-trust|move|check|list( \\d{1,18})?|(show|discard) \\d{1,18}"
                                + "|requeue (\\d{1,18}|all)|purge(-dead)? [1-9]\\d{0,4}")
                || words.size() == 2 && List.of("backup", "restore", "new-key").contains(words.get(0));
    }

    /** Runs a command that is {@link #known}. */
    void run(List<String> words) {
        String argument = words.size() > 1 ? words.get(1) : "0";
        switch (words.get(0)) {
            case "backlog" -> backlog();
            case "list" ->
                inbox.deadLetters().list(Long.parseLong(argument), PAGE).forEach(letter -> out.row(row(letter)));
            case "show" -> show(Long.parseLong(argument));
            case "requeue" -> requeue(argument);
            case "discard" -> {
                found(inbox.deadLetters().discard(Long.parseLong(argument), clock.instant()), argument);
                out.row("discarded", 1);
            }
            case "purge" -> out.row("purged", store.leasing("purge").purge(daysAgo(argument)));
            default -> out.row("purged", inbox.deadLetters().purge(daysAgo(argument)));
        }
    }

    private Instant daysAgo(String days) {
        return clock.instant().minus(Duration.ofDays(Long.parseLong(days)));
    }

    private void backlog() {
        Backlog backlog = inbox.backlog();
        out.row(
                "waiting",
                backlog.waiting(),
                "dead",
                backlog.dead(),
                "oldest",
                backlog.oldest().map(Instant::toString).orElse("none"));
    }

    private void show(long id) {
        Optional<DeadLetter> letter = inbox.deadLetters().show(id);
        found(letter.isPresent(), Long.toString(id));
        out.row(row(letter.orElseThrow()));
        for (DeadLetter.Attempt attempt : letter.orElseThrow().history()) {
            out.row(
                    "attempt",
                    attempt.number(),
                    "at",
                    attempt.at(),
                    "outcome",
                    attempt.outcome(),
                    "reason",
                    attempt.reason());
        }
        out.payload(letter.orElseThrow().payload());
    }

    private void requeue(String argument) {
        if (!argument.equals("all")) {
            found(inbox.deadLetters().requeue(Long.parseLong(argument), clock.instant()), argument);
            out.row("requeued", 1);
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
        out.row("requeued", count);
    }

    private void found(boolean found, String id) {
        if (!found) {
            throw new StoreException("no dead letter with id " + id + " in " + place, null);
        }
    }

    private static Object[] row(DeadLetter letter) {
        return new Object[] {
            "id", letter.id(),
            "event", letter.event(),
            "portal", letter.memberId(),
            "received", letter.receivedAt(),
            "died", letter.diedAt(),
            "attempts", letter.attempts(),
            "reason", letter.reason()
        };
    }

    /** Writes rows of names and values, as text or as JSON. */
    static final class Answer {

        private static final int LONGEST = 2000;

        private final Consumer<String> out;
        private final boolean json;

        Answer(Consumer<String> out, boolean json) {
            this.out = out;
            this.json = json;
        }

        /** Writes one row: names and values in turn. */
        void row(Object... namesAndValues) {
            StringBuilder text = new StringBuilder();
            JsonObjectBuilder object = Json.createObjectBuilder();
            for (int i = 0; i < namesAndValues.length; i += 2) {
                String name = namesAndValues[i].toString();
                Object value = namesAndValues[i + 1];
                if (value instanceof Number number) {
                    object.add(name, number.longValue());
                } else {
                    object.add(name, value.toString());
                }
                // A reason may quote any text, which must not break the line or control the terminal.
                text.append(i == 0 ? "" : " ").append(name).append('=').append(OneLine.of(value.toString(), LONGEST));
            }
            out.accept(json ? object.build().toString() : text.toString());
        }

        /** Writes the event, which is JSON in both formats. */
        void payload(String payload) {
            out.accept(
                    json
                            ? Json.createObjectBuilder()
                                    .add("payload", payload)
                                    .build()
                                    .toString()
                            : payload);
        }
    }
}
