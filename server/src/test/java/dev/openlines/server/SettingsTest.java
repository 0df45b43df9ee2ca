// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.parser.Limits;
import dev.openlines.receiver.DispatchPolicy;
import dev.openlines.receiver.Handlers;
import dev.openlines.receiver.ReconcileSettings;
import dev.openlines.testkit.LogRecords;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of settings that an operator may mistype. */
class SettingsTest {

    private static final Pattern SETTING = Pattern.compile("OPENLINES_[A-Z0-9_]+");

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "OPENLINES_PROT, OPENLINES_PORT",
        "OPENLINES_INBOX_FILE, OPENLINES_INBOX",
        "OPENLINES_RECONCILE_MAXAGE, OPENLINES_RECONCILE_MAX_AGE",
        "OPENLINES_APPLICATION_TOKN, OPENLINES_APPLICATION_TOKEN",
        "openlines_port, OPENLINES_PORT",
        "OPENLINES_MY_SETTIN, OPENLINES_MY_SETTING"
    })
    void anUnknownNameIsRefusedWithTheNearestOne(String name, String nearest) {
        assertThatThrownBy(() -> Settings.of(Map.of(name, "canary"), "OPENLINES_MY_SETTING"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(name + " is not a setting. Did you mean " + nearest + "?");
    }

    @Test
    void anApplicationsOwnMessagesSayWhatWasFoundAndTheCauseWithoutSecrets() {
        assertThat(ConfigurationException.wrong("OPENLINES_MINE", "on or off", "o\u001b[2Jn"))
                .hasMessage("OPENLINES_MINE: expected on or off, found \"o [2Jn\"");
        assertThat(ConfigurationException.because(
                        "OPENLINES_MINE: cannot use it", new SQLException("refused password=canary\nDetail: a row")))
                .hasMessage("OPENLINES_MINE: cannot use it: refused password=***");
    }

    @Test
    void thePageForOperatorsListsEachSettingAndTheDefaultsOfTheCode() throws Exception {
        Map<String, String> defaults = new HashMap<>();
        for (String line : Files.readAllLines(Path.of("../docs/operations.md"))) {
            if (line.startsWith("| `OPENLINES_")) {
                String[] cells = line.split(" \\| ");
                SETTING.matcher(cells[0]).results().forEach(name -> defaults.put(name.group(), cells[1]));
            }
        }
        Set<String> names = new TreeSet<>(Settings.of(Map.of()).names());
        // The first two are of commands, the third is of the quickstart.
        names.removeAll(Set.of("OPENLINES_NEW_INBOX", "OPENLINES_ACCESS_TOKEN"));
        names.add("OPENLINES_TEST_HOLD");

        assertThat(defaults.keySet()).containsExactlyInAnyOrderElementsOf(names);
        assertThat(defaults)
                .containsEntry("OPENLINES_MAX_BODY_BYTES", Integer.toString(Limits.DEFAULT.bodyBytes()))
                .containsEntry("OPENLINES_MAX_VALUE_BYTES", Integer.toString(Limits.DEFAULT.valueBytes()))
                .containsEntry("OPENLINES_MAX_PAIRS", Integer.toString(Limits.DEFAULT.pairs()))
                .containsEntry("OPENLINES_MAX_DEPTH", Integer.toString(Limits.DEFAULT.depth()))
                .containsEntry("OPENLINES_MAX_KEY_BYTES", Integer.toString(Limits.DEFAULT.keyBytes()))
                .containsEntry("OPENLINES_RECONCILE", "`" + ReconcileSettings.DEFAULT.interval() + "`")
                .containsEntry("OPENLINES_RECONCILE_GRACE", "`" + ReconcileSettings.DEFAULT.grace() + "`")
                .containsEntry("OPENLINES_WORKERS", Integer.toString(DispatchPolicy.DEFAULT.workers()));
    }

    @Test
    void anUnknownNameThatIsLikeNoneIsRefusedToo() {
        assertThatThrownBy(() -> Settings.of(Map.of("OPENLINES_FROBNICATE_THE_REGISTER", "1")))
                .hasMessage("OPENLINES_FROBNICATE_THE_REGISTER is not a setting.");
    }

    @Test
    void anUnknownNameInTheFileIsRefused() throws Exception {
        Path file = Files.writeString(directory.resolve("receiver.properties"), "OPENLINES_PROT=1");
        assertThatThrownBy(() -> Settings.of(Map.of("OPENLINES_CONFIG", file.toString())))
                .hasMessage("OPENLINES_PROT is not a setting. Did you mean OPENLINES_PORT?");

        Files.writeString(file, "canary51856fefc120afa4b628cc82d3935cce");
        assertThatThrownBy(() -> Settings.of(Map.of("OPENLINES_CONFIG", file.toString())))
                .hasMessageNotContaining("canary");
    }

    @Test
    void aMissingFileOfSettingsIsNamedWithItsCause() {
        Path missing = directory.resolve("missing.properties");
        assertThatThrownBy(() -> Settings.of(Map.of("OPENLINES_CONFIG", missing.toString())))
                .hasMessage(
                        "OPENLINES_CONFIG: cannot read " + missing + " as properties in UTF-8: there is no such file");
    }

    @Test
    void theVariablesOfAContainerPlatformAreNoSettings() {
        Map<String, String> environment = new HashMap<>();
        environment.put("OPENLINES_SERVICE_HOST", "10.0.0.1");
        environment.put("OPENLINES_SERVICE_PORT", "80");
        environment.put("OPENLINES_SERVICE_PORT_HTTP", "80");
        environment.put("OPENLINES_PORT_80_TCP", "tcp://10.0.0.1:80");
        environment.put("OPENLINES_PORT_80_TCP_PROTO", "tcp");
        environment.put("OPENLINES_PORT_80_TCP_ADDR", "10.0.0.1");
        environment.put("OPENLINES_INBOX_PORT", "tcp://10.0.0.2:5432");
        environment.put("OPENLINES_INBOX_SERVICE_HOST", "10.0.0.2");
        environment.put("OPENLINES_EMPTY", " ");
        assertThat(Settings.of(environment).workers()).isEqualTo(4);

        environment.put("OPENLINES_PORT", "tcp://10.0.0.1:80");
        assertThatThrownBy(() -> Settings.of(environment))
                .hasMessage(
                        "OPENLINES_PORT: expected a number from 0 to 65535, found \"tcp://10.0.0.1:80\". A container"
                                + " platform sets this for a service of that name: set OPENLINES_PORT yourself, or turn that off"
                                + " (Kubernetes: enableServiceLinks: false)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"abc", "65536", "-1", "8 080", "\u001b[31m80"})
    void aPortThatIsNoneSaysWhatWasFound(String port) {
        assertThatThrownBy(() -> Settings.of(Map.of("OPENLINES_PORT", port)))
                .hasMessage("OPENLINES_PORT: expected a number from 0 to 65535, found \"" + port.replace('\u001b', ' ')
                        + '"');
    }

    @ParameterizedTest
    @CsvSource({
        "jdbc:mysql://u:canary@db/x?password=canary, jdbc:mysql:, ''",
        "postgres://u:canary@db/x, postgres://, ''",
        "redis://canary, redis://, ''",
        "jdbc:sqlite:openlines.db, jdbc:sqlite:, '; write the file alone'"
    })
    void anInboxThatIsAnAddressOfSomethingElseIsRefusedAndNotShown(String inbox, String begins, String hint) {
        assertThatThrownBy(() -> start(inbox))
                .hasMessage(
                        "OPENLINES_INBOX: expected a file, jdbc:postgresql: or kafka:, found an address that begins with "
                                + begins + hint)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("canary"));
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aDatabaseThatIsAwayIsNamedWithItsCauseAndWithoutSecrets() {
        assertThatThrownBy(() -> start("jdbc:postgresql://127.0.0.1:1/openlines?user=u&password=canary"))
                .hasMessageStartingWith(
                        "OPENLINES_INBOX: cannot write to jdbc:postgresql://127.0.0.1:1/openlines: Connection"
                                + " to 127.0.0.1:1 refused.")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("canary"));
    }

    /** Runs without settings of the log, like an application that has just added a binding. */
    @Test
    void theStartNamesTheLoggersOfJettyThatRepeatWhatStrangersSend() {
        List<String> log =
                LogRecords.of(() -> start(directory.resolve("inbox.db").toString()));

        assertThat(log)
                .filteredOn(line -> line.contains("reason=jetty-log"))
                .singleElement()
                .asString()
                .contains(" WARN ")
                .endsWith("turn them off: org.eclipse.jetty.http, org.eclipse.jetty.server.Response,"
                        + " org.eclipse.jetty.server.internal, org.eclipse.jetty.util.HostPort");
    }

    @Test
    void theStartAndTheStopAreOneRecordEach() {
        List<String> log =
                LogRecords.of(() -> start(directory.resolve("inbox.db").toString()));

        assertThat(log)
                .filteredOn(line -> line.contains("reason=started"))
                .singleElement()
                .asString()
                .containsPattern("reason=started version=\\S+ inbox=" + directory.resolve("inbox.db")
                        + " waiting=0 dead=0 portals=m endpoint=http://\\*:\\d+/ monitor=none workers=4 body-limit=\\d+"
                        + " reconcile=off$");
        assertThat(log)
                .filteredOn(line -> line.contains("reason=stopped uptime=PT"))
                .hasSize(1);
    }

    @Test
    void aLimitOfAnAttemptIsADuration() {
        assertThatThrownBy(() -> Settings.of(Map.of("OPENLINES_ATTEMPT_LIMIT", "PT0S")))
                .hasMessage("OPENLINES_ATTEMPT_LIMIT: expected a duration above zero such as PT5M, found \"PT0S\"");
        assertThatThrownBy(() -> Settings.of(Map.of("OPENLINES_ATTEMPT_LIMIT", "5m")))
                .hasMessage("OPENLINES_ATTEMPT_LIMIT: expected a duration above zero such as PT5M, found \"5m\"");
    }

    private void start(String inbox) {
        ReceiverServer.builder(Handlers.all((event, context) -> {}))
                .settings(Settings.of(Map.of(
                        "OPENLINES_INBOX", inbox,
                        "OPENLINES_PORT", "0",
                        "OPENLINES_MEMBER_ID", "m",
                        "OPENLINES_APPLICATION_TOKEN", "t")))
                .start()
                .close();
    }
}
