// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** A field's name on the wire, ready to be looked up in a {@link Tree}. */
final class Name {

    private static final Map<String, Name> ALL = new ConcurrentHashMap<>();

    static final Name EVENT = of("event");
    static final Name EVENT_HANDLER_ID = of("event_handler_id");
    static final Name EVENT_ID_DOCS = of("eventId");
    static final Name EVENT_ID = of("event_id");
    static final Name DATA_LOWER = of("data");
    static final Name DATA = of("DATA");
    static final Name TS = of("ts");
    static final Name AUTH = of("auth");

    static final Name ACCESS_TOKEN = of("access_token");
    static final Name REFRESH_TOKEN = of("refresh_token");
    static final Name APPLICATION_TOKEN = of("application_token");
    static final Name CLIENT_SECRET = of("client_secret");
    static final Name EXPIRES = of("expires");
    static final Name EXPIRES_IN = of("expires_in");
    static final Name SCOPE = of("scope");
    static final Name DOMAIN = of("domain");
    static final Name SERVER_ENDPOINT = of("server_endpoint");
    static final Name STATUS = of("status");
    static final Name CLIENT_ENDPOINT = of("client_endpoint");
    static final Name MEMBER_ID = of("member_id");

    static final Name CONNECTOR = of("connector");
    static final Name CONNECTOR_UPPER = of("CONNECTOR");
    static final Name LINE = of("line");
    static final Name LINE_UPPER = of("LINE");
    static final Name CHAT = of("chat");
    static final Name SESSION = of("session");
    static final Name USER = of("user");
    static final Name CONNECTOR_ID = of("connector_id");
    static final Name LINE_ID = of("line_id");
    static final Name CHAT_ID = of("chat_id");
    static final Name USER_ID = of("user_id");
    static final Name ID = of("id");
    static final Name NAME = of("name");
    static final Name CLOSED = of("closed");
    static final Name PARENT_ID = of("parent_id");
    static final Name CLOSE_TERM = of("close_term");

    static final Name IM = of("im");
    static final Name MESSAGE = of("message");
    static final Name MESSAGE_ID = of("message_id");
    static final Name DATE = of("date");
    static final Name TEXT = of("text");
    static final Name FILES = of("files");
    static final Name TYPE = of("type");
    static final Name MIME = of("mime");
    static final Name LINK = of("link");
    static final Name DOWNLOAD_LINK = of("downloadLink");
    static final Name SIZE = of("size");
    static final Name WIDTH = of("width");
    static final Name HEIGHT = of("height");
    static final Name ATTACHMENTS = of("attachments");
    static final Name ATTACH = of("attach");
    static final Name PARAMS = of("params");
    static final Name SYSTEM = of("system");
    static final Name REF = of("ref");
    static final Name EXTRA = of("extra");
    static final Name NO_SESSION = of("no_session");

    static final Name VERSION = of("VERSION");
    static final Name PREVIOUS_VERSION = of("PREVIOUS_VERSION");
    static final Name ACTIVE = of("ACTIVE");
    static final Name INSTALLED = of("INSTALLED");
    static final Name LANGUAGE_ID = of("LANGUAGE_ID");
    static final Name CLEAN = of("CLEAN");
    static final Name CODE = of("CODE");
    static final Name STATUS_UPPER = of("STATUS");
    static final Name PAYMENT_EXPIRED = of("PAYMENT_EXPIRED");
    static final Name DAYS = of("DAYS");
    static final Name TOKEN = of("TOKEN");
    static final Name METHOD = of("METHOD");
    static final Name CONFIRMED = of("CONFIRMED");
    static final Name QUERY = of("QUERY");

    final String text;
    final byte[] bytes;
    final int hash;

    private Name(String text) {
        this.text = text;
        this.bytes = text.getBytes(US_ASCII);
        this.hash = Bytes.hash(bytes, 0, bytes.length);
    }

    /** Makes a name. A row of {@link EventTypes} may have names that no other event has. */
    static Name of(String text) {
        Name name = new Name(text);
        ALL.put(text, name);
        return name;
    }

    /** Returns whether this is a field of an event. Only such names may be shown: any other text could be a secret. */
    static boolean isKnown(String text) {
        // This loads all rows before any name is shown. Otherwise one error could have different paths.
        return !EventTypes.all().isEmpty() && ALL.containsKey(text);
    }

    static Name named(String text) {
        return Objects.requireNonNull(ALL.get(text), "no such field");
    }

    @Override
    public String toString() {
        return text;
    }
}
