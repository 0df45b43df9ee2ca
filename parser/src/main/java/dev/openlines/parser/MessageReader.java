// SPDX-License-Identifier: Apache-2.0
package dev.openlines.parser;

import dev.openlines.model.OpenLineMessage;
import dev.openlines.model.OpenLineMessage.Connector;
import dev.openlines.model.OpenLineMessage.Content;
import dev.openlines.model.OpenLineMessage.File;
import dev.openlines.model.OpenLineMessage.Im;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the messages of {@code data[DATA]} or {@code data[MESSAGES]}. The server passes on the data of the event's
 * cause. So each of add, update and delete has one shape for the operator's side and one for the customer's. The
 * documentation shows a list everywhere.
 */
final class MessageReader {

    private static final Connector NO_CONNECTOR = new Connector(null, null, null, null);
    private static final Content NOTHING = new Content(List.of(), null, null, null, null, List.of(), null, null, null);

    private static final String INTEGER = "an integer";

    private final EventReader reader;
    private final ChatReader chats;

    MessageReader(EventReader reader) {
        this.reader = reader;
        this.chats = reader.chats;
    }

    /**
     * Returns the messages; empty only after a strict reader found none it could read.
     *
     * @param elements the node that holds them
     * @param listSent whether the platform sends a list
     */
    List<OpenLineMessage> messages(@Nullable Node elements, boolean listSent) {
        if (elements == null) {
            return List.of();
        }
        if (!chats.isListed(elements)) {
            if (listSent) {
                reader.note(elements, "one object, although the platform sends a list");
            }
            return List.of(message(elements));
        }
        if (!listSent) {
            reader.note(elements, "a list, although the platform sends one object");
        }
        List<OpenLineMessage> messages = new ArrayList<>(elements.size());
        for (Node at : chats.inOrder(elements)) {
            if (chats.isBlock(at)) {
                messages.add(message(at));
            }
        }
        return messages;
    }

    private OpenLineMessage message(Node element) {
        return new OpenLineMessage(
                connector(reader.block(element, Name.CONNECTOR)),
                im(reader.block(element, Name.IM)),
                reader.text(reader.block(element, Name.CHAT), Name.ID),
                content(element),
                reader.payload(reader.field(element, Name.REF)),
                reader.payload(reader.field(element, Name.EXTRA)),
                reader.flag(element, Name.NO_SESSION));
    }

    private @Nullable Connector connector(@Nullable Node block) {
        Connector connector = new Connector(
                chats.code(block, Name.CONNECTOR_ID),
                reader.id(block, Name.LINE_ID),
                reader.text(block, Name.CHAT_ID),
                reader.text(block, Name.USER_ID));
        return connector.equals(NO_CONNECTOR) ? null : connector;
    }

    private @Nullable Im im(@Nullable Node block) {
        Long chatId = reader.id(block, Name.CHAT_ID);
        Long messageId = reader.id(block, Name.MESSAGE_ID);
        return chatId == null && messageId == null ? null : new Im(chatId, messageId);
    }

    private Content content(Node element) {
        Node block = reader.required(reader.field(element, Name.MESSAGE), element, Name.MESSAGE);
        Content content = new Content(
                ids(reader.field(block, Name.ID)),
                reader.id(block, Name.CHAT_ID),
                reader.text(block, Name.USER_ID),
                reader.text(block, Name.DATE),
                reader.text(block, Name.TEXT),
                files(reader.field(block, Name.FILES)),
                attachments(block),
                reader.payload(reader.field(block, Name.PARAMS)),
                reader.flag(block, Name.SYSTEM));
        if (block != null && content.equals(NOTHING)) {
            reader.mismatch(block, "a message");
        }
        return content;
    }

    /** Returns the files: an operator's are blocks of fields, a customer's are numbers. */
    private List<File> files(@Nullable Node node) {
        if (node == null || node.isArray() && node.size() == 0) {
            return List.of();
        }
        if (!node.isArray()) {
            reader.noteMismatch(node, "a list of files");
            return List.of();
        }
        if (!node.isList() && (node.find(Name.NAME) != null || node.find(Name.LINK) != null)) {
            reader.note(node, "one object, although the platform sends a list");
            File file = file(node);
            return file == null ? List.of() : List.of(file);
        }
        List<File> files = new ArrayList<>(node.size());
        for (Node at : chats.inOrder(node)) {
            File file = at.kind() == Node.NULL ? null : file(at);
            if (file != null) {
                files.add(file);
            }
        }
        return files;
    }

    private @Nullable File file(Node node) {
        if (!node.isArray()) {
            Long id = number(node, "a file");
            return id == null ? null : new File(id, null, null, null, null, null, null, null, null);
        }
        Long id = number(reader.field(node, Name.ID), INTEGER);
        String name = reader.textLeniently(reader.field(node, Name.NAME));
        String type = reader.textLeniently(reader.field(node, Name.TYPE));
        String mime = reader.textLeniently(reader.field(node, Name.MIME));
        String link = reader.textLeniently(reader.field(node, Name.LINK));
        String downloadLink = reader.textLeniently(reader.field(node, Name.DOWNLOAD_LINK));
        Long size = number(reader.field(node, Name.SIZE), INTEGER);
        Long width = number(reader.field(node, Name.WIDTH), INTEGER);
        Long height = number(reader.field(node, Name.HEIGHT), INTEGER);
        boolean known = Stream.of(id, name, type, mime, link, downloadLink, size, width, height)
                .anyMatch(Objects::nonNull);
        if (!known) {
            reader.noteMismatch(node, "a file");
            return null;
        }
        return new File(id, name, type, mime, link, downloadLink, size, width, height);
    }

    private @Nullable Long number(@Nullable Node node, String expected) {
        long value = node == null ? -1 : reader.leniently(node, Long.MAX_VALUE, expected);
        return value < 0 ? null : value;
    }

    private @Nullable Object attachments(@Nullable Node block) {
        Node node = reader.field(block, Name.ATTACHMENTS);
        if (node == null) {
            node = reader.field(block, Name.ATTACH);
            if (node != null) {
                reader.note(node, "in place of attachments");
            }
        }
        return reader.payload(node);
    }

    /** Returns one id, or a list of them: a long message is several in some messengers. */
    private List<String> ids(@Nullable Node node) {
        if (node == null) {
            return List.of();
        }
        List<String> ids = new ArrayList<>(1);
        if (!node.isArray()) {
            addId(node, ids);
            return ids;
        }
        for (Node at = node.firstChild(); at != null; at = at.nextSibling()) {
            if (at.kind() != Node.NULL) {
                addId(at, ids);
            }
        }
        return ids;
    }

    private void addId(Node node, List<String> ids) {
        switch (node.kind()) {
            case Node.TEXT, Node.NUMBER -> {
                if (node.length() == 0) {
                    reader.note(node, "empty, taken as absent");
                } else {
                    ids.add(node.kind() == Node.TEXT ? node.text() : PhpNumber.text(node.text()));
                }
            }
            default -> reader.mismatch(node, "text");
        }
    }
}
