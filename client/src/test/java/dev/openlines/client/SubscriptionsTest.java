// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.model.Secret;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class SubscriptionsTest {

    private static final Subscription FINISH =
            Subscription.online("OnSessionFinish", URI.create("https://app.example/bitrix/events"));

    private final RestClient client =
            RestClient.builder().patience(Duration.ZERO).allowLoopback().build();

    @Test
    void bindsWithTheEventAndTheHandlerOnly() {
        try (FakePortal portal = FakePortal.answering("{\"result\":true}")) {
            on(portal).bind(FINISH);

            assertThat(portal.asked).singleElement().satisfies(asked -> {
                assertThat(asked.method()).isEqualTo("event.bind");
                assertThat(asked.json())
                        .hasToString("{\"EVENT\":\"ONSESSIONFINISH\",\"HANDLER\":\"https://app.example/bitrix/events\","
                                + "\"auth\":\"t0ken-1234\"}");
            });
        }
    }

    @Test
    void bindsForAUserAndToAQueueOfItsOwn() {
        try (FakePortal portal = FakePortal.answering("{\"result\":true}")) {
            on(portal).bind(FINISH.withAuthType(7));
            on(portal).bind(Subscription.offline("OnSessionFinish").withConnector("mine"));

            assertThat(portal.asked.get(0).json().getInt("AUTH_TYPE")).isEqualTo(7);
            assertThat(portal.asked.get(1).json())
                    .hasToString("{\"EVENT\":\"ONSESSIONFINISH\",\"EVENT_TYPE\":\"offline\","
                            + "\"auth_connector\":\"mine\",\"auth\":\"t0ken-1234\"}");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Unable to set event handler: Handler already binded",
                "Unable to set event handler: Process of binding the handler has already started"
            })
    void aSecondBindIsVisibleToBindAndSuccessToEnsure(String description) {
        try (FakePortal portal = new FakePortal(asked -> Answered.error(400, "ERROR_CORE", description))) {
            assertThatThrownBy(() -> on(portal).bind(FINISH))
                    .isExactlyInstanceOf(RestException.class)
                    .hasMessage("event.bind: HTTP 400 ERROR_CORE: " + description);
            assertThat(on(portal).ensure(FINISH)).isFalse();
        }
    }

    @Test
    void ensureBindsWhatIsNotBoundAndFailsAsBindDoes() {
        try (FakePortal portal = FakePortal.answering("{\"result\":true}")) {
            assertThat(on(portal).ensure(FINISH)).isTrue();

            portal.answer(asked -> Answered.error(400, "ERROR_CORE", "Unable to set event handler: disk full"));
            assertThatThrownBy(() -> on(portal).ensure(FINISH))
                    .hasMessage("event.bind: HTTP 400 ERROR_CORE: Unable to set event handler: disk full");
        }
    }

    @Test
    void aBindThatDoesNotSayTrueDidNotSucceed() {
        try (FakePortal portal = FakePortal.answering("{\"result\":false}")) {
            assertThatThrownBy(() -> on(portal).bind(FINISH))
                    .hasMessage("event.bind: expected true but found false at $.result");
            assertThatThrownBy(() -> on(portal).ensure(FINISH))
                    .hasMessage("event.bind: expected true but found false at $.result");
        }
    }

    @Test
    void unbindTellsHowManyEnded() {
        try (FakePortal portal = FakePortal.answering("{\"result\":{\"count\":1}}")) {
            assertThat(on(portal).unbind(FINISH)).isEqualTo(1);
            assertThat(portal.asked.get(0).method()).isEqualTo("event.unbind");
            assertThat(portal.asked.get(0).json())
                    .containsKeys("EVENT", "HANDLER")
                    .doesNotContainKey("AUTH_TYPE");

            portal.answer(asked -> Answered.ok("{\"result\":{\"count\":\"0\"}}"));
            assertThat(on(portal).unbind(FINISH)).isZero();

            portal.answer(asked -> Answered.ok("{\"result\":{\"count\":\"some\"}}"));
            assertThatThrownBy(() -> on(portal).unbind(FINISH))
                    .hasMessage("event.unbind: expected an integer but found text (4 characters) at $.result.count");
        }
    }

    @Test
    void getReadsOnlineAndOfflineRows() {
        try (FakePortal portal = FakePortal.answering(
                "{\"result\":[{\"event\":\"ONSESSIONFINISH\",\"handler\":\"https:\\/\\/app.example\\/bitrix\\/events\","
                        + "\"auth_type\":\"0\",\"offline\":0},"
                        + "{\"event\":\"ONAPPUPDATE\",\"handler\":\"not an address\",\"auth_type\":\"12\",\"offline\":0},"
                        + "{\"event\":\"ONSESSIONSTART\",\"connector_id\":\"mine\",\"offline\":1}]}")) {
            assertThat(on(portal).get())
                    .containsExactly(
                            FINISH,
                            new Subscription("ONAPPUPDATE", "not an address", 12, false, null, null),
                            Subscription.offline("ONSESSIONSTART").withConnector("mine"));
            assertThat(on(portal).get().get(1).handlerAddress()).isEmpty();
            assertThat(on(portal).get().get(0).handlerAddress())
                    .contains(URI.create("https://app.example/bitrix/events"));
        }
    }

    @Test
    void getSaysWhereARowCannotBeRead() {
        try (FakePortal portal =
                FakePortal.answering("{\"result\":[{\"event\":[],\"handler\":\"x\",\"offline\":0}]}")) {
            assertThatThrownBy(() -> on(portal).get())
                    .hasMessage("event.get: expected text but found a list of 0 at $.result[0].event");
        }
    }

    @Test
    void theAsynchronousFormsDoTheSame() throws Exception {
        try (FakePortal portal = FakePortal.answering("{\"result\":[]}")) {
            assertThat(on(portal).getAsync().get(30, TimeUnit.SECONDS)).isEmpty();

            portal.answer(asked -> Answered.error(400, "ERROR_CORE", "Handler already binded"));
            assertThat(on(portal).ensureAsync(FINISH).get(30, TimeUnit.SECONDS)).isFalse();
            assertThat(on(portal).bindAsync(FINISH))
                    .failsWithin(java.time.Duration.ofSeconds(30))
                    .withThrowableThat()
                    .withMessageContaining("event.bind: HTTP 400 ERROR_CORE: Handler already binded");
        }
    }

    @Test
    void aSubscriptionIsEitherOnlineWithAHandlerOrOfflineWithoutOne() {
        assertThatThrownBy(() -> new Subscription("ONSESSIONFINISH", null, 0, false, null, null))
                .hasMessage("expected a handler of a subscription but found none");
        assertThatThrownBy(() -> new Subscription("ONSESSIONFINISH", "https://x.example/", 0, true, null, null))
                .hasMessage("expected no handler of an offline subscription but found one");
        assertThatThrownBy(() -> new Subscription(" ", "https://x.example/", 0, false, null, null))
                .hasMessage("expected the code of an event but found blank text");
    }

    private Subscriptions on(FakePortal portal) {
        return client.portal(portal.rest(), Secret.of("t0ken-1234")).subscriptions();
    }
}
