// SPDX-License-Identifier: Apache-2.0
package dev.openlines.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.openlines.model.Event;
import dev.openlines.parser.BodyFormat;
import dev.openlines.parser.EventDecoder;
import dev.openlines.parser.EventJson;
import dev.openlines.parser.PhpForm;
import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Bodies as they come: all four dialects, ids and texts that differ, fields in the platform's order in
 * one half and shuffled in the other. The seed is fixed, so every run and every peer reads the same.
 */
final class Corpus {

    static final int SIZE = 64;

    final byte[][] forms = new byte[SIZE][];
    final byte[][] jsons = new byte[SIZE][];
    final Event[] events = new Event[SIZE];

    private final Random random = new Random(20261122);

    Corpus() {
        for (int i = 0; i < SIZE; i++) {
            byte[] form = PhpForm.encode(body(i % 4));
            forms[i] = i / 4 % 2 == 0 ? form : shuffled(form);
            events[i] = EventDecoder.lenient().decode(form, BodyFormat.FORM).event();
            jsons[i] = EventJson.toJson(events[i]).getBytes(UTF_8);
        }
    }

    private byte[] shuffled(byte[] form) {
        List<String> pairs = new ArrayList<>(Arrays.asList(new String(form, UTF_8).split("&")));
        Collections.shuffle(pairs, random);
        return String.join("&", pairs).getBytes(UTF_8);
    }

    private jakarta.json.JsonObject body(int dialect) {
        String line = String.valueOf(1 + random.nextInt(300));
        String chat = String.valueOf(1 + random.nextInt(2_000_000));
        String user = String.valueOf(random.nextInt(90_000));
        String connectorId = random.nextInt(3) == 0 ? "telegrambot" : "livechat";
        JsonObjectBuilder connector = Json.createObjectBuilder()
                .add("connector_id", connectorId)
                .add("line_id", line)
                .add("chat_id", chat)
                .add("user_id", user);
        JsonObjectBuilder element = Json.createObjectBuilder().add("connector", connector);
        String name = random.nextInt(4) == 0 ? "Поддержка & продажи" : "Open channel " + line;
        JsonObjectBuilder lineBlock = Json.createObjectBuilder().add("id", line).add("name", name);
        element.add("chat", Json.createObjectBuilder().add(dialect == 0 ? "chat_id" : "id", chat));
        switch (dialect) {
            case 0, 2 -> element.add("line", lineBlock);
            case 1 -> element.add("user", lineBlock);
            default ->
                element.add(
                                "session",
                                Json.createObjectBuilder()
                                        .add("id", "7" + chat)
                                        .add("closed", "Y")
                                        .add("parent_id", "0")
                                        .add("close_term", "1440"))
                        .add("user", Json.createObjectBuilder().add("id", user));
        }
        boolean list = dialect == 1 || dialect == 3;
        JsonObjectBuilder data = Json.createObjectBuilder();
        if (list) {
            data.add("DATA", Json.createArrayBuilder().add(element));
        } else {
            data.add("DATA", element);
        }
        JsonObjectBuilder body = Json.createObjectBuilder()
                .add("event", "ONSESSIONFINISH")
                .add(dialect == 0 ? "event_handler_id" : "eventId", String.valueOf(1 + random.nextInt(900)))
                .add("data", data)
                .add("ts", String.valueOf(1_790_000_000L + random.nextInt(1_000_000)));
        return body.add("auth", auth(dialect)).build();
    }

    private JsonObjectBuilder auth(int dialect) {
        String domain = "portal-" + random.nextInt(10_000) + ".bitrix24.com";
        JsonObjectBuilder auth = Json.createObjectBuilder()
                .add("access_token", hex(70))
                .add("expires", String.valueOf(1_790_003_600L + random.nextInt(1_000_000)))
                .add("expires_in", "3600")
                .add("scope", dialect == 0 ? "imopenlines,imconnector" : "imopenlines")
                .add("domain", domain)
                .add("server_endpoint", "https://oauth.bitrix.info/rest/")
                .add("status", dialect == 0 ? "L" : "F")
                .add("client_endpoint", "https://" + domain + "/rest/")
                .add("member_id", hex(32));
        if (dialect == 0) {
            auth.add("user_id", String.valueOf(1 + random.nextInt(500)));
        } else {
            auth.add("refresh_token", hex(70));
        }
        return auth.add("application_token", hex(32));
    }

    private String hex(int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(Character.forDigit(random.nextInt(16), 16));
        }
        return text.toString();
    }

    /** Returns one event with {@code n} chats in its list. */
    static byte[] chats(int n) {
        StringBuilder form = new StringBuilder("event=ONSESSIONFINISH&event_handler_id=12");
        for (int i = 0; i < n; i++) {
            String at = "&data%5BDATA%5D%5B" + i + "%5D";
            String connector = at + "%5Bconnector%5D%5B";
            form.append(connector).append("connector_id%5D=livechat");
            form.append(connector).append("line_id%5D=17");
            form.append(connector).append("chat_id%5D=").append(10_000 + i);
            form.append(connector).append("user_id%5D=").append(20_000 + i);
            form.append(at).append("%5Bchat%5D%5Bchat_id%5D=").append(10_000 + i);
            form.append(at).append("%5Bline%5D%5Bid%5D=17");
            form.append(at).append("%5Bline%5D%5Bname%5D=Open+channel");
        }
        form.append("&ts=1790000000&auth%5Bdomain%5D=p.bitrix24.com&auth%5Bmember_id%5D=")
                .append("a223c6b3710f85df22e9377d6c4f7553&auth%5Bapplication_token%5D=")
                .append("51856fefc120afa4b628cc82d3935cce");
        return form.toString().getBytes(UTF_8);
    }
}
