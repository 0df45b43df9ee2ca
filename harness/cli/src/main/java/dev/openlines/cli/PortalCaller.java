// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.openlines.cli.PortalOptions.PortalAccess;
import dev.openlines.cli.Probe.Call;
import dev.openlines.cli.Probe.Form;
import dev.openlines.cli.Probe.Right;
import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Calls one portal and returns its answers unchanged, also refusals. Follows no redirect. */
final class PortalCaller {

    /** The longest answer that is read. */
    private static final int LONGEST = 16 << 20;

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final PortalAccess access;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(20))
            .build();

    PortalCaller(PortalAccess access) {
        this.access = access;
    }

    /**
     * Calls once.
     *
     * @throws IOException if there is no answer, or if it is incomplete
     */
    PortalAnswer call(Call call) throws IOException, InterruptedException {
        HttpResponse<byte[]> response;
        CompletableFuture<HttpResponse<byte[]>> answer = http.sendAsync(request(call), PortalCaller::body);
        try {
            response = answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException broken ? broken : new IOException(e.getCause());
        } catch (TimeoutException e) {
            throw new HttpTimeoutException("no whole answer in time");
        } finally {
            answer.cancel(true);
        }
        Map<String, String> headers = new TreeMap<>();
        response.headers().map().forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
        return new PortalAnswer(response.statusCode(), headers, json(response.body()));
    }

    /** Drops a body whose declared length is too long. */
    private static HttpResponse.BodySubscriber<byte[]> body(HttpResponse.ResponseInfo info) {
        return info.headers().firstValueAsLong("content-length").orElse(0) > LONGEST
                ? HttpResponse.BodySubscribers.replacing(new byte[0])
                : HttpResponse.BodySubscribers.ofByteArray();
    }

    private static @Nullable JsonValue json(byte[] body) {
        try {
            return PhpJson.parse(body);
        } catch (JsonException e) {
            return null;
        }
    }

    private HttpRequest request(Call call) {
        String query = call.form() == Form.QUERY ? "?" + new String(EventBodies.form(call.parameters()), UTF_8) : "";
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base(call.right()) + call.path() + query))
                .timeout(PATIENCE);
        boolean inHeader = call.form() == Form.QUERY || call.form() == Form.BROKEN_JSON;
        if (call.right() == Right.WRONG_HEADER) {
            request.header("Authorization", "Bearer " + wrong());
        } else if (inHeader && !access.webhook() && call.right() == Right.GOOD) {
            request.header("Authorization", "Bearer " + access.secret().reveal());
        }
        JsonObject parameters = inHeader ? call.parameters() : authorized(call);
        switch (call.form()) {
            case QUERY -> request.GET();
            case FORM ->
                request.header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(EventBodies.form(parameters)));
            case JSON ->
                request.header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(parameters.toString()));
            case BROKEN_JSON ->
                request.header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{" + parameters));
        }
        return request.build();
    }

    private String base(Right right) {
        if (access.webhook() && right == Right.GOOD) {
            String address = access.secret().reveal();
            return address.endsWith("/") ? address : address + "/";
        }
        return access.webhook() && right == Right.WRONG
                ? access.rest() + "1/" + wrong() + "/"
                : access.rest().toString();
    }

    private JsonObject authorized(Call call) {
        if (access.webhook() || call.right() == Right.NONE) {
            return call.parameters();
        }
        return Json.createObjectBuilder(call.parameters())
                .add(
                        "auth",
                        call.right() == Right.WRONG ? wrong() : access.secret().reveal())
                .build();
    }

    /** Returns a token or a webhook's code that no portal has. */
    private static String wrong() {
        return "openlinescompare";
    }
}
