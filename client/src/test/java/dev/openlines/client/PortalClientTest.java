// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.openlines.client.FakePortal.Answered;
import dev.openlines.model.Secret;
import jakarta.json.JsonValue;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
class PortalClientTest {

    /** A limit of what never comes. */
    private static final Duration TOO_SHORT = Duration.ofMillis(500);

    private static final Secret TOKEN = Secret.of("canary-access-token-0123456789");

    private final RestClient client =
            RestClient.builder().patience(Duration.ZERO).allowLoopback().build();

    @Test
    void sendsParametersAndTokenInTheBodyAndReadsTheResult() {
        try (FakePortal portal = FakePortal.answering("{\"result\":{\"ID\":\"1\"},\"time\":{\"operating\":0}}")) {
            Map<String, Object> params = new LinkedHashMap<>();
            params.put("TEXT", "a&b=\u00e9");
            params.put("LIMIT", 50);
            params.put("NOTHING", null);
            params.put("IDS", List.of(1, 2));

            RestReply reply = client.portal(portal.rest(), TOKEN).call("profile", params);

            assertThat(reply.object().getString("ID")).isEqualTo("1");
            assertThat(reply.raw()).containsKey("time");
            assertThat(reply).hasToString("profile: an object of 1");
            assertThat(portal.asked).singleElement().satisfies(asked -> {
                assertThat(asked.path()).isEqualTo("/rest/profile");
                assertThat(asked.query()).isNull();
                assertThat(asked.headers().getFirst("Content-Type")).isEqualTo("application/json");
                assertThat(asked.json())
                        .hasToString("{\"TEXT\":\"a&b=\u00e9\",\"LIMIT\":50,\"NOTHING\":null,\"IDS\":[1,2],"
                                + "\"auth\":\"canary-access-token-0123456789\"}");
            });
        }
    }

    @Test
    void aParameterCannotReplaceTheToken() {
        try (FakePortal portal = FakePortal.answering("{\"result\":true}")) {
            client.portal(portal.rest(), TOKEN).call("profile", Map.of("auth", "another"));

            assertThat(portal.asked.get(0).json().getString("auth")).isEqualTo(TOKEN.reveal());
        }
    }

    @Test
    void theAsynchronousFormGivesTheSameReply() throws Exception {
        try (FakePortal portal = FakePortal.answering("{\"result\":[1,2],\"next\":50,\"total\":77}")) {
            RestReply reply = client.portal(portal.rest(), TOKEN)
                    .callAsync("some.list", Map.of())
                    .get(30, TimeUnit.SECONDS);

            assertThat(reply.array()).hasSize(2);
            assertThat(reply.next()).contains(50L);
            assertThat(reply.total()).contains(77L);
        }
    }

    @Test
    void anEmptyListStandsForAnEmptyObjectAndMissingResultForNull() {
        try (FakePortal portal = FakePortal.answering("{\"result\":[]}")) {
            PortalClient calls = client.portal(portal.rest(), TOKEN);
            assertThat(calls.call("profile", Map.of()).object()).isEmpty();

            portal.answer(asked -> Answered.ok("{}"));
            RestReply reply = calls.call("profile", Map.of());
            assertThat(reply.result()).isEqualTo(JsonValue.NULL);
            assertThatThrownBy(reply::object)
                    .isInstanceOf(UnexpectedReplyException.class)
                    .hasMessage("profile: expected an object but found nothing at $.result");
        }
    }

    /** A type that a caller may bind a result to. */
    public record Bound(String name, long id, List<String> tags) {}

    @Test
    void aResultBindsToTheCallersOwnType() {
        try (FakePortal portal =
                FakePortal.answering("{\"result\":{\"name\":\"n\",\"id\":\"7\",\"tags\":[\"a\"],\"x\":{}}}")) {
            assertThat(client.portal(portal.rest(), TOKEN)
                            .call("a.get", Map.of())
                            .as(Bound.class))
                    .isEqualTo(new Bound("n", 7, List.of("a")));
            portal.answer(asked -> Answered.ok("{\"result\":[]}"));
            assertThat(client.portal(portal.rest(), TOKEN)
                            .call("a.get", Map.of())
                            .as(Bound.class))
                    .isEqualTo(new Bound(null, 0, null));
            assertThat(client.portal(portal.rest(), TOKEN)
                            .call("a.list", Map.of())
                            .as(Bound[].class))
                    .isEmpty();
            portal.answer(asked -> Answered.ok("{\"result\":[{\"id\":1},{\"id\":2}]}"));
            assertThat(client.portal(portal.rest(), TOKEN)
                            .call("a.list", Map.of())
                            .as(Bound[].class))
                    .extracting(Bound::id)
                    .containsExactly(1L, 2L);
            portal.answer(asked -> Answered.ok("{\"result\":{\"id\":\"canary\"}}"));
            assertThatThrownBy(() -> client.portal(portal.rest(), TOKEN)
                            .call("a.get", Map.of())
                            .as(Bound.class))
                    .isInstanceOf(UnexpectedReplyException.class)
                    .hasNoCause()
                    .hasMessage("a.get: expected Bound but found an object of 1 at $.result");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "401, NO_AUTH_FOUND, Wrong authorization data",
        "403, insufficient_scope, The request requires higher privileges",
        "401, INSUFFICIENT_SCOPE, The request requires higher privileges",
        "400, ERROR_EVENT_NOT_FOUND, Event not found",
        "200, WRONG_ENCODING, Wrong request encoding",
        "403, PORTAL_DELETED, Portal was deleted",
        "500, PORTAL_DELETED, Portal was deleted",
        "500, ERROR_CORE, SQL query error!"
    })
    void anErrorIsClassifiedByItsCodeWhateverItsStatus(int status, String code, String description) {
        try (FakePortal portal = new FakePortal(asked -> Answered.error(status, code, description))) {
            RestException failure = failure(portal);

            assertThat(failure).isExactlyInstanceOf(RestException.class);
            assertThat(failure.method()).isEqualTo("event.bind");
            assertThat(failure.status()).isEqualTo(status);
            assertThat(failure.is(new ErrorCode(code))).isTrue();
            assertThat(failure.code()).contains(new ErrorCode(code));
            assertThat(failure.description()).isEqualTo(description);
            assertThat(failure.requestId()).isEmpty();
            assertThat(failure)
                    .hasMessage("event.bind: HTTP " + status + " " + code.toUpperCase(java.util.Locale.ROOT) + ": "
                            + description);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "503, QUERY_LIMIT_EXCEEDED, 1, false",
        "200, query_limit_exceeded, 1, false",
        "429, OPERATION_TIME_LIMIT, 60, false",
        "401, OVERLOAD_LIMIT, 60, false",
        "503, OVERLOAD_LIMIT, 60, false",
        "401, CONNECTION_ERROR, 2, false",
        "500, INTERNAL_SERVER_ERROR, 2, true"
    })
    void anErrorThatPassesSaysAfterHowLong(int status, String code, int seconds, boolean mayHaveRun) {
        try (FakePortal portal = new FakePortal(asked -> Answered.error(status, code, "later"))) {
            RestException failure = failure(portal);

            assertThat(failure).isInstanceOfSatisfying(RetriableRestException.class, retriable -> {
                assertThat(retriable.retryAfter()).isEqualTo(Duration.ofSeconds(seconds));
                assertThat(retriable.mayHaveRun()).isEqualTo(mayHaveRun);
            });
        }
    }

    @Test
    void theAnswersOwnRetryAfterWinsWithinReason() {
        for (String asked : List.of("7", "999999")) {
            try (FakePortal portal = new FakePortal(
                    call -> Answered.error(503, "QUERY_LIMIT_EXCEEDED", "later").with("Retry-After", asked))) {
                assertThat(((RetriableRestException) failure(portal)).retryAfter())
                        .isEqualTo(asked.equals("7") ? Duration.ofSeconds(7) : Duration.ofMinutes(15));
            }
        }
    }

    @Test
    void withoutACodeTheStatusDecides() {
        try (FakePortal portal = new FakePortal(asked ->
                new Answered(502, Map.of("Content-Type", "text/HTML; charset=utf-8"), "<html>Bad gateway</html>"))) {
            assertThat(failure(portal))
                    .isInstanceOf(RetriableRestException.class)
                    .hasMessage("event.bind: HTTP 502 without an error code (text/html, 24 bytes; JSON expected)");

            portal.answer(asked -> new Answered(404, Map.of(), ""));
            assertThat(failure(portal))
                    .isExactlyInstanceOf(RestException.class)
                    .hasMessage("event.bind: HTTP 404 without an error code");
        }
    }

    @Test
    void anErrorNamesItsArgumentAndItsRequest() {
        try (FakePortal portal = new FakePortal(asked -> new Answered(
                400,
                Map.of("X-Request-Id", "r-17"),
                "{\"error\":\"ERROR_ARGUMENT\",\"error_description\":\"Argument 'HANDLER' is null or empty\","
                        + "\"argument\":\"HANDLER\"}"))) {
            RestException failure = failure(portal);

            assertThat(failure.argument()).contains("HANDLER");
            assertThat(failure.requestId()).contains("r-17");
            assertThat(failure)
                    .hasMessage("event.bind: HTTP 400 ERROR_ARGUMENT: Argument 'HANDLER' is null or empty"
                            + " (argument HANDLER) (request r-17)");
        }
    }

    @Test
    void anErrorObjectOfTheNewerApiIsReadToo() {
        try (FakePortal portal = new FakePortal(
                asked -> new Answered(400, Map.of(), "{\"error\":{\"code\":\"BITRIX_REST\",\"message\":\"No\"}}"))) {
            assertThat(failure(portal)).hasMessage("event.bind: HTTP 400 BITRIX_REST: No");
        }
    }

    @Test
    void anErrorThatRepeatsTheTokenShowsItNowhere() {
        try (FakePortal portal = new FakePortal(
                asked -> Answered.error(400, TOKEN.reveal(), "x".repeat(280) + TOKEN.reveal() + "\nsecond line"))) {
            RestException failure = failure(portal);

            assertThat(failure).hasMessage("event.bind: HTTP 400 ***: " + "x".repeat(280) + "*** second line");
            assertThat(failure.description()).doesNotContain("canary");
            assertThat(failure.code()).contains(new ErrorCode("***"));
        }
    }

    @Test
    void anErrorDoesNotSteerATerminal() {
        try (FakePortal portal = new FakePortal(
                asked -> Answered.error(400, "X\u200bY", "a\u202eb\u2066c\u2028d\u009be\u007ff\udb40\udc41g"))) {
            assertThat(failure(portal)).hasMessage("event.bind: HTTP 400 X Y: a b c d e f g");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            text/html; charset=utf-8   | <html>1</html> | HTTP 200 text/html, 14 bytes
            application/json           | ''             | HTTP 200 application/json, 0 bytes
            text/<b>canary</b>         | {              | HTTP 200 of no known type, 1 byte
            """)
    void aSuccessThatIsNoJsonIsNoAnswerOfThePlatform(String type, String body, String said) {
        try (FakePortal portal = new FakePortal(asked -> new Answered(200, Map.of("Content-Type", type), body))) {
            assertThatThrownBy(() -> client.portal(portal.rest(), TOKEN).call("profile", Map.of()))
                    .isInstanceOf(NoAnswerException.class)
                    .hasMessage("profile: no answer: " + said + "; JSON expected (the call may have run)");
        }
    }

    @Test
    void aSuccessThatIsNoJsonObjectIsUnexpected() {
        try (FakePortal portal = FakePortal.answering("[1]")) {
            assertThatThrownBy(() -> client.portal(portal.rest(), TOKEN).call("profile", Map.of()))
                    .isInstanceOf(UnexpectedReplyException.class)
                    .hasMessage("profile: expected a JSON object but found a list of 1 at $");
        }
    }

    @Test
    void aByteOrderMarkBeforeAnAnswerIsNoPartOfIt() {
        try (FakePortal portal = FakePortal.answering("\uFEFF{\"result\":7}")) {
            assertThat(client.portal(portal.rest(), TOKEN)
                            .call("profile", Map.of())
                            .fields()
                            .integer())
                    .isEqualTo(7);
            portal.answer(asked -> new Answered(400, Map.of(), "\uFEFF{\"error\":\"ERROR_CORE\"}"));
            assertThat(failure(portal)).hasMessage("event.bind: HTTP 400 ERROR_CORE");
        }
    }

    @Test
    void aRedirectIsNotFollowed() {
        try (FakePortal elsewhere = FakePortal.answering("{\"result\":true}");
                FakePortal portal = new FakePortal(asked ->
                        new Answered(302, Map.of("Location", elsewhere.rest().toString()), ""))) {
            assertThat(failure(portal)).hasMessage("event.bind: HTTP 302 without an error code");
            assertThat(elsewhere.asked).isEmpty();
        }
    }

    @Test
    void aCallToAClosedPortDidNotRun() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        PortalClient portal = client.portal(URI.create("http://127.0.0.1:" + port + "/rest/"), TOKEN);

        assertThatThrownBy(() -> portal.call("profile", Map.of()))
                .isInstanceOfSatisfying(
                        NoAnswerException.class,
                        failure -> assertThat(failure.mayHaveRun()).isFalse())
                .hasMessage("profile: no answer: no connection (the call did not run)");
    }

    @Test
    void anAnswerThatNeverComesEndsInTime() {
        CountDownLatch tested = new CountDownLatch(1);
        RestClient hasty = RestClient.builder()
                .patience(Duration.ZERO)
                .allowLoopback()
                .callTimeout(TOO_SHORT)
                .build();
        try (FakePortal portal = new FakePortal(asked -> {
            awaitQuietly(tested);
            return Answered.ok("{}");
        })) {
            assertThatThrownBy(() -> hasty.portal(portal.rest(), TOKEN).call("profile", Map.of()))
                    .isInstanceOfSatisfying(
                            NoAnswerException.class,
                            failure -> assertThat(failure.mayHaveRun()).isTrue())
                    .hasMessage("profile: no answer: the time was up (the call may have run)");
        } finally {
            tested.countDown();
        }
    }

    @Test
    void aBodyThatStopsHalfwayEndsInTime() throws Exception {
        RestClient hasty = RestClient.builder()
                .patience(Duration.ZERO)
                .allowLoopback()
                .callTimeout(TOO_SHORT)
                .build();
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Integer> closed = CompletableFuture.supplyAsync(() -> {
                try (var connection = socket.accept()) {
                    connection
                            .getOutputStream()
                            .write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"
                                    .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                    connection.getOutputStream().flush();
                    int read = 0;
                    while (read >= 0) {
                        read = connection.getInputStream().read(new byte[1000]);
                    }
                    return read;
                } catch (java.io.IOException e) {
                    return -1;
                }
            });
            PortalClient portal =
                    hasty.portal(URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/rest/"), TOKEN);

            assertThatThrownBy(() -> portal.call("profile", Map.of()))
                    .hasMessage("profile: no answer: the time was up (the call may have run)");
            assertThat(closed.get(30, TimeUnit.SECONDS)).isEqualTo(-1);
        }
    }

    @Test
    void aReplyOverTheLimitIsBrokenOff() {
        RestClient small = RestClient.builder()
                .patience(Duration.ZERO)
                .allowLoopback()
                .replyLimit(1000)
                .build();
        try (FakePortal portal = FakePortal.answering("{\"result\":\"" + "x".repeat(988) + "\"}")) {
            assertThatThrownBy(() -> small.portal(portal.rest(), TOKEN).call("profile", Map.of()))
                    .hasMessage("profile: no answer: the connection broke (the call may have run)")
                    .hasRootCauseMessage("expected a reply of at most 1000 bytes");

            portal.answer(asked -> Answered.ok("{\"result\":\"" + "x".repeat(987) + "\"}"));
            assertThat(small.portal(portal.rest(), TOKEN)
                            .call("profile", Map.of())
                            .fields()
                            .text())
                    .hasSize(987);
        }
    }

    @Test
    void cancellingBreaksTheExchangeOff() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<RestReply> pending = client.portal(
                            URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/rest/"), TOKEN)
                    .callAsync("profile", Map.of());
            try (var connection = socket.accept()) {
                byte[] buffer = new byte[4096];
                assertThat(connection.getInputStream().read(buffer)).isPositive();
                pending.cancel(true);
                int read = 0;
                while (read >= 0) {
                    read = connection.getInputStream().read(buffer);
                }
                assertThat(pending).isCancelled();
            }
        }
    }

    @Test
    void anInterruptBreaksTheCallOffAndStaysVisible() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            PortalClient portal =
                    client.portal(URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/rest/"), TOKEN);
            CompletableFuture<String> seen = new CompletableFuture<>();
            Thread caller = new Thread(() -> {
                try {
                    portal.call("profile", Map.of());
                    seen.complete("a reply");
                } catch (ClientException e) {
                    seen.complete(e.getMessage() + " " + Thread.currentThread().isInterrupted());
                }
            });
            caller.start();
            try (var connection = socket.accept()) {
                assertThat(connection.getInputStream().read()).isPositive();
                caller.interrupt();
                assertThat(seen.get(30, TimeUnit.SECONDS))
                        .isEqualTo("profile: no answer: the waiting thread was interrupted (the call may have run)"
                                + " true");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "event bind", "../oauth", "event.bind?auth=1", "event..bind", ".x", "x/y", "x%2e"})
    void aMethodNameCannotChangeTheAddress(String method) {
        assertThatThrownBy(() -> RestCall.of(method))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected a method such as event.bind but found " + method.length()
                        + " characters of another form");
    }

    @ParameterizedTest
    @CsvSource({
        "https://user:secret@p.example/rest/, expected https://HOST/rest/ but found user information before the host",
        "https://p.example/rest/?auth=secret, expected https://HOST/rest/ but found a query or fragment",
        "https://p.example/rest/#x, expected https://HOST/rest/ but found a query or fragment",
        "https://p.example/rest/1/secret/, expected https://HOST/rest/ but found another path",
        "https://p.example, expected https://HOST/rest/ but found another path",
        "http://p.example/rest/, 'expected https but found http, which is for loopback and must be allowed'",
        "http://127.0.0.1.example/rest/, 'expected https but found http, which is for loopback and must be allowed'",
        "ftp://p.example/rest/, expected https but found another scheme",
        "/rest/, expected https://HOST/rest/ but found no absolute address with a host"
    })
    void anAddressThatIsNotAPortalsIsRefused(URI address, String message) {
        assertThatThrownBy(() -> client.portal(address, TOKEN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void loopbackIsRefusedUnlessAllowed() {
        RestClient strict = RestClient.create();

        assertThatThrownBy(() -> strict.portal(URI.create("http://127.0.0.1:8080/rest/"), TOKEN))
                .hasMessage("expected https but found http, which is for loopback and must be allowed");
        assertThatThrownBy(() -> strict.portal(URI.create("https://localhost:1/rest/"), TOKEN)
                        .call("profile", Map.of()))
                .isInstanceOf(AddressRefusedException.class)
                .hasMessage("profile: address refused: the host resolves to a loopback address");
    }

    @Test
    void anHttpClientThatFollowsRedirectsOrWaitsForeverIsRefused() {
        HttpClient following = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
        assertThatThrownBy(() -> RestClient.builder().http(following))
                .hasMessage("expected an HTTP client that never follows redirects but found NORMAL");
        assertThatThrownBy(() -> RestClient.builder().http(HttpClient.newHttpClient()))
                .hasMessage("expected an HTTP client with a connect timeout but found none");
    }

    @Test
    void aFailedAsynchronousCallHoldsTheSameException() {
        try (FakePortal portal = new FakePortal(asked -> Answered.error(403, "ACCESS_DENIED", "no"))) {
            assertThatThrownBy(() -> client.portal(portal.rest(), TOKEN)
                            .callAsync("event.bind", Map.of())
                            .get(30, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isExactlyInstanceOf(RestException.class)
                    .hasMessage("event.bind: HTTP 403 ACCESS_DENIED: no");
        }
    }

    private RestException failure(FakePortal portal) {
        return catchThrowableOfType(
                RestException.class, () -> client.portal(portal.rest(), TOKEN).call("event.bind", Map.of()));
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
