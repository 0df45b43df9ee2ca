// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import dev.openlines.parser.Envelope;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The calls that careless practice handlers make, and those of a correct one that asks about each chat. */
final class PracticePortal {

    private static final Pattern ERROR = Pattern.compile("\\w*LIMIT\\w*|expired_token|ACCESS_DENIED");

    private final @Nullable Sin sin;
    private final Consumer<String> log;
    private final HttpClient client = HttpClient.newHttpClient();
    private volatile String endpoint = "";
    private volatile @Nullable String asked;

    PracticePortal(@Nullable Sin sin, Consumer<String> log) {
        this.sin = sin;
        this.log = log;
    }

    /** Makes the handler ask that portal about each chat, before its effect. */
    void askAt(String address) {
        asked = address;
    }

    /** Does the work before an event is answered. */
    void event(Envelope envelope) throws InterruptedException {
        if (!(envelope.raw().get("auth") instanceof JsonObject auth)) {
            return;
        }
        endpoint = auth.getString("client_endpoint", "");
        String token = "auth=" + auth.getString("access_token", "");
        if (sin == Sin.FOLLOWS_ENDPOINT || sin == Sin.WAITS_FOR_PORTAL) {
            succeeds(endpoint + "app.info", token);
        } else if (sin == Sin.TOKEN_IN_ADDRESS) {
            succeeds(endpoint + "app.info?" + token, "");
        } else if (sin == Sin.REFRESHES_PER_EVENT && auth.containsKey("refresh_token")) {
            succeeds(
                    auth.getString("server_endpoint", "").replaceFirst("rest/$", "oauth/token/"),
                    "grant_type=refresh_token&refresh_token=" + auth.getString("refresh_token", ""));
        }
    }

    /** Returns whether the work on stored effects may go on. Asks the portal about them if the sin says so. */
    boolean lets(String effects) throws InterruptedException {
        String address = asked;
        if (address != null && sin == null) {
            return patiently(address + "rest/imopenlines.session.history.get", effects);
        }
        if (sin == Sin.GIVES_UP) {
            return succeeds(endpoint + "imopenlines.session.history.get", effects);
        }
        while (sin == Sin.TRIES_FOREVER && !succeeds(endpoint + "imopenlines.session.history.get", effects)) {
            Thread.sleep(50);
        }
        return true;
    }

    /**
     * Tries again with growing pauses, for half a minute. If the portal denies access, it does not, because that is
     * permanent.
     */
    private boolean patiently(String address, String effects) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        long pause = 100;
        String error = error(address, effects);
        while (!error.isEmpty() && !error.equals("ACCESS_DENIED") && System.nanoTime() < end) {
            Thread.sleep(pause);
            pause = Math.min(pause * 2, 1_000);
            error = error(address, effects);
        }
        return error.isEmpty();
    }

    private boolean succeeds(String address, String body) throws InterruptedException {
        return error(address, body).isEmpty();
    }

    /** Returns the error that prevents the work from going on, or empty if there is none. */
    private String error(String address, String body) throws InterruptedException {
        try {
            HttpRequest call = HttpRequest.newBuilder(URI.create(address))
                    .timeout(Duration.ofSeconds(15))
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            HttpResponse<String> answer = client.send(call, HttpResponse.BodyHandlers.ofString());
            // The portal may or may not have the method.
            Matcher error = ERROR.matcher(answer.body());
            return error.find() ? error.group() : "";
        } catch (IOException | IllegalArgumentException e) {
            log.accept("the portal cannot be asked");
            return "no answer";
        }
    }
}
