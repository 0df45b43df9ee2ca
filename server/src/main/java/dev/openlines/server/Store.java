// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Dispatcher;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.Inbox;
import dev.openlines.receiver.InboxProvider;
import dev.openlines.receiver.LeasingInbox;
import dev.openlines.receiver.Retention;
import dev.openlines.receiver.StoreException;
import dev.openlines.receiver.Telemetry;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** An open inbox, with what handles its events and what forgets them. */
sealed interface Store {

    /** Returns the inbox that a receiver stores in. */
    Inbox inbox();

    /**
     * Returns the inbox to one who needs leases.
     *
     * @param subject what needs them, for the message
     * @throws ConfigurationException if it has none
     */
    LeasingInbox leasing(String subject);

    /** Adds an emergency spool. */
    Store spooled(Path spool);

    /** Begins to hand events to handlers. */
    Dispatching dispatch(Handlers handlers, DispatchPolicy policy, InstantSource clock, Telemetry telemetry);

    /** Returns whether portals' sessions can be compared with the events of this inbox. */
    boolean reconciles();

    /** Prepares what forgets events, dead letters and closes, or nothing if all are kept for ever. */
    Optional<Retention> retention(@Nullable Duration keepDone, @Nullable Duration keepDead, InstantSource clock);

    /**
     * What hands events to handlers.
     *
     * @param wake says that an event was stored
     * @param part ends it when closed
     */
    record Dispatching(Runnable wake, AutoCloseable part) {}

    /**
     * Opens the inbox at an address.
     *
     * @param setting stands in messages
     * @throws ConfigurationException if it cannot be opened
     */
    static Store open(String setting, String address) {
        try {
            for (InboxProvider provider : ServiceLoader.load(InboxProvider.class)) {
                if (provider.provides(address)) {
                    InboxProvider.Provided provided = provider.open(address);
                    return new Foreign(provided, provided.inbox());
                }
            }
            if (address.startsWith("kafka:")) {
                throw new ConfigurationException(
                        setting + ": kafka: needs dev.openlines:openlines-kafka on the class path", null);
            }
            return new Leasing(
                    address.startsWith("jdbc:postgresql:")
                            ? Inbox.postgresql(address)
                            : Inbox.sqlite(file(setting, address)));
        } catch (StoreException | IllegalArgumentException e) {
            throw new ConfigurationException(setting + ": " + e.getMessage(), e);
        }
    }

    private static Path file(String setting, String address) {
        try {
            return Path.of(address);
        } catch (InvalidPathException e) {
            throw new ConfigurationException(setting + ": expected the name of a file", e);
        }
    }

    /** An inbox on SQLite or PostgreSQL, or one of the application's own. */
    record Leasing(LeasingInbox inbox) implements Store {

        @Override
        public boolean reconciles() {
            return true;
        }

        @Override
        public LeasingInbox leasing(String subject) {
            return inbox;
        }

        @Override
        public Store spooled(Path spool) {
            return new Leasing(Inbox.spooled(inbox, spool));
        }

        @Override
        public Dispatching dispatch(
                Handlers handlers, DispatchPolicy policy, InstantSource clock, Telemetry telemetry) {
            Dispatcher dispatcher = new Dispatcher(inbox, handlers, policy, clock, telemetry).start();
            return new Dispatching(dispatcher::wake, dispatcher);
        }

        @Override
        public Optional<Retention> retention(
                @Nullable Duration keepDone, @Nullable Duration keepDead, InstantSource clock) {
            // Also if neither is set: old closes are always forgotten.
            return Optional.of(new Retention(inbox, keepDone, keepDead, clock));
        }
    }

    /**
     * An inbox of another artifact, which has a dispatcher of its own and forgets events by itself.
     *
     * @param inbox the provided one, perhaps with a spool
     */
    record Foreign(InboxProvider.Provided provided, Inbox inbox) implements Store {

        @Override
        public boolean reconciles() {
            return false;
        }

        @Override
        public LeasingInbox leasing(String subject) {
            throw new ConfigurationException(
                    subject + ": expected an inbox on SQLite or PostgreSQL but found Kafka", null);
        }

        @Override
        public Store spooled(Path spool) {
            return new Foreign(provided, Inbox.spooled(inbox, spool));
        }

        @Override
        public Dispatching dispatch(
                Handlers handlers, DispatchPolicy policy, InstantSource clock, Telemetry telemetry) {
            return new Dispatching(() -> {}, provided.dispatch(handlers, policy, clock, telemetry));
        }

        @Override
        public Optional<Retention> retention(
                @Nullable Duration keepDone, @Nullable Duration keepDead, InstantSource clock) {
            return Optional.ofNullable(keepDead).map(keep -> new Retention(inbox.deadLetters(), keep, clock));
        }
    }
}
