// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import static dev.openlines.contract.Level.MUST;
import static dev.openlines.contract.Level.SHOULD;
import static dev.openlines.contract.Oracle.E;
import static dev.openlines.contract.Oracle.H;
import static dev.openlines.contract.Oracle.L;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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
        Path store = store(run);
        if (store == null && !run.dry()) {
            return;
        }
        long before = size(store);
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
            if (reply.is2xx()) {
                run.fail("4xx for each event with a wrong token", reply);
                break;
            }
        }
        long grown = size(store) - before;
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
        run.account().broken(run.effects(), portals).ifPresent(broken -> run.fail(broken[0], broken[1]));
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
        Path store = store(run);
        if (store == null) {
            return;
        }
        if (closed(store)) {
            run.note("the store can be read by its owner only; its content was not looked at");
            return;
        }
        try (Stream<Path> files = Files.walk(store)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Set<String> found =
                        run.canaries().in(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
                if (!found.isEmpty()) {
                    run.fail(
                            "no token in clear in a store that other users can read",
                            "<" + String.join(">, <", found.stream().limit(8).toList()) + "> in " + file.getFileName());
                }
            }
        } catch (IOException e) {
            run.notObserved("the store (L): it cannot be read");
        }
    }

    private static @Nullable Path store(CaseRun run) {
        Path store = run.settings().store;
        if (!run.dry() && (store == null || !Files.exists(store))) {
            run.notObserved(
                    store == null
                            ? "what the handler stores (L): --store names its file or folder"
                            : "what the handler stores (L): " + store + " is not there");
            return null;
        }
        return store;
    }

    /** Returns whether neither group nor others may read the file or enter the folder. */
    private static boolean closed(Path store) {
        try {
            Set<PosixFilePermission> all = Files.getPosixFilePermissions(store);
            return Stream.of(PosixFilePermission.values())
                    .filter(one -> !one.name().startsWith("OWNER"))
                    .noneMatch(all::contains);
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    private static long size(@Nullable Path store) {
        if (store == null) {
            return 0;
        }
        // A database keeps new data in further files next to its own.
        Path folder = Optional.ofNullable(Files.isDirectory(store) ? store : store.getParent())
                .orElse(Path.of("."));
        String prefix = Files.isDirectory(store) ? "" : String.valueOf(store.getFileName());
        try (Stream<Path> files = Files.walk(folder)) {
            long size = 0;
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                size += String.valueOf(file.getFileName()).startsWith(prefix) ? Files.size(file) : 0;
            }
            return size;
        } catch (IOException e) {
            return 0;
        }
    }
}
