// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import java.util.List;

/** The platform's events as form bodies, in wire order. */
final class Events {

    static final String LINE = "7";
    static final String CONNECTOR = "livechat";
    static final String LINE_NAME = "Support line";
    static final String VISITOR = "10";

    private Events() {}

    /** Returns the shape that the platform's source writes: every scalar a text, one object, no session. */
    static EventBody finish(Identity of, String chat, long ts, String accessToken) {
        EventBody body = new EventBody(chat)
                .add("event", "ONSESSIONFINISH")
                .add("event_handler_id", "12")
                .add("data[DATA][connector][connector_id]", CONNECTOR)
                .add("data[DATA][connector][line_id]", LINE)
                .add("data[DATA][connector][chat_id]", chat)
                .add("data[DATA][connector][user_id]", VISITOR)
                .add("data[DATA][chat][chat_id]", chat)
                .add("data[DATA][line][id]", LINE)
                .add("data[DATA][line][name]", LINE_NAME)
                .add("ts", Long.toString(ts));
        return auth(body, of, ts, accessToken, "");
    }

    /** Adds the auth block, with a refresh token only if there is one. */
    static EventBody auth(EventBody body, Identity of, long ts, String accessToken, String refresh) {
        if (!accessToken.isEmpty()) {
            body.add("auth[access_token]", accessToken)
                    .add("auth[expires]", Long.toString(ts + 3600))
                    .add("auth[expires_in]", "3600")
                    .add("auth[scope]", "imopenlines,imconnector,im,user_brief");
        }
        body.add("auth[domain]", of.domain()).add("auth[server_endpoint]", of.serverEndpoint());
        if (!accessToken.isEmpty()) {
            body.add("auth[status]", "L");
        }
        body.add("auth[client_endpoint]", of.clientEndpoint()).add("auth[member_id]", of.memberId());
        if (!accessToken.isEmpty()) {
            body.add("auth[user_id]", "1");
        }
        if (!refresh.isEmpty()) {
            body.add("auth[refresh_token]", refresh);
        }
        return body.add("auth[application_token]", of.proof().reveal());
    }

    /** Returns an event of the application's own life. Fields are key and value in turn. */
    static EventBody lifecycle(
            String event, Identity of, long ts, String accessToken, String refresh, String... fields) {
        EventBody body = new EventBody("").add("event", event);
        for (int i = 0; i < fields.length; i += 2) {
            body.add("data[" + fields[i] + "]", fields[i + 1]);
        }
        body.add("data[LANGUAGE_ID]", "en").add("ts", Long.toString(ts));
        return auth(body, of, ts, accessToken, refresh);
    }

    static EventBody install(Identity of, long ts, String accessToken, String refresh) {
        return lifecycle("ONAPPINSTALL", of, ts, accessToken, refresh, "VERSION", "1", "ACTIVE", "Y", "INSTALLED", "Y");
    }

    /** Returns the current documentation's shape: a list, a session, {@code chat.id}, {@code user.id}. */
    static EventBody documented(EventBody finish) {
        String chat = finish.chatId();
        return finish.without("data")
                .rename("event_handler_id", "eventId")
                .add("data[DATA][0][connector][connector_id]", CONNECTOR)
                .add("data[DATA][0][connector][line_id]", LINE)
                .add("data[DATA][0][connector][chat_id]", chat)
                .add("data[DATA][0][connector][user_id]", VISITOR)
                .add("data[DATA][0][session][id]", "1207")
                .add("data[DATA][0][session][closed]", "Y")
                .add("data[DATA][0][session][parent_id]", "0")
                .add("data[DATA][0][session][close_term]", "1440")
                .add("data[DATA][0][chat][id]", chat)
                .add("data[DATA][0][user][id]", VISITOR)
                .atEnd("ts")
                .atEnd("auth");
    }

    /** Returns the old documentation's example, which has the line under {@code user}. */
    static EventBody oldDocumented(EventBody finish, Identity of) {
        String chat = finish.chatId();
        return finish.without("data")
                .rename("event_handler_id", "eventId")
                .add("data[DATA][0][connector][connector_id]", CONNECTOR)
                .add("data[DATA][0][connector][line_id]", LINE)
                .add("data[DATA][0][connector][chat_id]", chat)
                .add("data[DATA][0][connector][user_id]", VISITOR)
                .add("data[DATA][0][chat][id]", chat)
                .add("data[DATA][0][user][id]", LINE)
                .add("data[DATA][0][user][name]", LINE_NAME)
                .atEnd("ts")
                .atEnd("auth")
                .set("auth[server_endpoint]", of.serverEndpoint() + "&#39;")
                .set("auth[client_endpoint]", of.clientEndpoint() + "&#39;");
    }

    /** Takes all access to the portal out of an event, as in one after a timer. */
    static EventBody withoutTokens(EventBody event) {
        List.of("access_token", "expires", "expires_in", "scope", "status", "user_id")
                .forEach(key -> event.without("auth[" + key + "]"));
        return event;
    }
}
