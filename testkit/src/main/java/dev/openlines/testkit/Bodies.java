// SPDX-License-Identifier: Apache-2.0
package dev.openlines.testkit;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Request bodies as a portal sends them: names and values as they are, encoded as a form. */
public final class Bodies {

    public static final String MEMBER = "a223c6b3710f85df22e9377d6c4f7553";
    public static final String TOKEN = "51856fefc120afa4b628cc82d3935cce";
    public static final String ACCESS_TOKEN = "canary-access-7f3a5c4e6b";
    public static final String REFRESH_TOKEN = "canary-refresh-0d9e8f7a6b";

    private Bodies() {}

    /** Returns the event with some fields changed or added, given as names and values in turn. */
    public static String finish(long chat, String... namesAndValues) {
        Map<String, String> fields = finishFields(chat);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return form(fields);
    }

    public static String finishWithout(long chat, String field) {
        Map<String, String> fields = finishFields(chat);
        fields.remove(field);
        return form(fields);
    }

    public static String form(Map<String, String> fields) {
        return fields.entrySet().stream()
                .map(field -> encode(field.getKey()) + '=' + encode(field.getValue()))
                .collect(Collectors.joining("&"));
    }

    public static Map<String, String> finishFields(long chat) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("event", "ONSESSIONFINISH");
        fields.put("event_handler_id", "12");
        fields.put("data[DATA][connector][connector_id]", "livechat");
        fields.put("data[DATA][connector][line_id]", "1");
        fields.put("data[DATA][connector][chat_id]", Long.toString(chat));
        fields.put("data[DATA][connector][user_id]", "10");
        fields.put("data[DATA][chat][chat_id]", Long.toString(chat));
        fields.put("data[DATA][line][id]", "1");
        fields.put("data[DATA][line][name]", "Open channel");
        fields.put("ts", "1760000000");
        fields.put("auth[access_token]", ACCESS_TOKEN);
        fields.put("auth[refresh_token]", REFRESH_TOKEN);
        fields.put("auth[domain]", "portal.bitrix24.example");
        fields.put("auth[member_id]", MEMBER);
        fields.put("auth[application_token]", TOKEN);
        return fields;
    }

    /** Returns one event with several chats. */
    public static String chats(long... chats) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = 0; i < chats.length; i++) {
            String prefix = "data[DATA][" + i + "]";
            finishFields(chats[i]).forEach((name, value) -> fields.put(renamed(name, prefix), value));
        }
        return form(fields);
    }

    private static String renamed(String name, String prefix) {
        return name.startsWith("data[DATA]") ? prefix + name.substring("data[DATA]".length()) : name;
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
