// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@SimulatedPortal
class LimitsTest {

    private final RestCaller caller = new RestCaller();

    @BeforeEach
    void itIsNoon(Portal portal) {
        portal.clock().freezeAt(Instant.parse("2026-11-22T12:00:00Z"));
    }

    @Test
    void theBucketHoldsSoManyAndLeaksByThePortalsClock(Portal portal) {
        portal.limits().leakyBucket(2, 3);

        assertThat(statuses(portal, 5)).containsExactly(200, 200, 200, 503, 503);
        assertThat(call(portal, "server.time", "").body())
                .isEqualTo("{\"error\":\"QUERY_LIMIT_EXCEEDED\",\"error_description\":\"Too many requests\"}");
        portal.clock().advance(Duration.ofSeconds(1));
        assertThat(statuses(portal, 3)).containsExactly(200, 200, 503);
        portal.limits().off();
        assertThat(statuses(portal, 9)).containsOnly(200);
    }

    @Test
    void aMethodUsesItsTimeUpAndGetsItBackAfterTenMinutes(Portal portal) {
        portal.limits().operatingTime(Duration.ofSeconds(10));
        portal.limits().cost("server.time", Duration.ofSeconds(6));

        HttpResponse<String> first = call(portal, "server.time", "");
        assertThat(first.body()).contains(",\"operating_reset_at\":1795349400,\"operating\":6.0}}");
        assertThat(statuses(portal, 2)).containsExactly(200, 429);
        assertThat(call(portal, "server.time", "").body())
                .isEqualTo("{\"error\":\"OPERATION_TIME_LIMIT\","
                        + "\"error_description\":\"Method is blocked due to operation time limit.\"}");
        assertThat(call(portal, "batch", "cmd[a]=server.time&cmd[b]=scope").body())
                .contains(
                        "\"result_error\":{\"a\":{\"error\":\"OPERATION_TIME_LIMIT\",",
                        "\"result\":{\"b\":[\"imopenlines\"");
        portal.clock().advance(Duration.ofMinutes(10));
        assertThat(statuses(portal, 1)).containsExactly(200);
    }

    @Test
    void aTenthOfASecondCountsNothing(Portal portal) {
        portal.limits().operatingTime(Duration.ZERO);
        portal.limits().cost("server.time", Duration.ofMillis(100));

        assertThat(statuses(portal, 5)).containsOnly(200);
    }

    @Test
    void withoutLimitsNothingIsSaidOfThem(Portal portal) {
        assertThat(call(portal, "server.time", "").body()).doesNotContain("operating");
        assertThatThrownBy(() -> portal.limits().leakyBucket(0, 1))
                .hasMessage("expected a leak of more than 0 and a bucket for 1 or more");
    }

    private List<Integer> statuses(Portal portal, int calls) {
        return IntStream.range(0, calls)
                .map(i -> call(portal, "server.time", "").statusCode())
                .boxed()
                .toList();
    }

    private HttpResponse<String> call(Portal portal, String method, String body) {
        return caller.post(
                portal.restUri().resolve(method),
                body + "&auth=" + portal.accessToken().reveal());
    }
}
