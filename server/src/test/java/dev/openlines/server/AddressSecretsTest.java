// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.openlines.client.TokenSeal;
import dev.openlines.receiver.Handlers;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a setting of the wrong kind is refused without showing the secret in it. */
class AddressSecretsTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://db:99999/tokens?user=u&password=canary-password",
                "jdbc:postgresql://u:canary-password@db:5432x/tokens",
                "jdbc:postgresql:/db/tokens?password=canary-password",
                "postgresql://u:canary-password@db/tokens",
                "jdbc:postgres://u:canary-password@db/tokens",
                "jdbc:mysql://db/tokens?password=canary-password"
            })
    void aWrongAddressOfTheTokenStoreIsNamedWithoutItsPassword(String address) throws Exception {
        Path key = folder.resolve("token.key");
        Files.writeString(key, TokenSeal.newKeyset().reveal());
        Map<String, String> values = new HashMap<>(Map.of(
                "OPENLINES_CLIENT_ID",
                "app.1",
                "OPENLINES_CLIENT_SECRET",
                "canary-secret",
                "OPENLINES_TOKEN_KEY",
                key.toString(),
                "OPENLINES_TOKENS",
                address));
        Settings settings = Settings.of(values);

        Throwable thrown = catchThrowable(() ->
                ReceiverServer.builder(Handlers.all((event, context) -> {})).settings(settings));

        assertThat(text(thrown)).doesNotContain("canary-password");
        assertThat(thrown).isInstanceOf(ConfigurationException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://db:99999/inbox?user=u&password=canary-password",
                "jdbc:postgresql://u:canary-password@db:5432x/inbox",
                "jdbc:postgresql://u:canary-password@127.0.0.1:1/inbox",
                "jdbc:postgresql:canary-password//inbox",
                "jdbc:postgresql:/db/inbox?password=canary-password"
            })
    void aWrongAddressOfTheInboxIsNamedWithoutItsPassword(String address) {
        Map<String, String> environment = new HashMap<>(Map.of("OPENLINES_INBOX", address));
        List<String> shown = new ArrayList<>();
        for (List<String> command :
                List.of(List.of("inbox", "backlog"), List.of("inbox", "list"), List.of("reconcile", "--dry-run"))) {
            Throwable thrown = catchThrowable(() -> ReceiverCommand.run(command, environment, shown::add, shown::add));
            shown.add(command + " " + (thrown == null ? "" : text(thrown)));
        }
        environment.put("OPENLINES_MEMBER_ID", "m");
        environment.put("OPENLINES_APPLICATION_TOKEN", "t");
        environment.put("OPENLINES_PORT", "0");
        Throwable thrown = catchThrowable(() -> ReceiverServer.builder(Handlers.all((event, context) -> {}))
                .settings(Settings.of(environment))
                .start()
                .close());
        shown.add(thrown == null ? "" : text(thrown));

        assertThat(shown)
                .filteredOn(text -> text.contains(
                        "OPENLINES_INBOX: expected jdbc:postgresql://HOST:PORT/DATABASE?user=USER&password=PASSWORD"))
                .hasSize(4);
        assertThat(String.join("\n", shown)).doesNotContain("canary-password");
    }

    /** Sets the key itself, as the name of the setting invites to. */
    @Test
    void aKeyInPlaceOfItsFileIsNotShown() {
        String key = TokenSeal.newKeyset().reveal();
        Settings settings = Settings.of(Map.of(
                "OPENLINES_CLIENT_ID",
                "app.1",
                "OPENLINES_CLIENT_SECRET",
                "canary-secret",
                "OPENLINES_TOKEN_KEY",
                key));

        Throwable thrown = catchThrowable(settings::client);

        assertThat(thrown).isInstanceOf(ConfigurationException.class);
        assertThat(text(thrown)).doesNotContain(key.substring(key.length() / 3, key.length() / 2));
    }

    /** Sets a key in PEM instead of the name of its file. */
    @Test
    void aPrivateKeyInPlaceOfItsFileIsNotShown() {
        String key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----";

        Throwable thrown = catchThrowable(() -> ReceiverServer.builder(Handlers.all((event, context) -> {}))
                .settings(Settings.of(Map.of("OPENLINES_TLS_CERTIFICATE", "chain.pem", "OPENLINES_TLS_KEY", key))));

        assertThat(thrown)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("OPENLINES_TLS_KEY: expected the name of a file, found what may be its content");
        assertThat(text(thrown)).doesNotContain("MIGHAgEA");
    }

    private static String text(Throwable thrown) {
        StringWriter trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace));
        return trace.toString();
    }
}
