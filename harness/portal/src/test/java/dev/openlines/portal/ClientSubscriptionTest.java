// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.ErrorCode;
import dev.openlines.client.PortalClient;
import dev.openlines.client.RestClient;
import dev.openlines.client.RestException;
import dev.openlines.client.Subscriptions;
import dev.openlines.parser.BodyFormat;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The client's {@code event.bind}, {@code event.unbind} and {@code event.get} against a simulated portal. */
@SimulatedPortal
class ClientSubscriptionTest {

    private static final dev.openlines.client.Subscription FINISH =
            dev.openlines.client.Subscription.online("OnSessionFinish", URI.create("http://127.0.0.1:8080/bitrix"));

    @ParameterizedTest
    @EnumSource(BodyFormat.class)
    void bindGetAndUnbindWorkTogether(BodyFormat format, Portal portal) {
        Subscriptions subscriptions = RestClient.builder()
                .allowLoopback()
                .format(format)
                .build()
                .portal(portal.restUri(), portal.accessToken())
                .subscriptions();

        subscriptions.bind(FINISH);
        assertThat(subscriptions.get()).containsExactly(FINISH);
        assertThat(subscriptions.ensure(FINISH)).isFalse();
        assertThatThrownBy(() -> subscriptions.bind(FINISH))
                .isExactlyInstanceOf(RestException.class)
                .hasMessage("event.bind: HTTP 400 ERROR_CORE: Unable to set event handler: Handler already binded");
        assertThat(subscriptions.plan(List.of(FINISH)).settled()).isTrue();
        assertThat(subscriptions.unbind(FINISH)).isEqualTo(1);
        assertThat(subscriptions.unbind(FINISH)).isZero();
        assertThat(subscriptions.ensure(List.of(FINISH)).missing()).containsExactly(FINISH);
        assertThat(subscriptions.plan(List.of(FINISH)).settled()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ONSESSIONFINISH | http://localhost/h | ERROR_WRONG_HANDLER_URL    | Wrong handler URL
            ONSESSIONFINISH | ftp://a.test/h     | ERROR_UNSUPPORTED_PROTOCOL | Unsupported handler protocol
            ONNOSUCHTHING   | http://a.test/h    | ERROR_EVENT_NOT_FOUND      | Event not found
            """)
    void aRefusalHasItsCode(String event, URI handler, String code, String text, Portal portal) {
        assertThatThrownBy(() ->
                        client(portal).subscriptions().bind(dev.openlines.client.Subscription.online(event, handler)))
                .isInstanceOfSatisfying(RestException.class, refusal -> {
                    assertThat(refusal.code()).contains(new ErrorCode(code));
                    assertThat(refusal.status()).isEqualTo(400);
                })
                .hasMessage("event.bind: HTTP 400 " + code + ": " + text);
    }

    @Test
    void anExpiredTokenIsToldApartAndShownNowhere(Portal portal) {
        dev.openlines.model.Secret expired = portal.expiredAccessToken();
        PortalClient client = RestClient.builder()
                .allowLoopback()
                .patience(Duration.ZERO)
                .build()
                .portal(portal.restUri(), expired);

        assertThatThrownBy(() -> client.call("event.get", Map.of()))
                .isInstanceOfSatisfying(
                        RestException.class,
                        e -> assertThat(e.is(ErrorCode.EXPIRED_TOKEN)).isTrue())
                .hasMessageStartingWith("event.get: HTTP 401 EXPIRED_TOKEN")
                .hasMessageNotContaining(expired.reveal());
    }

    private static PortalClient client(Portal portal) {
        return RestClient.builder().allowLoopback().build().portal(portal.restUri(), portal.accessToken());
    }
}
