// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.Scope;
import dev.openlines.model.Secret;
import java.net.URI;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class TokenStoreTest {

    private static final Secret KEYSET = TokenSeal.newKeyset();

    @TempDir
    static Path folder;

    static Stream<TokenStore> stores() {
        return Stream.of(TokenStore.memory(), sqlite(folder.resolve(java.util.UUID.randomUUID() + ".db")));
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
    void whatIsSavedIsFoundAsItWas(TokenStore store) {
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
                .isInstanceOf(StoreException.class)
                .hasMessage("cannot open the tokens of portal a: sealed with another key, or altered");
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
                .hasMessage("cannot open the tokens of portal a: sealed with another key, or altered");
        assertThat(store.find("b")).isPresent();
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
                .isInstanceOf(StoreException.class)
                .hasMessage("cannot open the token store");
    }
}
