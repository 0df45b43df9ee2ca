// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.model.Secret;
import dev.openlines.parser.BodyFormat;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(300)
class RetryTest {

    /** A limit of what takes longer. */
    private static final Duration TOO_SHORT = Duration.ofSeconds(5);

    private static final Secret TOKEN = Secret.of("canary-access-token-0123456789");

    private static RestClient.Builder hasty() {
        return RestClient.builder().allowLoopback().haste(100).rate(1e6, 1000).patience(Duration.ofHours(1));
    }

    @ParameterizedTest
    @CsvSource({"event.bind, 500, INTERNAL_SERVER_ERROR", "crm.deal.add, 502, ''"})
    void aCallThatMayHaveRunIsNotSentAgain(String method, int status, String code) {
        try (FakePortal portal = new FakePortal(asked -> Answered.error(status, code, ""))) {
            assertThatThrownBy(
                            () -> hasty().build().portal(portal.rest(), TOKEN).call(method, Map.of()))
                    .isInstanceOf(RetriableRestException.class);
            assertThat(portal.asked).hasSize(1);
        }
    }

    @Test
    void aCallThatOnlyReadsIsSentAgainWhateverHappenedToIt() {
        AtomicInteger count = new AtomicInteger();
        try (FakePortal portal = new FakePortal(asked -> count.incrementAndGet() < 2
                ? new Answered(502, Map.of("Retry-After", "1"), "")
                : Answered.ok("{\"result\":1}"))) {
            PortalClient calls = hasty().build().portal(portal.rest(), TOKEN);

            assertThat(calls.call("profile", Map.of()).fields().integer()).isEqualTo(1);
            assertThat(portal.asked).hasSize(2);
            count.set(0);
            assertThat(calls.call(RestCall.of("crm.deal.add").idempotent())
                            .fields()
                            .integer())
                    .isEqualTo(1);
        }
    }

    /** Answers with a proxy's page, and then as the platform does. */
    @Test
    void aReadThatGotAPageInsteadOfJsonIsSentAgainAndAWriteIsNot() {
        AtomicInteger count = new AtomicInteger();
        try (FakePortal portal = new FakePortal(asked -> count.incrementAndGet() < 3
                ? new Answered(200, Map.of("Content-Type", "text/html"), "<html>one moment</html>")
                : Answered.ok("{\"result\":1}"))) {
            PortalClient calls = hasty().build().portal(portal.rest(), TOKEN);

            assertThat(calls.call("profile", Map.of()).fields().integer()).isEqualTo(1);
            assertThat(portal.asked).hasSize(3);

            count.set(0);
            portal.asked.clear();
            assertThatThrownBy(() -> calls.call("crm.deal.add", Map.of()))
                    .isInstanceOf(NoAnswerException.class)
                    .hasMessageContaining("HTTP 200 text/html, 23 bytes; JSON expected")
                    .satisfies(failure -> assertThat(((NoAnswerException) failure).mayHaveRun())
                            .isTrue());
            assertThat(portal.asked).hasSize(1);
        }
    }

    @Test
    void throttlingLosesNothing() throws Exception {
        AtomicInteger count = new AtomicInteger();
        try (FakePortal portal = new FakePortal(asked -> count.incrementAndGet() % 3 != 0
                ? Answered.error(503, "QUERY_LIMIT_EXCEEDED", "Too many requests")
                : Answered.ok("{\"result\":1}"))) {
            PortalClient calls = hasty().build().portal(portal.rest(), TOKEN);
            List<CompletableFuture<RestReply>> pending = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                pending.add(calls.callAsync("crm.deal.add", Map.of()));
            }
            for (CompletableFuture<RestReply> call : pending) {
                assertThat(call.get(50, TimeUnit.SECONDS).fields().integer()).isEqualTo(1);
            }
        }
    }

    /**
     * Repeats calls while the portal refuses all of them for 30 seconds of the clock that the client's pauses go by,
     * and then takes them at its own rate. No call is lost, none has its effect twice, and the portal is not hammered.
     */
    @Test
    void aPortalThatThrottlesForThirtySecondsLosesNothing() throws Exception {
        int calls = 100;
        Set<String> effects = ConcurrentHashMap.newKeySet();
        AtomicInteger doubled = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();
        AtomicLong openAt = new AtomicLong(Long.MAX_VALUE);
        RestClient[] clock = new RestClient[1];
        LeakyBucket portals = new LeakyBucket(2, 50, 0);
        try (FakePortal portal = new FakePortal(asked -> {
            long now = clock[0].now();
            openAt.compareAndSet(Long.MAX_VALUE, now + TimeUnit.SECONDS.toNanos(30));
            synchronized (portals) {
                if (now < openAt.get()) {
                    refused.incrementAndGet();
                    return Answered.error(503, "QUERY_LIMIT_EXCEEDED", "Too many requests");
                }
                if (portals.take(now) > 0) {
                    portals.giveBack(now);
                    refused.incrementAndGet();
                    return Answered.error(503, "QUERY_LIMIT_EXCEEDED", "Too many requests");
                }
            }
            if (!effects.add(asked.json().getString("TITLE"))) {
                doubled.incrementAndGet();
            }
            return Answered.ok("{\"result\":1}");
        })) {
            RestClient client = RestClient.builder()
                    .allowLoopback()
                    .haste(50)
                    .patience(Duration.ofMinutes(10))
                    .build();
            clock[0] = client;
            PortalClient on = client.portal(portal.rest(), TOKEN);
            List<CompletableFuture<RestReply>> pending = new ArrayList<>();
            for (int i = 0; i < calls; i++) {
                pending.add(on.callAsync("crm.deal.add", Map.of("TITLE", "deal " + i)));
            }
            for (CompletableFuture<RestReply> call : pending) {
                assertThat(call.get(50, TimeUnit.SECONDS).fields().integer()).isEqualTo(1);
            }

            assertThat(effects).hasSize(calls);
            assertThat(doubled).hasValue(0);
            assertThat(clock[0].now()).isGreaterThan(openAt.get());
            // Each refused call is made again. The number of them depends on the machine.
            assertThat(refused).hasValueGreaterThan(0);
            assertThat(portal.asked).hasSize(calls + refused.get()).hasSizeLessThan(5 * calls);
        }
    }

    @Test
    void aPortalThatSaysItIsFullIsAskedLater() {
        List<Long> asked = new ArrayList<>();
        RestClient client = RestClient.builder()
                .allowLoopback()
                .haste(20)
                .rate(0.5, 2)
                .patience(Duration.ofMinutes(10))
                .build();
        try (FakePortal portal = new FakePortal(request -> {
            asked.add(client.now());
            return asked.size() == 1
                    ? Answered.error(503, "QUERY_LIMIT_EXCEEDED", "Too many requests")
                    : Answered.ok("{\"result\":1}");
        })) {
            client.portal(portal.rest(), TOKEN).call("crm.deal.add", Map.of());

            // Our own bucket lets the second attempt leave after one second; a full one has room after two.
            assertThat(asked).hasSize(2);
            assertThat(asked.get(1) - asked.get(0)).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(1900));
        }
    }

    @Test
    void patienceEndsWithTheLastRefusal() {
        try (FakePortal portal =
                new FakePortal(asked -> Answered.error(429, "OPERATION_TIME_LIMIT", "Method is blocked"))) {
            assertThatThrownBy(() -> hasty().patience(TOO_SHORT)
                            .build()
                            .portal(portal.rest(), TOKEN)
                            .call("profile", Map.of()))
                    .isInstanceOfSatisfying(RetriableRestException.class, refusal -> {
                        assertThat(refusal.retryAfter()).isEqualTo(Duration.ofSeconds(60));
                        assertThat(refusal).hasMessage("profile: HTTP 429 OPERATION_TIME_LIMIT: Method is blocked");
                    });
        }
    }

    @Test
    void aRenamedPortalIsFollowedOnceToAnAllowedDomain() {
        try (FakePortal renamed = FakePortal.answering("{\"result\":7}");
                FakePortal portal = new FakePortal(asked -> new Answered(
                        302, Map.of("Location", renamed.address("/rest/profile").toString()), ""))) {
            RestClient client = hasty().portalDomains("127.0.0.1").build();

            RestReply reply = client.portal(portal.rest(), TOKEN).call("profile", Map.of("A", 1));

            assertThat(reply.fields().integer()).isEqualTo(7);
            assertThat(renamed.asked).singleElement().satisfies(asked -> {
                assertThat(asked.path()).isEqualTo("/rest/profile");
                assertThat(asked.json()).hasToString("{\"A\":1,\"auth\":\"" + TOKEN.reveal() + "\"}");
            });
        }
    }

    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:%d/rest/profile, bitrix24.com",
        "http://user@127.0.0.1:%d/rest/profile, 127.0.0.1",
        "http://evil-bitrix24.com:%d/rest/profile, bitrix24.com",
        "http://bitrix24.com.evil.example:%d/rest/profile, bitrix24.com",
        "http://localhost:%d/rest/profile, 127.0.0.1",
        "ftp://127.0.0.1:%d/rest/profile, 127.0.0.1",
        "::, 127.0.0.1"
    })
    void aRedirectElsewhereIsNotFollowed(String location, String allowed) {
        try (FakePortal elsewhere = FakePortal.answering("{\"result\":7}");
                FakePortal portal = new FakePortal(asked -> new Answered(
                        302,
                        Map.of("Location", location.formatted(elsewhere.rest().getPort())),
                        ""))) {
            RestClient client = hasty().portalDomains(allowed).build();

            assertThatThrownBy(() -> client.portal(portal.rest(), TOKEN).call("profile", Map.of()))
                    .hasMessage("profile: HTTP 302 without an error code");
            assertThat(elsewhere.asked).isEmpty();
        }
    }

    @Test
    void twoPortalsThatPointAtEachOtherEndInAnError() {
        FakePortal[] other = new FakePortal[1];
        try (FakePortal portal = new FakePortal(asked ->
                        new Answered(302, Map.of("Location", other[0].rest().toString()), ""));
                FakePortal back = new FakePortal(asked ->
                        new Answered(302, Map.of("Location", portal.rest().toString()), ""))) {
            other[0] = back;
            RestClient client = hasty().portalDomains("127.0.0.1").build();

            assertThatThrownBy(() -> client.portal(portal.rest(), TOKEN).call("profile", Map.of()))
                    .hasMessage("profile: HTTP 302 without an error code");
            assertThat(portal.asked).hasSize(1);
            assertThat(back.asked).hasSize(1);
        }
    }

    @Test
    void aFormIsWrittenAsPhpWritesIt() {
        try (FakePortal portal = FakePortal.answering("{\"result\":1}")) {
            RestClient client = hasty().format(BodyFormat.FORM).build();

            client.portal(portal.rest(), Secret.of("t&k")).call("some.add", Map.of("A", List.of(1, "x y")));

            assertThat(portal.asked.get(0).headers().getFirst("Content-Type"))
                    .isEqualTo("application/x-www-form-urlencoded");
            assertThat(portal.asked.get(0).body()).isEqualTo("A%5B0%5D=1&A%5B1%5D=x+y&auth=t%26k");
        }
    }

    @Test
    void aCallThatTheRateLimitDoesNotAllowInTimeFailsAtOnce() {
        try (FakePortal portal = FakePortal.answering("{\"result\":1}")) {
            RestClient client = RestClient.builder()
                    .allowLoopback()
                    .rate(0.001, 2)
                    .patience(TOO_SHORT)
                    .build();
            PortalClient calls = client.portal(portal.rest(), TOKEN);
            calls.call("profile", Map.of());
            calls.call("profile", Map.of());

            assertThatThrownBy(() -> calls.call("profile", Map.of()))
                    .hasMessage("profile: no answer: the portal's rate limit does not allow this call within PT5S"
                            + " (the call did not run)");
            assertThat(portal.asked).hasSize(2);
        }
    }

    @Test
    void theBucketLetsABurstThroughAndThenTheRate() {
        long second = TimeUnit.SECONDS.toNanos(1);
        LeakyBucket bucket = new LeakyBucket(2, 3, 0);
        assertThat(List.of(bucket.take(0), bucket.take(0), bucket.take(0))).containsOnly(0L);
        assertThat(bucket.take(0)).isEqualTo(second / 2);
        assertThat(bucket.take(0)).isEqualTo(second);
        bucket.giveBack(0);
        assertThat(bucket.take(second)).isZero();
        bucket.full(10 * second);
        assertThat(bucket.take(10 * second)).isEqualTo(second / 2);
        assertThat(bucket.idle(10 * second)).isFalse();
        assertThat(bucket.idle(12 * second)).isTrue();
    }

    @Test
    void aCallThatYieldsLeavesHalfOfTheBurstToOthers() {
        long second = TimeUnit.SECONDS.toNanos(1);
        LeakyBucket bucket = new LeakyBucket(2, 4, 0);
        assertThat(List.of(bucket.take(0, true), bucket.take(0, true))).containsOnly(0L);
        assertThat(bucket.take(0, true)).isEqualTo(second / 2);
        assertThat(bucket.take(0)).as("of another").isZero();
        bucket.full(second * 10);
        assertThat(bucket.take(10 * second, true)).as("after others").isEqualTo(second + second / 2);
        LeakyBucket small = new LeakyBucket(2, 1, 0);
        assertThat(small.take(0, true)).as("it gets on").isZero();
    }

    @Test
    void aPortalThatComesBackIsReached() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        CompletableFuture<RestReply> call = hasty().build()
                .portal(URI.create("http://127.0.0.1:" + port + "/rest/"), TOKEN)
                .callAsync("crm.deal.add", Map.of());
        try (ServerSocket socket = new ServerSocket(port, 10, InetAddress.getLoopbackAddress())) {
            try (var connection = socket.accept()) {
                int read = connection.getInputStream().read(new byte[4096]);
                assertThat(read).isPositive();
                connection
                        .getOutputStream()
                        .write("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"result\":1}"
                                .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                assertThat(call.get(30, TimeUnit.SECONDS).fields().integer()).isEqualTo(1);
            }
        }
    }
}
