// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the parts of the control API and of seed files about chats, their people, files and the CRM. */
final class ControlChats {

    private ControlChats() {}

    /** Opens a chat with everything that the request says about it. */
    static PortalChat open(Portal portal, JsonValue json, String path) {
        ControlBody body = ControlBody.of(
                json, path, Set.of("line_id", "connector", "group", "customers", "bots", "crm", "messages"));
        PortalLine line = PortalSeed.line(portal, body, path);
        List<String> customers = body.texts("customers");
        boolean group = body.flag("group", false);
        if (customers.size() > 1 && !group) {
            throw new IllegalArgumentException("expected one customer, or true at " + path + ".group");
        }
        PortalChat chat = portal.openLines()
                .openChat(
                        line,
                        body.text("connector").orElse("livechat"),
                        customers.isEmpty() ? "Guest" : customers.get(0),
                        new PortalChat.Outside(group, null, null));
        customers.stream().skip(1).forEach(chat::addCustomer);
        body.texts("bots").forEach(chat::addBot);
        List<JsonValue> links = body.items("crm");
        for (int i = 0; i < links.size(); i++) {
            link(chat, links.get(i), body.itemPath("crm", i));
        }
        List<JsonValue> messages = body.items("messages");
        for (int i = 0; i < messages.size(); i++) {
            write(chat, messages.get(i), body.itemPath("messages", i));
        }
        return chat;
    }

    private static void link(PortalChat chat, JsonValue json, String path) {
        ControlBody body = ControlBody.of(json, path, Set.of("type", "id"));
        chat.linkToCrm(crmType(body, "type"), body.integer("id").orElse(1L));
    }

    /** Lets a bot or a customer join. */
    static void join(PortalChat chat, JsonValue json, String path) {
        ControlBody body = ControlBody.of(json, path, Set.of("customer", "bot"));
        body.text("customer").ifPresent(chat::addCustomer);
        body.text("bot").ifPresent(chat::addBot);
    }

    /** Lets a participant write: {@code by} names the role or the person. */
    static List<Delivery> write(PortalChat chat, JsonValue json, String path) {
        ControlBody body = ControlBody.of(json, path, Set.of("by", "text", "files"));
        Map<String, byte[]> files = new LinkedHashMap<>();
        List<JsonValue> items = body.items("files");
        for (int i = 0; i < items.size(); i++) {
            String at = body.itemPath("files", i);
            ControlBody file = ControlBody.of(items.get(i), at, Set.of("name", "text", "base64"));
            files.put(file.requiredText("name"), content(file, at));
        }
        String text =
                files.isEmpty() ? body.requiredText("text") : body.text("text").orElse("");
        return chat.send(author(chat, body.text("by").orElse("customer"), path), text, files);
    }

    private static byte[] content(ControlBody file, String path) {
        try {
            return file.text("base64")
                    .map(Base64.getDecoder()::decode)
                    .orElseGet(() -> file.text("text").orElse("").getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("expected text in Base64 at " + path + ".base64", e);
        }
    }

    private static long author(PortalChat chat, String by, String path) {
        if (by.equals("operator")) {
            return Portal.OPERATOR_ID;
        }
        return chat.people().all().stream()
                .filter(user -> user.name().equals(by)
                        || (by.equals("customer") && user.guest())
                        || (by.equals("bot") && user.bot()))
                .findFirst()
                .map(PortalUser::id)
                .orElseThrow(() -> ControlBody.wrong(
                        "customer, operator, bot or the name of a person in the chat", by, path + ".by"));
    }

    /** Reads the type of an object of the CRM. */
    static String crmType(ControlBody body, String name) {
        String type = body.requiredText(name);
        if (!PortalCrm.isType(type)) {
            throw ControlBody.wrong(PortalCrm.EXPECTED_TYPE, type, body.at(name));
        }
        return type;
    }

    static void crm(Portal portal, JsonValue json, String path) {
        ControlBody body = ControlBody.of(json, path, Set.of("type", "id", "title"));
        portal.crm().add(crmType(body, "type"), body.integer("id").orElse(1L), body.requiredText("title"));
    }

    /** Shows the objects of the CRM with the comments in their timelines. */
    static JsonValue crm(Portal portal) {
        List<PortalCrm.Item> items;
        synchronized (portal) {
            items = portal.crm().items();
        }
        return ControlView.list(items, item -> view(portal, item));
    }

    private static JsonObject view(Portal portal, PortalCrm.Item item) {
        JsonArrayBuilder comments = PhpJson.PROVIDER.createArrayBuilder();
        portal.crm().comments(item.type(), item.id()).forEach(comments::add);
        return EventBodies.object()
                .add("type", item.type())
                .add("id", item.id())
                .add("title", item.title())
                .add("comments", comments)
                .build();
    }
}
