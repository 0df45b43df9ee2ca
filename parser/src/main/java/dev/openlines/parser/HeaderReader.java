// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.openlines.model.AppStatus;
import dev.openlines.model.EventAuth;
import dev.openlines.model.EventHeader;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.Scope;
import dev.openlines.model.Secret;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads the fields that every event has in addition to its payload. */
final class HeaderReader {

    // Frequent values are recognized by their bytes, so that no new object is made for them.
    private static final byte[] SESSION_FINISH = OnSessionFinish.CODE.getBytes(US_ASCII);
    private static final byte[] IMOPENLINES = Scope.IMOPENLINES.code().getBytes(US_ASCII);
    private static final List<Scope> ONLY_IMOPENLINES = List.of(Scope.IMOPENLINES);
    private static final Scope[] COMMON_SCOPES = {Scope.IMOPENLINES, Scope.IMCONNECTOR, Scope.IM, Scope.CRM};

    private final EventReader reader;
    private final Node root;

    HeaderReader(EventReader reader) {
        this.reader = reader;
        this.root = reader.root;
    }

    /** Returns the event's code in upper case, or empty if there is none. */
    private String code() {
        Node node = reader.field(root, Name.EVENT);
        if (node != null && node.isText(SESSION_FINISH)) {
            return OnSessionFinish.CODE;
        }
        String sent = reader.text(node);
        if (node == null || sent == null || sent.isEmpty()) {
            reader.noteAt(root, Name.EVENT, "no event named");
            return "";
        }
        String code = sent.toUpperCase(Locale.ROOT);
        if (!code.equals(sent)) {
            reader.note(node, "an event code not in upper case");
        }
        return code;
    }

    EventHeader header() {
        String code = code();
        Node ts = reader.field(root, Name.TS);
        if (ts == null) {
            reader.noteAt(root, Name.TS, "missing");
        }
        return new EventHeader(code, handlerId(), reader.second(ts), auth());
    }

    @Nullable
    Long handlerId() {
        Node node = reader.field(root, Name.EVENT_HANDLER_ID);
        if (node == null) {
            node = reader.field(root, Name.EVENT_ID_DOCS);
            if (node == null) {
                node = reader.field(root, Name.EVENT_ID);
            }
            if (node == null) {
                return null;
            }
            reader.note(node, "in place of event_handler_id");
        }
        long value = reader.leniently(node, Long.MAX_VALUE, "an integer");
        return value < 0 ? null : value;
    }

    private EventAuth auth() {
        Node auth = reader.block(root, Name.AUTH);
        if (auth == null) {
            Node node = reader.field(root, Name.AUTH);
            if (node == null || node.isArray()) {
                reader.noteAt(root, Name.AUTH, "missing");
            }
            return EventAuth.none();
        }
        Node expiresIn = reader.field(auth, Name.EXPIRES_IN);
        long lifetime = expiresIn == null ? -1 : reader.leniently(expiresIn, Integer.MAX_VALUE, "seconds");
        Node user = reader.field(auth, Name.USER_ID);
        long userId = user == null ? -1 : reader.leniently(user, Long.MAX_VALUE, "an integer");
        return new EventAuth(
                token(auth, Name.ACCESS_TOKEN),
                reader.second(reader.field(auth, Name.EXPIRES)),
                lifetime < 0 ? null : Duration.ofSeconds(lifetime),
                scope(auth),
                reader.textLeniently(reader.field(auth, Name.DOMAIN)),
                endpoint(auth, Name.SERVER_ENDPOINT),
                status(auth),
                endpoint(auth, Name.CLIENT_ENDPOINT),
                reader.text(auth, Name.MEMBER_ID),
                userId < 0 ? null : userId,
                token(auth, Name.REFRESH_TOKEN),
                token(auth, Name.APPLICATION_TOKEN));
    }

    /** Returns a token as it was sent. White space around it, such as a line end, is noted: such a token is refused. */
    private @Nullable Secret token(Node auth, Name name) {
        Secret token = reader.secret(auth, name);
        if (token != null) {
            String text = token.reveal();
            if (!text.equals(text.strip())) {
                reader.noteAt(auth, name, "white space before or after the token");
            }
        }
        return token;
    }

    /** Returns an address. In one published example, addresses end in an HTML entity, whose meaning is not guessed. */
    private @Nullable String endpoint(Node auth, Name name) {
        String endpoint = reader.textLeniently(reader.field(auth, name));
        if (endpoint != null && endpoint.endsWith("&#39;")) {
            reader.noteAt(auth, name, "an address that ends in an HTML entity");
        }
        return endpoint;
    }

    private @Nullable AppStatus status(Node auth) {
        Node node = reader.field(auth, Name.STATUS);
        if (node != null && node.kind() == Node.TEXT && node.length() == 1) {
            switch (node.source()[node.start()]) {
                case 'L' -> {
                    return AppStatus.LOCAL;
                }
                case 'F' -> {
                    return AppStatus.FREE;
                }
                case 'P' -> {
                    return AppStatus.PAID;
                }
                default -> {
                    // The code is one of the rare ones, or a new one.
                }
            }
        }
        String code = reader.textLeniently(node);
        return code == null ? null : new AppStatus(code);
    }

    private List<Scope> scope(Node auth) {
        Node node = reader.field(auth, Name.SCOPE);
        if (node != null && node.isText(IMOPENLINES)) {
            return ONLY_IMOPENLINES;
        }
        String text = reader.textLeniently(node);
        if (text == null || text.isEmpty()) {
            return List.of();
        }
        List<Scope> scopes = new ArrayList<>(4);
        boolean spaced = false;
        int from = 0;
        for (int i = 0; i <= text.length(); i++) {
            char c = i == text.length() ? ',' : text.charAt(i);
            if (c == ',' || Character.isWhitespace(c)) {
                spaced |= c != ',';
                if (i > from) {
                    scopes.add(scope(text, from, i));
                }
                from = i + 1;
            }
        }
        if (spaced) {
            reader.noteAt(auth, Name.SCOPE, "scopes separated by spaces");
        }
        return scopes;
    }

    private static Scope scope(String text, int from, int to) {
        for (Scope common : COMMON_SCOPES) {
            String code = common.code();
            if (code.length() == to - from && text.startsWith(code, from)) {
                return common;
            }
        }
        return new Scope(text.substring(from, to));
    }
}
