// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.openlines.client.RestClient;
import dev.openlines.client.Subscription;
import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.Decoded;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.EventJson;
import dev.openlines.portal.Delivery;
import dev.openlines.portal.Portal;
import dev.openlines.portal.SimulatedPortal;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The README's snippets, which {@code ReadmeTest} of {@code house} finds here. */
@SimulatedPortal
class ReadmeSnippetsTest {

    private static final byte[] BODY =
            "event=ONSESSIONFINISH&data[DATA][0][connector][chat_id]=17&data[DATA][0][chat][id]=17&auth[member_id]=m"
                    .getBytes(StandardCharsets.US_ASCII);

    private long archived;

    @Test
    void aBodyIsDecodedAndWhatWasToleratedIsSeen() {
        byte[] body = BODY;
        Decoded<Event> decoded = EventDecoder.lenient().decode(body, BodyFormat.FORM);
        if (decoded.event() instanceof OnSessionFinish finish) {
            finish.chats().forEach(chat -> archive(chat.chatId(), chat.lineName()));
        }
        decoded.notes().forEach(note -> System.out.println(note.path() + ": " + note.message()));

        assertThat(archived).isEqualTo(17);
        assertThat(decoded.notes()).extracting(note -> note.path()).contains("$.data.DATA", "$.ts");
    }

    @Test
    void anEventIsBoundByJsonb() {
        String json = EventJson.toJson(
                EventDecoder.lenient().decode(BODY, BodyFormat.FORM).event());
        Jsonb jsonb = JsonbBuilder.create(EventJson.config());
        OnSessionFinish closed = jsonb.fromJson(json, OnSessionFinish.class);

        assertThat(closed.chats().get(0).chatId()).isEqualTo(17);
        assertThat(jsonb.toJson(closed)).isEqualTo(json);
    }

    private void archive(long chat, String lineName) {
        assertThat(lineName).isNull();
        archived = chat;
    }

    @Test
    void aClosedChatReachesMyHandler(Portal portal) throws Exception {
        try (Answering mine = Answering.ok()) {
            URI handler = mine.uri();
            RestClient.builder()
                    .allowLoopback()
                    .build()
                    .portal(portal.restUri(), portal.accessToken())
                    .subscriptions()
                    .ensure(Subscription.online(OnSessionFinish.CODE, handler));

            Delivery delivery = portal.openLine("Support").openChat().close().get(0);

            assertThat(delivery.acknowledged()).isTrue();
        }
    }
}
