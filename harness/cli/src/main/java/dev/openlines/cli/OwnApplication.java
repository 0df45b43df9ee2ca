// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.openlines.client.PortalClient;
import dev.openlines.client.Subscription;
import dev.openlines.model.AppStatus;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * A local application that is used for nothing else. A command's subscriptions in it have a key that is the same in
 * each run of one user on one machine, so a run finds and removes those of a crashed one.
 *
 * @param command the command's name
 * @param key the key of the command's queues; also the first part of the host of its handlers
 */
record OwnApplication(String command, String key) {

    /** The beginning of the key of everything that a command binds. */
    private static final String KEYS = "openlines-";

    /** The end of the host of handlers that do not exist. No name under it resolves. */
    private static final String NOWHERE = ".openlines.invalid";

    static OwnApplication of(String command, URI portal) {
        String who = System.getProperty("user.name") + "@" + System.getProperty("user.home") + " " + portal;
        return new OwnApplication(
                command,
                KEYS + command + "-"
                        + UUID.nameUUIDFromBytes(who.getBytes(UTF_8)).toString().substring(0, 13));
    }

    /** Returns the address of a handler that does not exist, to bind and to unbind. */
    URI handler() {
        return URI.create("https://" + key + NOWHERE + "/");
    }

    /** Refuses a second run at the same time. Close the channel at the end. */
    FileChannel lock() throws IOException {
        FileChannel file = FileChannel.open(
                Path.of(System.getProperty("java.io.tmpdir"), key + ".lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        try {
            if (file.tryLock() != null) {
                return file;
            }
        } catch (OverlappingFileLockException e) {
            // This process holds the lock.
        }
        file.close();
        throw CommandFailure.failed("another " + command + " of yours is running for this portal");
    }

    /** Refuses an application that is used for something else, whose queues and subscriptions must not be touched. */
    void require(PortalClient client) {
        JsonValue status = client.openLines().app().raw().get("STATUS");
        if (!(status instanceof JsonString text) || !text.getString().equals(AppStatus.LOCAL.code())) {
            throw CommandFailure.failed("the token is not of a local application; make one for " + command + " alone");
        }
        for (Subscription subscription : client.subscriptions().get()) {
            if (!isOurs(subscription)) {
                String event = subscription.event().toUpperCase(Locale.ROOT);
                throw CommandFailure.failed("the application has a subscription to "
                        + (SampleEvents.codes().contains(event) ? event : "another event") + " that " + command
                        + " did not make; make a local application for " + command + " alone");
            }
        }
    }

    private static boolean isOurs(Subscription subscription) {
        return String.valueOf(subscription.connector()).startsWith(KEYS)
                || subscription
                        .handlerAddress()
                        .map(handler -> String.valueOf(handler.getHost())
                                .toLowerCase(Locale.ROOT)
                                .endsWith(NOWHERE))
                        .orElse(false);
    }

    /** Unbinds all that this key has bound, also in a run that crashed. Returns how many rows there were. */
    int unbind(PortalClient client) {
        int rows = 0;
        for (Subscription subscription : client.subscriptions().get()) {
            if (key.equals(subscription.connector())
                    || subscription.handlerAddress().equals(Optional.of(handler()))) {
                client.subscriptions().unbind(subscription);
                rows++;
            }
        }
        return rows;
    }
}
