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
import dev.openlines.receiver.spi.OneLine;
import dev.openlines.receiver.spi.PostgresUrl;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Properties;
import java.util.ServiceLoader;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An open inbox, with its dispatcher and its retention. */
sealed interface Store {

    /** The beginning of an address that is no file. A drive of Windows has only one letter. */
    Pattern SCHEME = Pattern.compile("jdbc:[A-Za-z0-9]+:|[A-Za-z][A-Za-z0-9+.-]+:(//)?");

    /** SQLite's result code for a damaged file. */
    int SQLITE_CORRUPT = 11;

    /** Returns the inbox that a receiver stores in. */
    Inbox inbox();

    /**
     * Returns the inbox to one who needs leases.
     *
     * @param subject the one that needs leases, for the message
     * @throws ConfigurationException if it has none
     */
    LeasingInbox leasing(String subject);

    /** Adds an emergency spool. */
    Store spooled(Path spool);

    /** Begins to hand events to handlers. */
    Dispatching dispatch(Handlers handlers, DispatchPolicy policy, InstantSource clock, Telemetry telemetry);

    /** Returns whether portals' sessions can be compared with the events of this inbox. */
    boolean reconciles();

    /** Prepares the retention of events, dead letters and closes, or nothing if all are kept for ever. */
    Optional<Retention> retention(@Nullable Duration keepDone, @Nullable Duration keepDead, InstantSource clock);

    /**
     * The part that gives events to handlers.
     *
     * @param wake reports that an event was stored
     * @param part ends the dispatch when closed
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

    /**
     * Opens the existing inbox at an address, without making a file or tables.
     *
     * @param setting stands in messages
     * @throws ConfigurationException if there is none, or it cannot be opened
     */
    static Store openExisting(String setting, String address) {
        if (isFile(address)) {
            requireInbox(setting, file(setting, address).toAbsolutePath());
        } else if (address.startsWith("jdbc:postgresql:")) {
            requirePostgresql(setting, address);
            requireTable(setting, place(address), address, "select to_regclass('openlines_schema') is not null");
        }
        return open(setting, address);
    }

    /** Returns whether an address is, or is meant to be, that of an inbox on SQLite. */
    static boolean isFile(String address) {
        return !address.startsWith("jdbc:postgresql:") && !address.startsWith("kafka:");
    }

    /** Returns an address for records and messages, without what may hold a password. */
    static String place(String address) {
        if (isFile(address)) {
            return address;
        }
        return address.startsWith("kafka:") || PostgresUrl.isWellFormed(address)
                ? address.split("\\?", 2)[0].replaceFirst("//.*@", "//")
                : "jdbc:postgresql:";
    }

    /**
     * Refuses an address that cannot be used, without showing it.
     *
     * @throws ConfigurationException if the driver is missing or could not read it
     */
    static void requirePostgresql(String setting, String address) {
        PostgresUrl.refusal(address).ifPresent(why -> {
            throw new ConfigurationException(setting + ": " + why, null);
        });
    }

    /**
     * Checks that a file is an inbox.
     *
     * @throws ConfigurationException if it is not there or something else
     */
    static void requireInbox(String setting, Path file) {
        if (!Files.isRegularFile(file)) {
            throw new ConfigurationException(
                    setting + ": there is no inbox at " + file + (Files.exists(file) ? ", which is no file" : "")
                            + "; nothing was changed",
                    null);
        }
        requireTable(
                setting,
                file.toString(),
                "jdbc:sqlite:file:" + file.toUri().getRawPath() + "?mode=ro",
                "select count(*) > 0 from sqlite_schema where name = 'openlines_schema'");
    }

    private static void requireTable(String setting, String place, String url, String query) {
        Properties patience = new Properties();
        patience.setProperty(url.startsWith("jdbc:sqlite:") ? "busy_timeout" : "connectTimeout", "5");
        try (Connection connection = DriverManager.getConnection(url, patience);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            if (!row.next() || !row.getBoolean(1)) {
                throw new ConfigurationException(
                        setting + ": " + place + " is no inbox: it has no table openlines_schema; nothing was changed",
                        null);
            }
        } catch (SQLException e) {
            if (url.startsWith("jdbc:sqlite:") && (e.getErrorCode() & 0xff) == SQLITE_CORRUPT) {
                throw new StoreException(place + " is damaged: " + OneLine.cause(e), e);
            }
            throw new ConfigurationException(setting + ": cannot read " + place + ": " + OneLine.cause(e), e);
        }
    }

    /** Refuses an address that is not a file. Only its beginning is shown, because it may hold a password. */
    static Path file(String setting, String address) {
        return file(setting, address, "a file, jdbc:postgresql: or kafka:");
    }

    /**
     * Returns the file that a setting names.
     *
     * @throws ConfigurationException if it is an address of something else
     */
    static Path file(String setting, String address, String expected) {
        Matcher scheme = SCHEME.matcher(address);
        if (scheme.lookingAt()) {
            throw new ConfigurationException(
                    setting + ": expected " + expected + ", found an address that begins with "
                            + OneLine.of(scheme.group(), 40)
                            + (scheme.group().equals("jdbc:sqlite:") ? "; write the file alone" : ""),
                    null);
        }
        return path(setting, address);
    }

    /**
     * Returns the file that a setting names. If the value is a key instead of a file, it is not shown.
     *
     * @throws ConfigurationException if it is no file's name
     */
    static Path path(String setting, String value) {
        if (value.contains("\n")
                || value.startsWith("-----BEGIN")
                || value.strip().startsWith("{")) {
            throw new ConfigurationException(
                    setting + ": expected the name of a file, found what may be its content", null);
        }
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new ConfigurationException(
                    setting + ": expected the name of a file, found \"" + OneLine.of(value, 60) + "\": "
                            + e.getReason(),
                    null);
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
            // This is needed even if neither is set, because old closes are always forgotten.
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
