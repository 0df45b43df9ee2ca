// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.Scope;
import dev.openlines.model.Secret;
import dev.openlines.testkit.PostgresServer;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.ds.PGSimpleDataSource;

@Timeout(300)
class TokenStoreTest {

    private static final Secret KEYSET = TokenSeal.newKeyset();

    @TempDir
    static Path folder;

    @Test
    void aFileThatIsRemovedOrReplacedIsNotTakenForAnEmptyStore() throws Exception {
        Path file = folder.resolve("watched.db");
        TokenStore store = sqlite(file);
        Grant grant = store.save(grant("m"));
        Path copy = Files.copy(file, folder.resolve("watched-copy.db"));

        Files.delete(file);
        for (ThrowingCallable use : List.<ThrowingCallable>of(
                () -> store.find("m"), () -> store.save(grant), () -> store.lease("m", "a", Duration.ofSeconds(1)))) {
            assertThatThrownBy(use)
                    .isInstanceOf(ClientStoreException.class)
                    .hasStackTraceContaining("watched.db was removed or replaced while it was in use");
        }
        assertThat(file).doesNotExist();

        Files.move(copy, file);
        assertThatThrownBy(() -> store.find("m")).isInstanceOf(ClientStoreException.class);
        assertThat(sqlite(file).find("m")).isPresent();
    }

    /** Overwrites as {@code cp} does: the file keeps its number, and its refresh tokens are those of yesterday. */
    @Test
    void anOlderCopyThatIsWrittenOverItIsNotTakenForTheStore() throws Exception {
        Path file = folder.resolve("restored.db");
        TokenStore store = sqlite(file);
        store.save(grant("m"));
        byte[] older = Files.readAllBytes(file);
        // Another process may write; then there are more writes than this one has seen.
        sqlite(file).save(grant("other"));
        assertThat(store.find("other")).isPresent();

        Files.write(file, older);

        for (ThrowingCallable use : List.<ThrowingCallable>of(
                () -> store.find("m"),
                () -> store.save(grant("m")),
                () -> store.kept().put("a", new byte[] {1}))) {
            assertThatThrownBy(use)
                    .isInstanceOf(ClientStoreException.class)
                    .hasStackTraceContaining("restored.db was overwritten by an older copy while it was in use");
        }
        assertThat(sqlite(file).find("m")).isPresent();
    }

    @Test
    void aDamagedFileIsRefusedAtTheStart() throws Exception {
        Path file = folder.resolve("damaged.db");
        sqlite(file).save(grant("m"));
        byte[] bytes = Files.readAllBytes(file);
        Arrays.fill(bytes, 4096, bytes.length, (byte) 7);
        Files.write(file, bytes);

        assertThatThrownBy(() -> sqlite(file))
                .isInstanceOf(ClientStoreException.class)
                .hasMessageContaining("damaged.db is damaged (")
                .hasMessageContaining("), or the log damaged.db-wal is another file's")
                .hasMessageNotContaining("\n");
        assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
    }

    /** Looks into each file while a second connection keeps the log of SQLite from being moved into the first. */
    @Test
    void noTokenIsInTheClearInTheFileOrInTheLogBesideIt() throws Exception {
        Path file = Files.createDirectory(folder.resolve("clear")).resolve("tokens.db");
        TokenStore store = sqlite(file);
        try (Connection reader = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = reader.createStatement()) {
            statement.executeQuery("SELECT count(*) FROM openlines_grant").close();
            Grant first = store.save(grant("member-in-the-clear"));
            Grant next = first.renewed(
                    Secret.of("canary-access"), Secret.of("canary-refresh"), Instant.EPOCH, first.restEndpoint());
            assertThat(store.replace(first, next)).isTrue();
            store.kept().put("1", "canary-kept".getBytes(StandardCharsets.UTF_8));

            String log = Files.readString(file.resolveSibling("tokens.db-wal"), StandardCharsets.ISO_8859_1);
            assertThat(log).as("what was written is there").contains("member-in-the-clear");
            try (Stream<Path> files = Files.list(file.getParent())) {
                assertThat(files.toList())
                        .extracting(one -> one.getFileName().toString())
                        .contains("tokens.db", "tokens.db-wal", "tokens.db-shm");
            }
            assertNoCanary(file.getParent());
        }
        assertNoCanary(file.getParent());
        assertThat(sqlite(file).find("member-in-the-clear").orElseThrow().refreshToken())
                .isEqualTo(Secret.of("canary-refresh"));
    }

    private static void assertNoCanary(Path directory) throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.toList())
                    .isNotEmpty()
                    .allSatisfy(one -> assertThat(Files.readString(one, StandardCharsets.ISO_8859_1))
                            .doesNotContain("canary"));
        }
    }

    static Stream<TokenStore> stores() {
        return Stream.of(
                TokenStore.memory(),
                sqlite(folder.resolve(java.util.UUID.randomUUID() + ".db")),
                TokenStore.postgresql(database(), TokenSeal.of(KEYSET)),
                TokenStore.postgresql(transactional(database()), TokenSeal.of(KEYSET)));
    }

    /** Returns an empty schema of a real PostgreSQL. */
    private static DataSource database() {
        PGSimpleDataSource database = new PGSimpleDataSource();
        database.setUrl(PostgresServer.newSchema());
        return database;
    }

    /** Gives connections that commit when told, as a pool for transactions does. */
    private static DataSource transactional(DataSource database) {
        return (DataSource) Proxy.newProxyInstance(
                TokenStoreTest.class.getClassLoader(),
                new Class<?>[] {DataSource.class},
                (proxy, method, arguments) -> {
                    Connection connection = database.getConnection();
                    connection.setAutoCommit(false);
                    return connection;
                });
    }

    @Test
    void nodesThatShareADatabaseSeeTheSameGrantsSealed() throws Exception {
        DataSource database = database();
        TokenStore one = TokenStore.postgresql(database, TokenSeal.of(KEYSET));
        TokenStore other = TokenStore.postgresql(database, TokenSeal.of(KEYSET));
        one.save(grant("a"));

        assertThat(other.find("a")).contains(grant("a"));
        assertThat(other.lease("a", "other", Duration.ofHours(1))).isTrue();
        assertThat(one.lease("a", "one", Duration.ofHours(1))).isFalse();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select sealed from openlines_grant")) {
            assertThat(row.next()).isTrue();
            assertThat(new String(row.getBytes(1), StandardCharsets.ISO_8859_1))
                    .doesNotContain("access")
                    .doesNotContain("refresh");
        }
    }

    private static TokenStore sqlite(Path file) {
        return TokenStore.sqlite(file, TokenSeal.of(KEYSET));
    }

    private static Grant grant(String member) {
        return new Grant(
                member,
                URI.create("https://p.bitrix24.com/rest/"),
                URI.create("https://oauth.bitrix.info/rest/"),
                Secret.of("access"),
                Secret.of("refresh"),
                Instant.ofEpochMilli(1_760_000_000_123L),
                List.of(Scope.IM, Scope.IMOPENLINES),
                false,
                0);
    }

    @ParameterizedTest
    @MethodSource("stores")
    void aSavedGrantIsFoundAsItWas(TokenStore store) {
        assertThat(store.find("a")).isEmpty();
        assertThat(store.save(grant("a"))).isEqualTo(grant("a"));
        assertThat(store.find("a")).contains(grant("a"));
        assertThat(store.save(grant("a")).version()).isEqualTo(1);
        assertThat(store.find("a").orElseThrow().version()).isEqualTo(1);
        assertThat(store.forget("a")).isTrue();
        assertThat(store.forget("a")).isFalse();
        assertThat(store.find("a")).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("stores")
    void onlyTheReaderOfTheNewestVersionReplacesIt(TokenStore store) {
        Grant read = store.save(grant("a"));
        Grant next = read.renewed(Secret.of("access2"), Secret.of("refresh2"), Instant.EPOCH, read.restEndpoint());

        assertThat(store.replace(read, next)).isTrue();
        assertThat(store.replace(read, read.refused())).isFalse();
        assertThat(store.find("a")).contains(next);
        assertThat(store.replace(next, next.refused())).isTrue();
        assertThat(store.find("a").orElseThrow().needsReinstall()).isTrue();
        assertThat(store.replace(grant("b"), next)).isFalse();
    }

    @ParameterizedTest
    @MethodSource("stores")
    void oneOwnerAtATimeHoldsTheLease(TokenStore store) {
        assertThat(store.lease("a", "one", Duration.ofHours(1))).isFalse();
        store.save(grant("a"));
        store.save(grant("b"));

        assertThat(store.lease("a", "one", Duration.ofHours(1))).isTrue();
        assertThat(store.lease("a", "two", Duration.ofHours(1))).isFalse();
        assertThat(store.lease("a", "one", Duration.ofHours(1))).isTrue();
        assertThat(store.lease("b", "two", Duration.ofHours(1))).isTrue();
        store.release("a", "two");
        assertThat(store.lease("a", "two", Duration.ofHours(1))).isFalse();
        store.release("a", "one");
        assertThat(store.lease("a", "two", Duration.ZERO)).isTrue();
        assertThat(store.lease("a", "one", Duration.ofHours(1))).isTrue();
    }

    @Test
    void aStoreOfTheSameFileSeesTheSameGrants() {
        Path file = folder.resolve("shared.db");
        sqlite(file).save(grant("a"));

        assertThat(sqlite(file).find("a")).contains(grant("a"));
    }

    @Test
    void anotherKeyOpensNothing() {
        Path file = folder.resolve("other-key.db");
        sqlite(file).save(grant("a"));

        assertThatThrownBy(() -> TokenStore.sqlite(file, TokenSeal.of(TokenSeal.newKeyset()))
                        .find("a"))
                .isInstanceOf(ClientStoreException.class)
                .hasMessage("cannot open the grant of a: sealed with another key, or altered");
    }

    @Test
    void oneRowCannotStandInForAnother() throws Exception {
        Path file = folder.resolve("swapped.db");
        TokenStore store = sqlite(file);
        store.save(grant("a"));
        store.save(grant("b"));
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var statement = connection.createStatement()) {
            statement.execute("UPDATE openlines_grant SET sealed ="
                    + " (SELECT sealed FROM openlines_grant WHERE member_id = 'b') WHERE member_id = 'a'");
        }
        assertThatThrownBy(() -> store.find("a"))
                .hasMessage("cannot open the grant of a: sealed with another key, or altered");
        assertThat(store.find("b")).isPresent();
    }

    @Test
    void aValueKeptForAWhileIsSealedToItsKeyAndFoundByTheNextProcess() throws Exception {
        assertThat(TokenStore.memory().kept()).isEmpty();
        assertThatThrownBy(() -> TokenStore.memory().kept().put("1", new byte[1]))
                .isInstanceOf(UnsupportedOperationException.class);
        Path file = folder.resolve("kept.db");
        for (TokenStore store :
                List.of(sqlite(file), TokenStore.postgresql(transactional(database()), TokenSeal.of(KEYSET)))) {
            store.kept().put("1", "canary-one".getBytes(StandardCharsets.UTF_8));
            store.kept().put("2", "canary-two".getBytes(StandardCharsets.UTF_8));
            store.kept().put("3", "canary-three".getBytes(StandardCharsets.UTF_8));
            store.kept().remove("3");
            assertThat(store.kept()).containsOnlyKeys("1", "2");
            assertThat(store.kept().get("2")).isEqualTo("canary-two".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(sqlite(file).kept()).containsOnlyKeys("1", "2");
        assertThat(TokenStore.sqlite(file, TokenSeal.of(TokenSeal.newKeyset())).kept())
                .as("with another key")
                .isEmpty();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("SELECT sealed FROM openlines_kept")) {
                row.next();
                assertThat(new String(row.getBytes(1), StandardCharsets.ISO_8859_1))
                        .doesNotContain("canary");
            }
            statement.execute("UPDATE openlines_kept SET sealed ="
                    + " (SELECT sealed FROM openlines_kept WHERE id = '2') WHERE id = '1'");
        }
        assertThat(sqlite(file).kept()).as("one row for another").containsOnlyKeys("2");
    }

    @Test
    void aTextThatIsNoKeysetIsNotQuoted() {
        assertThatThrownBy(() -> TokenSeal.of(Secret.of("canary")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasNoCause()
                .hasMessage(
                        "expected a Tink keyset for authenticated encryption in JSON but found text (6 characters)");
    }

    @Test
    void aFolderThatIsMissingIsSaid() {
        assertThatThrownBy(() -> sqlite(folder.resolve("missing/tokens.db")))
                .isInstanceOf(ClientStoreException.class)
                .hasMessage("cannot open the token store " + folder.resolve("missing/tokens.db"));
    }
}
