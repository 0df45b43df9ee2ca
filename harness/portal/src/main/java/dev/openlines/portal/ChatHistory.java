// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.ArrayList;
import java.util.List;

/**
 * The answer of {@code imopenlines.session.history.get} for one session. Names of a file's members are in lower case
 * and those of a message's parameters are not, as the vendor's documentation shows them. To be used under the portal's
 * lock.
 */
final class ChatHistory {

    private final PortalChat chat;
    private final PortalSession session;
    private final String chatId;
    private final List<ChatMessage> messages = new ArrayList<>();

    ChatHistory(PortalChat chat, long sessionId) {
        this.chat = chat;
        this.session = chat.sessions().stream()
                .filter(one -> one.id() == sessionId)
                .findFirst()
                .orElseThrow();
        this.chatId = Long.toString(chat.id());
        List<ChatMessage> all = chat.messages();
        for (int i = all.size() - 1; i >= 0; i--) {
            if (all.get(i).sessionId() == sessionId) {
                messages.add(all.get(i));
            }
        }
    }

    JsonObject json() {
        String dialog = "chat" + chatId;
        JsonObjectBuilder byId = EventBodies.object();
        JsonArrayBuilder order = PhpJson.PROVIDER.createArrayBuilder();
        JsonObjectBuilder files = EventBodies.object();
        boolean anyFile = false;
        for (ChatMessage message : messages) {
            byId.add(Long.toString(message.id()), message(message));
            order.add(Long.toString(message.id()));
            for (PortalFile file : message.files()) {
                files.add(Long.toString(file.id()), file(file));
                anyFile = true;
            }
        }
        JsonObjectBuilder users = EventBodies.object();
        JsonObjectBuilder blocked = EventBodies.object();
        JsonArrayBuilder present = PhpJson.PROVIDER.createArrayBuilder();
        for (PortalUser user : people()) {
            users.add(Long.toString(user.id()), user(user));
            blocked.add(Long.toString(user.id()), false);
            present.add(user.id());
        }
        Integer stars = session.voteHead();
        JsonObjectBuilder out = EventBodies.object()
                .add("chatId", chat.id())
                .add("canJoin", "Y")
                .add("canVoteHead", "Y")
                .add("sessionId", session.id())
                .add("sessionVoteHead", stars == null ? 0 : stars);
        if (session.commentHead() == null) {
            out.addNull("sessionCommentHead");
        } else {
            out.add("sessionCommentHead", session.commentHead());
        }
        String line = Long.toString(session.line().id());
        out.add("userId", dialog)
                .add("message", byId)
                .add("usersMessage", EventBodies.object().add(dialog, order))
                .add("users", users)
                .add(
                        "openlines",
                        EventBodies.object()
                                .add("canvoteashead", EventBodies.object().add(line, true)))
                .add("userInGroup", PhpJson.PROVIDER.createArrayBuilder())
                .add("woUserInGroup", PhpJson.PROVIDER.createArrayBuilder())
                .add("chat", EventBodies.object().add(chatId, chat()))
                .add("userBlockChat", EventBodies.object().add(chatId, blocked))
                .add("userInChat", EventBodies.object().add(chatId, present));
        if (anyFile) {
            out.add("files", files);
        } else {
            out.add("files", PhpJson.PROVIDER.createArrayBuilder());
        }
        return out.build();
    }

    /** Customers and bots of the chat, and the staff who wrote in the session. */
    private List<PortalUser> people() {
        List<PortalUser> people = new ArrayList<>(chat.people().all());
        for (ChatMessage message : messages) {
            chat.portal()
                    .user(message.authorId())
                    .filter(user -> !people.contains(user))
                    .ifPresent(people::add);
        }
        return people;
    }

    private JsonObjectBuilder message(ChatMessage message) {
        JsonObjectBuilder params = EventBodies.object();
        if (message.authorId() == 0) {
            params.add("class", "bx-messenger-content-item-ol-" + message.kind())
                    .add("type", "lines");
        }
        if (!message.files().isEmpty()) {
            JsonArrayBuilder ids = PhpJson.PROVIDER.createArrayBuilder();
            message.files().forEach(file -> ids.add(file.id()));
            params.add("fileId", ids);
        }
        return EventBodies.object()
                .add("id", Long.toString(message.id()))
                .add("chatid", chatId)
                .add("senderid", Long.toString(message.authorId()))
                .add("recipientid", "chat" + chatId)
                .add("date", chat.portal().clock().local(message.at()))
                .add("text", message.text())
                .add("textlegacy", message.text())
                .add("params", params);
    }

    private JsonObjectBuilder file(PortalFile file) {
        String page = chat.portal().restUri().resolve("../bitrix/services/main/ajax.php")
                + "?action=disk.api.file.download&SITE_ID=s1&humanRE=1&fileId=" + file.id() + "&exact=N";
        return EventBodies.object()
                .add("id", file.id())
                .add("chatid", chat.id())
                .add("date", chat.portal().clock().local(file.at()))
                .add("type", file.type())
                .add("name", file.name())
                .add("extension", file.extension())
                .add("size", file.content().length)
                .add("image", false)
                .add("status", "done")
                .add("progress", 100)
                .add("authorid", file.authorId())
                .add(
                        "authorname",
                        chat.portal()
                                .user(file.authorId())
                                .map(PortalUser::name)
                                .orElse(""))
                .add("urlpreview", "")
                .add("urlshow", page)
                .add("urldownload", page);
    }

    private static JsonObjectBuilder user(PortalUser user) {
        JsonObjectBuilder out = EventBodies.object()
                .add("id", Long.toString(user.id()))
                .add("name", user.name())
                .add("active", true)
                .add("firstName", user.firstName())
                .add("lastName", user.lastName())
                .addNull("workPosition")
                .add("color", "#ab7761")
                .add("avatar", "/bitrix/js/im/images/blank.gif")
                .add("gender", "M")
                .add("extranet", user.guest())
                .add("network", false)
                .add("bot", user.bot())
                .add("connector", user.guest())
                .add("externalAuthId", user.guest() ? "imconnector" : user.bot() ? "bot" : "default")
                .addNull("status");
        return out.add("departments", PhpJson.PROVIDER.createArrayBuilder());
    }

    private JsonObjectBuilder chat() {
        return EventBodies.object()
                .add("id", chatId)
                .add("name", chat.title())
                .add("owner", chat.isOpen() ? Long.toString(Portal.OPERATOR_ID) : "0")
                .add("color", "#ab7761")
                .add("extranet", false)
                .add("avatar", "/bitrix/js/im/images/blank.gif")
                .add("call", "0")
                .add("callNumber", "")
                .add("entityType", "LINES")
                .add("entityId", chat.userCode())
                .add("entityData1", chat.entityData())
                .add("entityData2", chat.links().pairs())
                .add("entityData3", "N")
                .add("public", "")
                .addNull("managerList")
                .add("dateCreate", chat.portal().clock().local(chat.opened()))
                .add("type", "lines")
                .add("messageType", "L");
    }
}
