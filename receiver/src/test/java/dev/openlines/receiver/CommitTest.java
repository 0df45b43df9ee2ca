// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Secret;
import dev.openlines.parser.Limits;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Many events in one commit, and each answer after it. */
@Timeout(300)
@ParameterizedClass
@ValueSource(strings = {"sqlite", "postgresql"})
class CommitTest {

    private static final int EVENTS = 500;

    @Parameter
    String engine;

    @TempDir
    Path directory;

    @Test
    void eachReplyLeavesAfterItsEventIsThereForOthers() throws Exception {
        String url = url();
        try (LeasingInbox inbox = open(url);
                Connection other = DriverManager.getConnection(url)) {
            List<CompletableFuture<Long>> seen =
                    LongStream.rangeClosed(1, EVENTS).mapToObj(chat -> Deliveries.delivery(chat, 1)).toList().stream()
                            .map(delivery -> inbox.store(delivery)
                                    .thenApply(result ->
                                            count(other, delivery.orderKeys().get(0)))
                                    .toCompletableFuture())
                            .toList();

            for (CompletableFuture<Long> count : seen) {
                assertThat(count.get(30, TimeUnit.SECONDS)).isEqualTo(1);
            }
        }
    }

    @Test
    void eventsThatComeAtOnceAreStoredByAFewCommits() throws Exception {
        String url = url();
        try (LeasingInbox inbox = open(url)) {
            List<VerifiedDelivery> deliveries = LongStream.rangeClosed(1, EVENTS)
                    .mapToObj(chat -> Deliveries.delivery(chat, 1))
                    .toList();
            List<CompletableFuture<StoreResult>> replies = new ArrayList<>();
            // While one commit is under way the others gather.
            for (VerifiedDelivery delivery : deliveries) {
                replies.add(inbox.store(delivery).toCompletableFuture());
            }
            for (CompletableFuture<StoreResult> reply : replies) {
                assertThat(reply.get(30, TimeUnit.SECONDS)).isEqualTo(StoreResult.STORED);
            }
        }
        if (engine.equals("postgresql")) {
            try (Connection other = DriverManager.getConnection(url);
                    PreparedStatement select = other.prepareStatement("select count(distinct xmin::text) from inbox");
                    ResultSet row = select.executeQuery()) {
                assertThat(row.next()).isTrue();
                assertThat(row.getInt(1))
                        .as("transactions for %d events", EVENTS)
                        .isLessThan(EVENTS / 4);
            }
        }
    }

    /** Sends a text with half a character, which only JSON can carry. */
    @Test
    void halfOfACharacterIsStoredAndAgainADuplicate() throws Exception {
        try (LeasingInbox inbox = open(url())) {
            Portals portals = new Portals().trust(Bodies.MEMBER, Secret.of(Bodies.TOKEN));
            Receiver receiver =
                    new Receiver(inbox, portals, Limits.DEFAULT, () -> Deliveries.T0, () -> {}, Telemetry.none());
            String json =
                    "{\"event\":\"ONSESSIONFINISH\",\"ts\":\"1\",\"k\\ud800\":\"\\udc00\",\"data\":{\"DATA\":{\"line\":"
                            + "{\"name\":\"\\ud800 x \\u0000\"}}},\"auth\":{\"member_id\":\"" + Bodies.MEMBER
                            + "\",\"application_token\":\"" + Bodies.TOKEN + "\"}}";
            for (Class<?> expected : List.of(Reply.Accepted.class, Reply.Duplicate.class)) {
                RawDelivery delivery =
                        new RawDelivery("POST", "application/json", json.getBytes(StandardCharsets.UTF_8));
                assertThat(receiver.receive(delivery).toCompletableFuture().get(30, TimeUnit.SECONDS))
                        .isInstanceOf(expected);
            }
            assertThat(inbox.backlog().waiting()).isEqualTo(1);
        }
    }

    /**
     * Returns the URL with an option that operators may set: the driver then does not say which rows of a batch were
     * new.
     */
    private String url() {
        return engine.equals("sqlite")
                ? "jdbc:sqlite:" + directory.resolve("inbox.db")
                : PostgresServer.newSchema() + "&reWriteBatchedInserts=true";
    }

    private LeasingInbox open(String url) {
        return engine.equals("sqlite") ? Inbox.sqlite(directory.resolve("inbox.db")) : Inbox.postgresql(url);
    }

    /** Counts rows. Each event here is of a chat of its own. */
    private static long count(Connection connection, String key) {
        try (PreparedStatement select = connection.prepareStatement("select count(*) from inbox where order_key = ?")) {
            select.setString(1, key);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
