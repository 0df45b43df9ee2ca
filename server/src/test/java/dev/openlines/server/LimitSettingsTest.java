// SPDX-License-Identifier: Apache-2.0
package dev.openlines.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.openlines.model.Event;
import dev.openlines.model.OnOpenLineMessageAdd;
import dev.openlines.parser.Limits;
import dev.openlines.receiver.Handlers;
import dev.openlines.testkit.Bodies;
import dev.openlines.testkit.RawHttp;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of the settings for the size and depth of a request. */
@Timeout(300)
class LimitSettingsTest {

    @TempDir
    Path directory;

    private final BlockingQueue<Event> handled = new LinkedBlockingQueue<>();

    @Test
    void eachLimitCanBeSetAndWhatIsNotSetStaysAsTheApplicationHasIt() {
        ReceiverServerBuilder builder = builder(Map.of()).limits(Limits.DEFAULT.withPairs(7));

        assertThat(builder.settings(Settings.of(Map.of())).limits).isEqualTo(Limits.DEFAULT.withPairs(7));
        assertThat(builder.settings(Settings.of(Map.of("OPENLINES_MAX_BODY_BYTES", "1000000"))).limits)
                .isEqualTo(Limits.DEFAULT.withPairs(7).withBodyBytes(1_000_000));
        assertThat(builder.settings(Settings.of(Map.of(
                                "OPENLINES_MAX_PAIRS", "1",
                                "OPENLINES_MAX_DEPTH", "2",
                                "OPENLINES_MAX_KEY_BYTES", "3",
                                "OPENLINES_MAX_VALUE_BYTES", "4",
                                "OPENLINES_MAX_BODY_BYTES", "5")))
                        .limits)
                .isEqualTo(new Limits(5, 1, 2, 3, 4));
    }

    @ParameterizedTest
    @CsvSource({
        "OPENLINES_MAX_BODY_BYTES, 0, 'a number from 1 to 67108864, found \"0\"'",
        "OPENLINES_MAX_BODY_BYTES, 67108865, 'a number from 1 to 67108864, found \"67108865\"'",
        "OPENLINES_MAX_VALUE_BYTES, 64k, 'a number from 1 to 67108864, found \"64k\"'",
        "OPENLINES_MAX_DEPTH, 65, 'a number from 1 to 64, found \"65\"'",
        "OPENLINES_MAX_PAIRS, 10000000000, 'a number from 1 to 67108864, found \"10000000000\"'"
    })
    void aWrongLimitStopsTheStartWithOneLineThatNamesIt(String name, String value, String message) {
        assertThatThrownBy(() -> Settings.of(Map.of(name, value)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(name + ": expected " + message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "я", "語", "😀"})
    void theLongestMessageThatThePlatformAllowsArrives(String character) throws Exception {
        String text = character.repeat(20_000);
        try (ReceiverServer server = builder(Map.of()).start()) {
            assertThat(post(server, text)).isEqualTo(200);

            assertThat(handled.poll(60, TimeUnit.SECONDS))
                    .isInstanceOfSatisfying(
                            OnOpenLineMessageAdd.class,
                            added -> assertThat(
                                            added.messages().get(0).content().text())
                                    .isEqualTo(text));
        }
    }

    @Test
    void aLowerLimitRefusesAndAHigherOneTakes() throws Exception {
        String text = "я".repeat(100_000);
        try (ReceiverServer server = builder(Map.of()).start()) {
            // Refused by its head: a client that still sends the body may not see the answer.
            assertThat(new RawHttp(server.url()).head("Content-Length: 600000"))
                    .as("over 512 KiB")
                    .startsWith("HTTP/1.1 413 ");
            assertThat(post(server, "я".repeat(70_000)))
                    .as("over 128 KiB decoded")
                    .isEqualTo(400);
        }
        try (ReceiverServer server = builder(
                        Map.of("OPENLINES_MAX_BODY_BYTES", "1000000", "OPENLINES_MAX_VALUE_BYTES", "200000"))
                .start()) {
            assertThat(post(server, text)).isEqualTo(200);
            assertThat(handled.poll(60, TimeUnit.SECONDS)).isInstanceOf(OnOpenLineMessageAdd.class);
        }
    }

    private ReceiverServerBuilder builder(Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(Map.of(
                "OPENLINES_HOST",
                "127.0.0.1",
                "OPENLINES_PATH",
                "/in",
                "OPENLINES_PORT",
                "0",
                "OPENLINES_MEMBER_ID",
                Bodies.MEMBER,
                "OPENLINES_APPLICATION_TOKEN",
                Bodies.TOKEN));
        settings.putAll(more);
        settings.put("OPENLINES_INBOX", directory.resolve("inbox.db").toString());
        return ReceiverServer.builder(Handlers.all((event, context) -> handled.add(event)))
                .settings(Settings.of(settings));
    }

    private static int post(ReceiverServer server, String text) throws Exception {
        String body = "event=ONOPENLINEMESSAGEADD&ts=1760000000&data[DATA][message][id]=5&data[DATA][message][text]="
                + URLEncoder.encode(text, StandardCharsets.UTF_8) + "&auth[member_id]=" + Bodies.MEMBER
                + "&auth[application_token]=" + Bodies.TOKEN;
        HttpRequest request = HttpRequest.newBuilder(server.url())
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }
}
