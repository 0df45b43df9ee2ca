// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import dev.openlines.client.ClientException;
import dev.openlines.client.ErrorCode;
import dev.openlines.client.OpenLines;
import dev.openlines.client.OpenLines.History;
import dev.openlines.client.ReinstallRequiredException;
import dev.openlines.client.RestClient;
import dev.openlines.client.RestException;
import dev.openlines.client.UnexpectedReplyException;
import dev.openlines.model.ConnectorCode;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Origin;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Fetches the transcripts of an event's chats from the portal, then archives all of them in one commit with the
 * mark that this is done. A portal that is away is asked again by the inbox; what no retry can repair becomes a dead letter.
 */
final class Archiver {

    private final RestClient client;
    private final Archive archive;
    private final Runnable archived;

    Archiver(RestClient client, Archive archive, Runnable archived) {
        this.client = client;
        this.archive = archive;
        this.archived = archived;
    }

    void closed(OnSessionFinish finish, EventContext context) throws Exception {
        Instant sent = finish.header().sentAt();
        Instant closedAt = context.closedAt().orElse(sent == null ? context.receivedAt() : sent);
        OpenLines lines = client.portal(context.memberId()).openLines();
        Map<Chat, List<Message>> closed = new LinkedHashMap<>();
        for (OpenLineChat chat : finish.chats()) {
            try {
                fetch(lines, chat, closedAt, context, closed);
            } catch (ReinstallRequiredException e) {
                throw context.deadLetter(
                        "the portal's tokens are no longer good: install the application again, then requeue");
            } catch (UnexpectedReplyException e) {
                throw context.deadLetter(String.valueOf(e.getMessage()));
            } catch (ClientException e) {
                System.err.println("portal " + context.memberId() + " gives no transcript of chat " + chat.chatId()
                        + ", attempt " + context.attempt() + ": " + e.getMessage());
                throw e;
            }
        }
        boolean added = context.inTransaction(connection -> {
            for (Map.Entry<Chat, List<Message>> one : closed.entrySet()) {
                archive.add(connection, one.getKey(), one.getValue());
            }
        });
        if (!added) {
            // An earlier attempt has archived them and ended before the event was done.
            return;
        }
        closed.keySet()
                .forEach(chat -> System.out.println("archived chat=" + chat.chatId() + " line=" + chat.lineId()
                        + " messages=" + chat.messages() + " portal=" + chat.memberId()));
        archived.run();
    }

    private static void fetch(
            OpenLines lines,
            OpenLineChat chat,
            Instant closedAt,
            EventContext context,
            Map<Chat, List<Message>> closed) {
        History history = null;
        String missing = null;
        try {
            history = context.sessionId().isPresent()
                    ? lines.history(context.sessionId().get())
                    : lines.sessionOfClosedChat(chat.chatId(), closedAt).orElse(null);
            if (history == null) {
                missing = "the customer had begun the next session already";
            }
        } catch (RestException e) {
            if (!e.is(ErrorCode.ACCESS_DENIED)) {
                throw e;
            }
            // The platform does not tell which, and asking again changes neither.
            missing = "the portal shows none: it has no messages, or the application's user may not read it";
        }
        long customer = Objects.requireNonNullElse(chat.connector().userId(), 0L);
        List<Message> messages = history == null ? List.of() : messages(history, customer);
        ConnectorCode connector = chat.connector().connectorId();
        String operator = "";
        for (Message message : messages) {
            operator = message.role().equals("operator") ? message.author() : operator;
        }
        closed.put(
                new Chat(
                        0,
                        context.idempotencyKey(),
                        context.memberId(),
                        chat.chatId(),
                        history == null ? context.sessionId().orElse(null) : (Long) history.sessionId(),
                        chat.lineId(),
                        clean(Objects.requireNonNullElse(chat.lineName(), "")),
                        connector == null ? "" : clean(connector.code()),
                        history == null ? "" : name(history, customer),
                        operator,
                        messages.isEmpty() ? null : messages.get(0).sentAt(),
                        closedAt,
                        messages.size(),
                        missing,
                        context.origin() == Origin.RECONCILED),
                messages);
    }

    private static List<Message> messages(History history, long customer) {
        List<Message> messages = new ArrayList<>();
        for (OpenLines.Message message : history.messages()) {
            long sender = message.senderId();
            String role = sender == 0 ? "system" : sender == customer ? "customer" : "operator";
            messages.add(new Message(name(history, sender), role, message.sentAt(), clean(message.text())));
        }
        return messages;
    }

    private static String name(History history, long user) {
        OpenLines.User known = history.users().get(user);
        if (known == null || known.name() == null || known.name().isBlank()) {
            return user == 0 ? "" : "User " + user;
        }
        return clean(known.name());
    }

    /** PostgreSQL keeps every character but one. */
    private static String clean(String text) {
        return text.replace('\0', '\uFFFD');
    }
}
