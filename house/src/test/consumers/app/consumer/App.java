// SPDX-License-Identifier: Apache-2.0
package consumer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.openlines.client.PortalClient;
import dev.openlines.model.Event;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.EventJson;
import dev.openlines.receiver.Receiver;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;

/** Uses what an application uses: decodes a body, writes it through JSON-B, sees the client. */
public final class App {

    private App() {}

    public static void main(String[] args) throws Exception {
        String body = "event=ONSESSIONFINISH&data[DATA][connector][connector_id]=livechat"
                + "&data[DATA][connector][line_id]=7&data[DATA][connector][chat_id]=11"
                + "&data[DATA][connector][user_id]=3&data[DATA][chat][chat_id]=11"
                + "&ts=1700000000&auth[member_id]=m&auth[application_token]=t";
        Event event = EventDecoder.lenient()
                .decode(body.getBytes(UTF_8), BodyFormat.FORM)
                .event();
        if (event instanceof OnSessionFinish finish) {
            System.out.println("closed chat=" + finish.chats().get(0).chatId());
        }
        Jsonb jsonb = JsonbBuilder.create(EventJson.config());
        System.out.println("same=" + event.equals(jsonb.fromJson(jsonb.toJson(event), Event.class)));
        jsonb.close();
        System.out.println("modules=" + name(Event.class) + "," + name(EventDecoder.class) + "," + name(PortalClient.class)
                + "," + name(Receiver.class));
    }

    private static String name(Class<?> type) {
        return String.valueOf(type.getModule().getName());
    }
}
