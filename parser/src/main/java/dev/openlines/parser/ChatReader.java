// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.openlines.model.ConnectorCode;
import dev.openlines.model.ConnectorDialog;
import dev.openlines.model.OpenLineChat;
import dev.openlines.model.OpenLineChat.Chat;
import dev.openlines.model.OpenLineChat.Connector;
import dev.openlines.model.OpenLineChat.Line;
import dev.openlines.model.OpenLineChat.Session;
import dev.openlines.model.OpenLineChat.User;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the contents of {@code data[DATA]}, in each published shape.
 *
 * <p>The platform sends one object with {@code chat[chat_id]} and {@code line}. The documentation has shown a list,
 * {@code chat[id]}, the line under the key {@code user}, and blocks {@code session} and {@code user}, which belong to
 * another event.
 */
final class ChatReader {

    private static final Session NO_SESSION = new Session(null, null, null, null);
    private static final byte[] LIVECHAT = ConnectorCode.LIVECHAT.code().getBytes(US_ASCII);
    private static final ConnectorDialog NO_DIALOG = new ConnectorDialog(null, null, null, null, null);

    private final EventReader reader;
    private boolean list;
    private boolean chatUnderId;
    private boolean lineUnderUser;
    private boolean session;

    ChatReader(EventReader reader) {
        this.reader = reader;
    }

    /** Recognizes the shape from the parts that were read so far. */
    Dialect dialect() {
        if (session) {
            return Dialect.DOCS_2026;
        }
        if (lineUnderUser || list && chatUnderId) {
            return Dialect.DOCS_2024;
        }
        return chatUnderId ? Dialect.DOCS_2024_TABLE : Dialect.PLATFORM;
    }

    /** Returns the chats; empty only after a strict reader found none it could read. */
    List<OpenLineChat> chats() {
        Node elements = elements(reader.requiredData(), "at least one chat");
        if (elements == null) {
            return List.of();
        }
        if (!isListed(elements)) {
            OpenLineChat chat = chat(elements);
            return chat == null ? List.of() : List.of(chat);
        }
        list = true;
        reader.note(elements, "a list, although the platform sends one object");
        List<OpenLineChat> chats = new ArrayList<>(elements.size());
        for (Node at : inOrder(elements)) {
            OpenLineChat chat = isBlock(at) ? chat(at) : null;
            if (chat != null) {
                chats.add(chat);
            }
        }
        return chats;
    }

    /** Returns the dialogs of a connector's event, whose list the platform does send. */
    List<ConnectorDialog> dialogs(@Nullable Node data) {
        Node elements = elements(data, "at least one chat");
        if (elements == null) {
            return List.of();
        }
        if (!isListed(elements)) {
            reader.note(elements, "one object, although the platform sends a list");
            return List.of(dialog(elements));
        }
        List<ConnectorDialog> dialogs = new ArrayList<>(elements.size());
        for (Node at : inOrder(elements)) {
            ConnectorDialog dialog = isBlock(at) ? dialog(at) : null;
            if (dialog != null) {
                dialogs.add(dialog);
            }
        }
        return dialogs;
    }

    /** Returns the {@code DATA} of a {@code data}, which must hold something, or null. */
    @Nullable
    Node elements(@Nullable Node data, String least) {
        if (data == null) {
            return null;
        }
        Node elements = reader.required(reader.field(data, Name.DATA, Name.DATA_LOWER), data, Name.DATA);
        if (elements != null && elements.size() == 0) {
            reader.mismatch(elements, least);
            return null;
        }
        return elements;
    }

    /**
     * Returns a block's elements. Numbered elements are in the order of their numbers, because senders may order fields
     * as they like.
     */
    Node[] inOrder(Node elements) {
        Node[] nodes = new Node[elements.size()];
        int count = 0;
        boolean numbered = !elements.isList();
        for (Node at = elements.firstChild(); at != null; at = at.nextSibling()) {
            nodes[count++] = at;
            numbered = numbered && at.number() >= 0;
        }
        if (numbered) {
            Arrays.sort(nodes, Comparator.comparingLong(Node::number));
        }
        return nodes;
    }

    /** Returns whether a block holds elements, under whatever keys, and is not an element itself. */
    boolean isListed(Node node) {
        Node first = node.firstChild();
        return node.isList()
                || node.find(Name.CONNECTOR) == null
                        && node.find(Name.CHAT) == null
                        && node.find(Name.MESSAGE) == null
                        && first != null
                        && first.isArray();
    }

    /** Returns whether an element is a block of fields, as it must be. */
    boolean isBlock(Node node) {
        if (!node.isArray()) {
            reader.mismatch(node, "a block of fields");
            return false;
        }
        return true;
    }

    private @Nullable OpenLineChat chat(Node element) {
        Node connector = reader.block(element, Name.CONNECTOR);
        Connector read = new Connector(
                code(connector, Name.CONNECTOR_ID),
                reader.id(connector, Name.LINE_ID),
                reader.id(connector, Name.CHAT_ID),
                reader.id(connector, Name.USER_ID));
        Chat chat = chatBlock(reader.block(element, Name.CHAT), read.chatId());
        Line line = line(reader.block(element, Name.LINE), read.lineId());
        User user = null;
        Node userBlock = reader.block(element, Name.USER);
        if (userBlock != null) {
            Line misplaced = line == null ? lineUnderUser(userBlock, read.lineId()) : null;
            if (misplaced != null) {
                line = misplaced;
            } else {
                session = true;
                reader.note(userBlock, "a block that the platform does not send");
                Long id = reader.id(userBlock, Name.ID);
                user = id == null ? null : new User(id);
            }
        }
        Node sessionBlock = reader.block(element, Name.SESSION);
        if (sessionBlock != null) {
            session = true;
            reader.note(sessionBlock, "a block that the platform does not send");
        }
        Session readSession = session(sessionBlock);
        if (read.chatId() == null && chat == null) {
            Node given = reader.field(connector, Name.CHAT_ID);
            if (given == null || given.kind() == Node.TEXT && given.length() == 0) {
                reader.missing(reader.pathOf(element, Name.CONNECTOR) + "." + Name.CHAT_ID, "an integer");
            }
            return null;
        }
        return new OpenLineChat(read, chat, line, readSession, user);
    }

    private @Nullable Chat chatBlock(@Nullable Node block, @Nullable Long connectorsChat) {
        if (block == null) {
            return null;
        }
        Name name = Name.CHAT_ID;
        Long id = reader.id(block, name);
        if (id == null) {
            name = Name.ID;
            id = reader.id(block, name);
            if (id == null) {
                return null;
            }
            chatUnderId = true;
            reader.noteAt(block, name, "in place of chat_id");
        }
        if (connectorsChat != null && !connectorsChat.equals(id)) {
            reader.noteAt(block, name, "another chat than the connector's, which counts");
        }
        return new Chat(id);
    }

    private @Nullable Line line(@Nullable Node block, @Nullable Long connectorsLine) {
        if (block == null) {
            return null;
        }
        Long id = reader.id(block, Name.ID);
        if (id != null && connectorsLine != null && !connectorsLine.equals(id)) {
            reader.noteAt(block, Name.ID, "another line than the connector's, which counts");
        }
        String name = reader.text(block, Name.NAME);
        return id == null && name == null ? null : new Line(id, name);
    }

    /** Returns the line, if a user has a name and the line's id, as in one published example. */
    private @Nullable Line lineUnderUser(Node block, @Nullable Long connectorsLine) {
        if (reader.field(block, Name.NAME) == null) {
            return null;
        }
        Long id = reader.id(block, Name.ID);
        if (id == null || connectorsLine != null && !connectorsLine.equals(id)) {
            return null;
        }
        lineUnderUser = true;
        reader.note(block, "in place of line");
        return new Line(id, reader.text(block, Name.NAME));
    }

    /**
     * Returns null also for a block without any known field, which would be missing if the event were written again.
     */
    private @Nullable Session session(@Nullable Node block) {
        if (block == null) {
            return null;
        }
        Session session = new Session(
                reader.id(block, Name.ID),
                reader.flag(block, Name.CLOSED),
                reader.id(block, Name.PARENT_ID),
                reader.id(block, Name.CLOSE_TERM));
        return session.equals(NO_SESSION) ? null : session;
    }

    private ConnectorDialog dialog(Node element) {
        Node connector = reader.block(element, Name.CONNECTOR);
        String chat = reader.text(connector, Name.CHAT_ID);
        String user = reader.text(connector, Name.USER_ID);
        ConnectorDialog dialog = new ConnectorDialog(
                code(connector, Name.CONNECTOR_ID),
                reader.id(connector, Name.LINE_ID),
                chat != null ? chat : reader.text(reader.block(element, Name.CHAT), Name.ID),
                user != null ? user : reader.text(reader.block(element, Name.USER), Name.ID),
                session(reader.block(element, Name.SESSION)));
        if (dialog.equals(NO_DIALOG)) {
            reader.mismatch(element, "a dialog");
        }
        return dialog;
    }

    @Nullable
    ConnectorCode code(@Nullable Node block, Name name) {
        Node node = reader.field(block, name);
        if (node != null && node.isText(LIVECHAT)) {
            return ConnectorCode.LIVECHAT;
        }
        String code = reader.text(node);
        return code == null ? null : new ConnectorCode(code);
    }
}
