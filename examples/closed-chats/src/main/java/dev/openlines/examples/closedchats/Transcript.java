// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import dev.openlines.client.ChatFile;
import dev.openlines.client.OpenLines;
import dev.openlines.client.OpenLines.History;
import dev.openlines.client.OpenLines.Role;
import dev.openlines.client.OpenLines.User;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The messages of a session as they are archived, and the people who took part.
 *
 * @param messages the oldest first
 * @param customers the customers' names, separated by commas; also of those who wrote nothing
 * @param operators the names of the operators who wrote, separated by commas
 * @param bots the names of the bots that wrote, separated by commas
 * @param lastOperator the name of the operator who wrote last, or empty
 */
record Transcript(List<Message> messages, String customers, String operators, String bots, String lastOperator) {

    static final Transcript EMPTY = new Transcript(List.of(), "", "", "", "");

    /**
     * Reads a history.
     *
     * @param customer the user id of the event's customer, 0 for a group chat; needed only if the portal gives a user
     *     no role
     */
    static Transcript of(History history, long customer) {
        List<Message> messages = new ArrayList<>();
        Set<String> customers = new LinkedHashSet<>();
        Set<String> operators = new LinkedHashSet<>();
        Set<String> bots = new LinkedHashSet<>();
        history.people(Role.CUSTOMER).forEach(user -> customers.add(name(history, user.id())));
        if (customers.isEmpty() && history.users().containsKey(customer)) {
            customers.add(name(history, customer));
        }
        String last = "";
        for (OpenLines.Message message : history.messages()) {
            String author = name(history, message.senderId());
            String role = role(history, message, customer);
            switch (role) {
                case "customer" -> customers.add(author);
                case "bot" -> bots.add(author);
                case "operator" -> {
                    operators.add(author);
                    last = author;
                }
                default -> {}
            }
            messages.add(new Message(
                    author,
                    role,
                    message.sentAt(),
                    clean(message.text()),
                    message.files().stream().map(Transcript::file).toList()));
        }
        return new Transcript(messages, joined(customers), joined(operators), joined(bots), last);
    }

    private static String role(History history, OpenLines.Message message, long customer) {
        if (message.senderId() == 0) {
            return "system";
        }
        return history.sender(message)
                .map(User::role)
                .map(role -> role.name().toLowerCase(Locale.ROOT))
                .orElse(message.senderId() == customer ? "customer" : "operator");
    }

    private static SentFile file(ChatFile file) {
        URI address = file.address();
        return new SentFile(
                clean(file.name()), clean(file.type()), file.size(), address == null ? null : address.toString());
    }

    private static String name(History history, long user) {
        User known = history.users().get(user);
        if (known == null || known.name() == null || known.name().isBlank()) {
            return user == 0 ? "" : "User " + user;
        }
        return clean(known.name());
    }

    private static String joined(Set<String> names) {
        return names.stream().filter(name -> !name.isEmpty()).collect(Collectors.joining(", "));
    }

    /** Returns a note for the CRM. Brackets are markup there, and customers choose their own names. */
    String note(Chat chat) {
        long files =
                messages.stream().mapToLong(message -> message.files().size()).sum();
        String text = "Chat " + chat.chatId() + " was closed on " + chat.lineLabel() + ". Customer: "
                + (customers.isEmpty() ? "unknown" : customers) + ". Operator: "
                + (operators.isEmpty() ? "none" : operators) + ". Messages: " + messages.size() + ", files: " + files
                + ".";
        return text.replace('[', '(').replace(']', ')');
    }

    /** Replaces NUL, the one character that PostgreSQL cannot store. */
    static String clean(String text) {
        return text.replace('\0', '\uFFFD');
    }

    /** Leaves out what was said. */
    @Override
    public String toString() {
        return messages.size() + " messages";
    }
}
