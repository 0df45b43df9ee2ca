// SPDX-License-Identifier: Apache-2.0
package dev.openlines.examples.closedchats;

import dev.openlines.client.ClientException;
import dev.openlines.client.CrmLinks;
import dev.openlines.client.CrmObject;
import dev.openlines.client.ErrorCode;
import dev.openlines.client.OpenLines;
import dev.openlines.client.OpenLines.History;
import dev.openlines.client.PortalClient;
import dev.openlines.client.ReinstallRequiredException;
import dev.openlines.client.RestClient;
import dev.openlines.client.RestException;
import dev.openlines.client.RetriableRestException;
import dev.openlines.client.UnexpectedReplyException;
import dev.openlines.model.ConnectorCode;
import dev.openlines.model.OnSessionFinish;
import dev.openlines.model.OpenLineChat;
import dev.openlines.receiver.EventContext;
import dev.openlines.receiver.Origin;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Fetches the transcripts of an event's chats from the portal, then archives all of them in one commit with the mark
 * that this is done. If the portal does not answer, the event is retried. If no retry can help, it becomes a dead
 * letter.
 */
final class Archiver {

    private final RestClient client;
    private final Archive archive;
    private final boolean crmNotes;
    private final Runnable archived;

    /**
     * Makes an archiver.
     *
     * @param crmNotes whether each closed chat is noted in the timeline of its deal or other object of the CRM
     */
    Archiver(RestClient client, Archive archive, boolean crmNotes, Runnable archived) {
        this.client = client;
        this.archive = archive;
        this.crmNotes = crmNotes;
        this.archived = archived;
    }

    void closed(OnSessionFinish finish, EventContext context) throws Exception {
        Instant sent = finish.header().sentAt();
        Instant closedAt = context.closedAt().orElse(sent == null ? context.receivedAt() : sent);
        PortalClient portal = client.portal(context.memberId());
        Map<Chat, List<Message>> closed = new LinkedHashMap<>();
        Map<CrmObject, String> notes = new LinkedHashMap<>();
        for (OpenLineChat chat : finish.chats()) {
            try {
                fetch(portal, chat, closedAt, context, closed, notes);
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
            // An earlier attempt has archived them, but ended before the event was done.
            return;
        }
        closed.keySet()
                .forEach(chat -> System.out.println("archived chat=" + chat.chatId() + " line=" + chat.lineId()
                        + " messages=" + chat.messages() + " portal=" + chat.memberId()));
        archived.run();
        if (crmNotes) {
            notes.forEach((object, note) -> write(portal, object, note));
        }
    }

    /** Writes the note once. A second note would be worse than none, so a failure is only logged. */
    private static void write(PortalClient portal, CrmObject object, String note) {
        try {
            portal.crm().addComment(object, note);
            System.out.println("noted " + object + " portal=" + portal);
        } catch (ClientException e) {
            System.err.println(portal + " took no note about " + object + ": " + e.getMessage());
        }
    }

    private static void fetch(
            PortalClient portal,
            OpenLineChat chat,
            Instant closedAt,
            EventContext context,
            Map<Chat, List<Message>> closed,
            Map<CrmObject, String> notes) {
        OpenLines lines = portal.openLines();
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
            // The platform does not tell which of the two it is, and asking again does not help.
            missing = "the portal shows none: it has no messages, or the application's user may not read it";
        }
        long customer = Objects.requireNonNullElse(chat.connector().userId(), 0L);
        Transcript transcript = history == null ? Transcript.EMPTY : Transcript.of(history, customer);
        Optional<CrmObject> object = history == null ? Optional.empty() : noted(history.crm());
        ConnectorCode connector = chat.connector().connectorId();
        List<Message> messages = transcript.messages();
        Chat archived = new Chat(
                0,
                context.idempotencyKey(),
                context.memberId(),
                chat.chatId(),
                history == null ? context.sessionId().orElse(null) : (Long) history.sessionId(),
                chat.lineId(),
                Transcript.clean(Objects.requireNonNullElse(chat.lineName(), "")),
                connector == null ? "" : Transcript.clean(connector.code()),
                transcript.customers(),
                transcript.lastOperator(),
                messages.isEmpty() ? null : messages.get(0).sentAt(),
                closedAt,
                messages.size(),
                missing,
                context.origin() == Origin.RECONCILED,
                new About(
                        transcript.operators(),
                        transcript.bots(),
                        history == null ? null : history.supervisorRating(),
                        object.map(found -> label(portal, found)).orElse(null),
                        object.map(found -> portal.crm().page(found).toString()).orElse(null)));
        closed.put(archived, messages);
        object.ifPresent(found -> notes.put(found, transcript.note(archived)));
    }

    /** Returns the deal, else the object that the chat belongs to. */
    private static Optional<CrmObject> noted(CrmLinks links) {
        return links.find(CrmObject.DEAL).or(links::main).filter(CrmObject::known);
    }

    /** Returns the name of an object, or its type and number if it may not be read. */
    private static String label(PortalClient portal, CrmObject object) {
        try {
            String title = portal.crm().title(object).orElse("");
            return title.isBlank() ? object.toString() : Transcript.clean(title) + " (" + object + ")";
        } catch (RetriableRestException e) {
            throw e;
        } catch (RestException e) {
            return object.toString();
        }
    }
}
