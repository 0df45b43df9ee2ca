// SPDX-License-Identifier: Apache-2.0
package dev.openlines.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.openlines.model.OnSessionFinish;
import dev.openlines.receiver.Handlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.scheduling.annotation.Async;
import org.springframework.web.context.support.StandardServletEnvironment;
import org.sqlite.SQLiteDataSource;

/** Applications that must not start, and what they say. */
class WrongSettingsTest {

    private static final List<String> TRUSTED = List.of("openlines.member-id=m", "openlines.application-token=t");

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            a=b | openlines.member-id: expected the portal to trust, or openlines.client-id to verify installations, found none
            openlines.member-id=m | openlines.application-token: expected the token of the portal, found none
            openlines.application-token=t | openlines.member-id: expected the portal of the application token, found none
            openlines.path=bitrix24 | openlines.path: expected a path such as /bitrix24, found "bitrix24"
            openlines.path=/b/* | openlines.path: expected a path such as /bitrix24, found "/b/*"
            openlines.workers=-1 | openlines.workers: expected 0 or more, found -1
            openlines.inbox=datasource | openlines.inbox: datasource: the application has no bean of type DataSource
            openlines.client-id=c | openlines.token-key: expected the file of a key, or none to keep tokens in memory only, found nothing
            openlines.client-id=c openlines.token-key=none | openlines.client-secret: expected the application's secret, found none
            openlines.installer-page=install | openlines.installer-page: expected a path such as /install, found "install"
            openlines.installer-page=/bitrix24 | openlines.installer-page: expected another path than that of events, found it
            openlines.member-id=m openlines.application-token=t openlines.installer-page=/install | openlines.installer-page: expected openlines.client-id to verify installations, found none
            openlines.offline=1s | openlines.offline: expected at least 10s, found PT1S
            openlines.member-id=m openlines.application-token=t openlines.offline=1m | openlines.offline: expected openlines.client-id of an application with portals' grants, found none
            openlines.client-id=c openlines.client-secret=s openlines.token-key=none openlines.webhook=https://example.com/rest/1/CODE/ | openlines.member-id: expected the portal of the webhook, found none
            openlines.member-id=m openlines.application-token=t openlines.webhook=ftp://example.com/rest/1/CODE/ | openlines.webhook: expected https but found another scheme
            openlines.client-id=c openlines.token-key={"key":[]} | openlines.token-key: expected the name of a file, found what may be its content
            openlines.client-id=c openlines.token-key=nokey | openlines.token-key: expected a key that TokenSeal.newKeyset made in nokey
            """)
    void aWrongSettingIsNamed(String settings, String message) {
        FailureAnalysis failure = failure(Closed.class, WebApplicationType.SERVLET, List.of(settings.split(" ")));

        assertThat(failure.getDescription()).isEqualTo(message);
        assertThat(failure.getAction()).isEqualTo("Set it in application.properties, or in the environment.");
    }

    static Stream<Arguments> handlers() {
        return Stream.of(
                arguments(
                        None.class,
                        "expected a method with @OpenLinesHandler or a bean of type Handlers, found none;"
                                + " set openlines.workers=0 if other processes handle the events"),
                arguments(
                        Both.class,
                        "expected a bean of type Handlers or methods with @OpenLinesHandler, found both: Both.closed"),
                arguments(
                        Twice.class,
                        "expected one method with @OpenLinesHandler for OnSessionFinish, found Twice.one and Twice.two"),
                arguments(
                        Asynchronous.class,
                        "@OpenLinesHandler Asynchronous.closed: expected no @Async, since the event is done when the"
                                + " method returns"),
                arguments(
                        Returning.class,
                        "@OpenLinesHandler Returning.closed: expected no return value, since the event is done when the"
                                + " method returns"),
                arguments(
                        NoEvent.class,
                        "@OpenLinesHandler NoEvent.closed: expected an event, and perhaps an EventContext, as"
                                + " parameters"),
                arguments(
                        CodeAndType.class,
                        "@OpenLinesHandler CodeAndType.closed: expected Event or UnknownEvent as the parameter, since it"
                                + " names a code"));
    }

    @ParameterizedTest
    @MethodSource("handlers")
    void aWrongHandlerIsNamed(Class<?> application, String message) {
        FailureAnalysis failure = failure(application, WebApplicationType.SERVLET, TRUSTED);

        assertThat(failure.getDescription()).isEqualTo(message);
        assertThat(failure.getAction())
                .isEqualTo("Change the methods with @OpenLinesHandler, or the bean of type Handlers.");
    }

    @ParameterizedTest
    @CsvSource({
        "OPENLINES_MEMBR_ID, Did you mean OPENLINES_MEMBER_ID?",
        "openlines_workrs, Did you mean OPENLINES_WORKERS?",
        "OPENLINES_APPLICATIONTOKN, Did you mean OPENLINES_APPLICATION_TOKEN?",
        "OPENLINES_KEEP_DONE_DAYS, Did you mean OPENLINES_KEEP_DONE?",
        "OPENLINES_FROBNICATE_THE_REGISTER, ''"
    })
    void anEnvironmentVariableThatSetsNothingIsNamedWithTheNearestOne(String name, String hint) {
        FailureAnalysis failure = inEnvironment(Map.of(name, "canary"));

        assertThat(failure).isNotNull();
        assertThat(failure.getDescription()).isEqualTo((name + " is not a setting. " + hint).strip());
        assertThat(failure.getAction())
                .isEqualTo("Correct the name of the environment variable, or remove it: the starter does not read it.");
    }

    @Test
    void everySpellingThatSpringReadsAndTheVariablesOfAContainerPlatformAreTaken() {
        assertThat(inEnvironment(Map.of(
                        "OPENLINES_WORKERS", "2",
                        "OPENLINES_KEEPDONE", "1d",
                        "OPENLINES_KEEP_DEAD", "1d",
                        "OPENLINES_OAUTHHOSTS_0_", "oauth.example",
                        "openlines_ordered", "true",
                        "OPENLINES_SERVICE_HOST", "10.0.0.1",
                        "OPENLINES_PORT", "tcp://10.0.0.1:80",
                        "OPENLINES_MEMBR_ID", " ")))
                .isNull();
    }

    @Test
    void aPropertyThatSetsNothingIsNamed() {
        List<String> settings = new ArrayList<>(TRUSTED);
        settings.add("openlines.inbox=" + folder.resolve("inbox.db"));
        settings.add("openlines.membr-id=m");
        assertThatThrownBy(() -> Apps.start(Closed.class, WebApplicationType.SERVLET, settings))
                .rootCause()
                .hasMessageContaining("openlines.membr-id");
    }

    /** Starts an application with these environment variables alone. Returns why it does not start, or null. */
    private @Nullable FailureAnalysis inEnvironment(Map<String, Object> variables) {
        StandardServletEnvironment environment = new StandardServletEnvironment();
        String name = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
        environment.getPropertySources().replace(name, new SystemEnvironmentPropertySource(name, variables));
        String[] arguments = Stream.concat(
                        Stream.of(
                                "server.port=0",
                                "spring.main.banner-mode=off",
                                "openlines.inbox=" + folder.resolve("inbox.db")),
                        TRUSTED.stream())
                .map(setting -> "--" + setting)
                .toArray(String[]::new);
        try (ConfigurableApplicationContext started = new SpringApplicationBuilder(Closed.class)
                .environment(environment)
                .registerShutdownHook(false)
                .run(arguments)) {
            assertThat(started.isRunning()).isTrue();
            return null;
        } catch (RuntimeException e) {
            FailureAnalysis failure = new WrongSettingAnalyzer().analyze(e);
            assertThat(failure).as(e.toString()).isNotNull();
            return failure;
        }
    }

    @Test
    void aDatabaseOfAnotherKindIsNamed() {
        List<String> settings = new ArrayList<>(TRUSTED);
        settings.add("openlines.inbox=datasource");
        FailureAnalysis failure = failure(OtherDatabase.class, WebApplicationType.SERVLET, settings);

        assertThat(failure.getDescription())
                .isEqualTo("openlines.inbox: expected a DataSource of PostgreSQL, found one of SQLite");
    }

    @Test
    void aReactiveApplicationIsTold() {
        FailureAnalysis failure = failure(Closed.class, WebApplicationType.REACTIVE, TRUSTED);

        assertThat(failure.getDescription())
                .isEqualTo(
                        "openlines.path: the endpoint needs a servlet container, found a reactive web application; use"
                                + " spring-boot-starter-webmvc, or receive in another process and set"
                                + " spring.main.web-application-type=none here");
    }

    @Test
    void aFileThatIsNoDatabaseIsNamed() throws Exception {
        Path file = folder.resolve("text.db");
        Files.writeString(file, "This is no database, although its name says so.".repeat(100));
        List<String> settings = new ArrayList<>(TRUSTED);
        settings.add("openlines.inbox=" + file);

        assertThat(failure(Closed.class, WebApplicationType.SERVLET, settings).getDescription())
                .startsWith("openlines.inbox: ")
                .contains("text.db");
    }

    private FailureAnalysis failure(Class<?> application, WebApplicationType type, List<String> more) {
        List<String> settings = new ArrayList<>(List.of("openlines.inbox=" + folder.resolve("inbox.db")));
        settings.addAll(more);
        try (ConfigurableApplicationContext started = Apps.start(application, type, settings)) {
            throw new AssertionError("started: " + started);
        } catch (RuntimeException e) {
            FailureAnalysis failure = new WrongSettingAnalyzer().analyze(e);
            assertThat(failure).as(e.toString()).isNotNull();
            return failure;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class None {}

    static class Closed extends None {

        @OpenLinesHandler
        void closed(OnSessionFinish finish) {
            assertThat(finish).isNotNull();
        }
    }

    static final class Both extends None {

        @OpenLinesHandler
        void closed(OnSessionFinish finish) {
            assertThat(finish).isNotNull();
        }

        @Bean
        Handlers handlers() {
            return Handlers.all((event, context) -> {});
        }
    }

    static final class Twice extends None {

        @OpenLinesHandler
        void one(OnSessionFinish finish) {
            assertThat(finish).isNotNull();
        }

        @OpenLinesHandler
        void two(OnSessionFinish finish) {
            assertThat(finish).isNotNull();
        }
    }

    static final class Asynchronous extends None {

        @Async
        @OpenLinesHandler
        void closed(OnSessionFinish finish) {
            assertThat(finish).isNotNull();
        }
    }

    static final class Returning extends None {

        @OpenLinesHandler
        boolean closed(OnSessionFinish finish) {
            return finish.chats().isEmpty();
        }
    }

    static final class NoEvent extends None {

        @OpenLinesHandler
        void closed(String text) {
            assertThat(text).isNotNull();
        }
    }

    static final class CodeAndType extends None {

        @OpenLinesHandler("ONCRMDEALUPDATE")
        void closed(OnSessionFinish finish) {
            assertThat(finish).isNotNull();
        }
    }

    static final class OtherDatabase extends Closed {

        @Bean
        DataSource database() {
            SQLiteDataSource database = new SQLiteDataSource();
            database.setUrl("jdbc:sqlite::memory:");
            return database;
        }
    }
}
