// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.TokenSeal;
import dev.openlines.receiver.Handlers;
import dev.openlines.testkit.PostgresServer;
import dev.openlines.testkit.Rows;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientSettingsTest {

    @TempDir
    Path folder;

    private Map<String, String> application() throws Exception {
        Path key = folder.resolve("token.key");
        Files.writeString(key, TokenSeal.newKeyset().reveal());
        return new HashMap<>(Map.of(
                "OPENLINES_CLIENT_ID",
                "app.1",
                "OPENLINES_CLIENT_SECRET",
                "canary-secret",
                "OPENLINES_TOKEN_KEY",
                key.toString(),
                "OPENLINES_TOKENS",
                folder.resolve("tokens.db").toString()));
    }

    @Test
    void oneClientIsMadeAndItsTokensAreInTheFile() throws Exception {
        Settings settings = Settings.of(application());

        assertThat(settings.client()).isPresent();
        assertThat(settings.client()).containsSame(settings.client().orElseThrow());
        assertThat(settings.client().orElseThrow().oauth().portals()).isEmpty();
        assertThat(Rows.of(folder.resolve("tokens.db"), "select count(*) from openlines_grant"))
                .containsExactly("0");
    }

    @Test
    void tokensMayBeInPostgresql() throws Exception {
        Map<String, String> values = application();
        values.put("OPENLINES_TOKENS", PostgresServer.newSchema());

        assertThat(Settings.of(values).client().orElseThrow().oauth().portals()).isEmpty();
    }

    @Test
    void withoutAnApplicationThereIsNoClientAndNoFile() {
        assertThat(Settings.of(Map.of(
                                "OPENLINES_TOKENS", folder.resolve("tokens.db").toString()))
                        .client())
                .isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            OPENLINES_CLIENT_ID     | ''      | OPENLINES_CLIENT_ID: expected the application's client_id but found none
            OPENLINES_CLIENT_SECRET | ''      | OPENLINES_CLIENT_SECRET: expected the application's client_secret but found none
            OPENLINES_TOKEN_KEY     | ''      | OPENLINES_TOKEN_KEY: expected the file of a key, or the word none to store no tokens, but found none
            OPENLINES_TOKEN_KEY     | /no/key | OPENLINES_TOKEN_KEY: expected a key made by new-key in /no/key
            OPENLINES_TOKENS        | /no/db  | OPENLINES_TOKENS: cannot use /no/db: [SQLITE_CANTOPEN] Unable to open the database file (unable to open database file)
            """)
    void aMissingOrWrongSettingIsNamedBeforeTheReceiverStarts(String name, String value, String message)
            throws Exception {
        Map<String, String> values = application();
        values.put(name, value);
        Settings settings = Settings.of(values);

        assertThatThrownBy(() -> ReceiverServer.builder(Handlers.all((event, context) -> {}))
                        .settings(settings))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
    }

    @Test
    void aDamagedFileOfTokensIsNamedWithTheRemedyAndStaysAsItIs() throws Exception {
        Map<String, String> values = application();
        assertThat(Settings.of(values).client()).isPresent();
        Path file = folder.resolve("tokens.db");
        byte[] bytes = Files.readAllBytes(file);
        Arrays.fill(bytes, 4096, bytes.length, (byte) 7);
        Files.write(file, bytes);
        List<String> said = new ArrayList<>();

        int exit = ReceiverCommand.run(List.of("reconcile", "--dry-run"), values, said::add, said::add);

        assertThat(exit).isEqualTo(3);
        assertThat(said)
                .singleElement()
                .asString()
                .startsWith("OPENLINES_TOKENS: the token store " + file + " is damaged (")
                .contains("move tokens.db-wal and tokens.db-shm away and restore the copy again")
                .endsWith("have each portal install the application again")
                .doesNotContain("\n");
        Settings settings = Settings.of(values);
        assertThatThrownBy(() -> ReceiverServer.builder(Handlers.all((event, context) -> {}))
                        .settings(settings))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(said.get(0));
        assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
    }
}
