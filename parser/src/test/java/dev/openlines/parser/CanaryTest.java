// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.model.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No message, path, note or string of ours repeats the contents of a body. */
class CanaryTest {

    private static final String CANARY = "Zq7Canary";

    private static final String[] FIELDS = {
        "event",
        "event_handler_id",
        "eventId",
        "ts",
        "data",
        "DATA",
        "data[DATA]",
        "data[data]",
        "data[DATA][0]",
        "data[DATA][connector]",
        "data[DATA][connector][chat_id]",
        "data[DATA][connector][line_id]",
        "data[DATA][connector][connector_id]",
        "data[DATA][chat][id]",
        "data[DATA][chat][chat_id]",
        "data[DATA][line]",
        "data[DATA][line][id]",
        "data[DATA][line][name]",
        "data[DATA][session][closed]",
        "data[DATA][session][id]",
        "data[DATA][user][id]",
        "data[DATA][user][name]",
        "data[VERSION]",
        "data[ACTIVE]",
        "data[CLEAN]",
        "data[QUERY]",
        "auth",
        "auth[member_id]",
        "auth[application_token]",
        "auth[access_token]",
        "auth[expires]",
        "auth[expires_in]",
        "auth[scope]",
        "auth[user_id]",
        "auth[server_endpoint]",
        CANARY,
        "data[" + CANARY + "]",
        "auth[" + CANARY + "][x]"
    };

    private static final String[] ENDS = {
        "", "", "", "[]", "[" + CANARY + "]", "[" + CANARY + "][chat_id]", "[0][" + CANARY + "]"
    };

    private static final String[] EVENTS = {
        "ONSESSIONFINISH",
        "ONSESSIONSTART",
        "ONIMCONNECTORDIALOGFINISH",
        "ONAPPINSTALL",
        "ONAPPUPDATE",
        "ONAPPUNINSTALL",
        "ONAPPTEST",
        CANARY
    };

    private static final Limits TIGHT =
            Limits.DEFAULT.withValueBytes(12).withDepth(4).withKeyBytes(40);

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("dev.openlines.parser.Seeds#ten")
    void noMessageRepeatsContent(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            StringBuilder body = new StringBuilder("event=").append(EVENTS[random.nextInt(EVENTS.length)]);
            for (int fields = random.nextInt(8); fields >= 0; fields--) {
                body.append('&')
                        .append(FIELDS[random.nextInt(FIELDS.length)])
                        .append(ENDS[random.nextInt(ENDS.length)])
                        .append('=')
                        .append(
                                random.nextInt(4) == 0
                                        ? Integer.toString(random.nextInt(9))
                                        : CANARY + random.nextInt(9999999));
            }
            byte[] form = body.toString().getBytes(ISO_8859_1);
            byte[] json = Envelope.parse(form, BodyFormat.FORM, Limits.DEFAULT)
                    .toJson()
                    .getBytes(UTF_8);
            byte[] cut = java.util.Arrays.copyOf(json, random.nextInt(json.length));
            List<String> said = new ArrayList<>();
            for (Limits limits : List.of(Limits.DEFAULT, TIGHT)) {
                said(form, BodyFormat.FORM, limits, said);
                said(json, BodyFormat.JSON, limits, said);
                said(cut, BodyFormat.JSON, limits, said);
            }
            assertThat(said)
                    .as("seed %s, body %s", seed, body)
                    .isNotEmpty()
                    .noneMatch(text -> text.contains(CANARY) || text.contains("7Can"));
        }
    }

    private static void said(byte[] body, BodyFormat format, Limits limits, List<String> said) {
        for (EventDecoder decoder : List.of(EventDecoder.lenient(), EventDecoder.strict())) {
            try {
                Decoded<Event> decoded = decoder.withLimits(limits).decode(body, format);
                decoded.notes().forEach(note -> said.add(note.toString()));
                said.add(decoded.dialect().label());
            } catch (DecodeException e) {
                said.add(e.toString());
                said.add(e.path() + e.expected() + e.problems());
            }
        }
        try {
            Envelope envelope = Envelope.parse(body, format, limits);
            said.add(envelope.toString());
            envelope.event();
            envelope.memberId();
            envelope.applicationToken();
        } catch (DecodeException e) {
            said.add(e.toString());
        }
    }

    @Test
    void unknownNamesShowAsStars() {
        byte[] body = "event=ONX&ts=1&auth[domain]=d&secret[pass][DATA][7][12345]=1&secret[pass][DATA][7][12345]=2"
                .getBytes(UTF_8);
        assertThat(EventDecoder.lenient().decode(body, BodyFormat.FORM).notes())
                .containsExactly(new Note("$.*.*.DATA[7].*", "sent more than once, the last value counts"));
    }
}
