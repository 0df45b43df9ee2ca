// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import jakarta.json.JsonObject;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Calls that read a portal's open lines, for the handler of a closed chat. Each result is typed, and has the answer as
 * it came in {@code raw()}. Each method blocks and fails as {@link PortalClient#call(String, Map)} does. A method with
 * {@code Async} at the end of its name completes as {@link PortalClient#callAsync(String, Map)} does.
 *
 * @see <a href="https://apidocs.bitrix24.com/api-reference/imopenlines/openlines/index.html">Open lines</a>
 */
public final class OpenLines {

    /**
     * A message of a session.
     *
     * @param id wire field {@code id}
     * @param senderId portal user who wrote it, 0 for the system; wire field {@code senderid}
     * @param sentAt wire field {@code date}, null if not sent
     * @param text as typed, with the platform's markup; wire field {@code text}
     * @param files the files that were sent with it, in order; wire fields {@code params.FILE_ID} and {@code files}
     */
    public record Message(long id, long senderId, @Nullable Instant sentAt, String text, List<ChatFile> files) {

        public Message {
            files = List.copyOf(files);
        }

        /** Names the message, not what was said. */
        @Override
        public String toString() {
            return "message " + id;
        }
    }

    /** The side that a person takes in a chat. */
    public enum Role {
        /** A customer, who writes from outside, through a connector or a site's chat. */
        CUSTOMER,
        /** A user who works on the portal. */
        OPERATOR,
        /** A bot, a program that answers on the portal's side. */
        BOT
    }

    /**
     * A participant of a session.
     *
     * @param id portal user; wire field {@code id}
     * @param name the name as shown, null if not sent; wire field {@code name}
     * @param role by wire fields {@code bot} and {@code connector}, so that it is right also in group chats, although
     *     their event names no customer; null if neither was sent
     */
    public record User(
            long id, @Nullable String name, @Nullable Role role) {

        /** Leaves the name out. */
        @Override
        public String toString() {
            return "user " + id;
        }
    }

    /**
     * A session with its messages. The customer's rating is in {@link Session} only.
     *
     * @param sessionId wire field {@code sessionId}
     * @param chatId the portal's chat; wire field {@code chatId}
     * @param lineId the line that the session is in, null if not sent; the one member of wire field {@code
     *     openlines.canvoteashead}
     * @param messages by id, the oldest first; wire field {@code message}
     * @param users by id; wire field {@code users}
     * @param files by id; wire field {@code files}
     * @param supervisorRating 1 to 5, null if a supervisor has not rated the session or the token's user may not see
     *     it; wire field {@code sessionVoteHead}
     * @param supervisorComment null if not sent; wire field {@code sessionCommentHead}
     * @param crm the objects that the chat is linked with; wire fields {@code entityData1} and {@code entityData2} of
     *     {@code chat}
     * @param raw the result as it came
     */
    public record History(
            long sessionId,
            long chatId,
            @Nullable Long lineId,
            List<Message> messages,
            Map<Long, User> users,
            Map<Long, ChatFile> files,
            @Nullable Integer supervisorRating,
            @Nullable String supervisorComment,
            CrmLinks crm,
            JsonObject raw) {

        public History {
            messages = List.copyOf(messages);
            users = Collections.unmodifiableMap(new LinkedHashMap<>(users));
            files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
        }

        /**
         * Returns who wrote a message.
         *
         * @param message a message of this session
         * @return empty if the system wrote it, or if the portal does not describe the user
         */
        public Optional<User> sender(Message message) {
            return Optional.ofNullable(users.get(message.senderId()));
        }

        /**
         * Returns the participants of a role, in the portal's order.
         *
         * @param role the role
         * @return the users with it, empty if there are none
         */
        public List<User> people(Role role) {
            return users.values().stream().filter(user -> user.role() == role).toList();
        }

        /** Names the session, not what was said. */
        @Override
        public String toString() {
            return "session " + sessionId + " of chat " + chatId + ", " + messages.size() + " messages";
        }
    }

    /**
     * A chat of an open line.
     *
     * @param chatId wire field {@code id}
     * @param userCode connector, line, external chat and external user, with bars between; wire field
     *     {@code entity_id}, null if not sent
     * @param sessionId the session now open, null for none. A normal close sets it to none before the
     *     event is sent, so it does not lead to the session that was closed: see {@link
     *     #sessionOfClosedChat}; sixth part of wire field {@code entity_data_1}
     * @param crm the objects that the chat is linked with, also after its close; wire fields {@code entity_data_1} and
     *     {@code entity_data_2}
     * @param raw the result as it came
     */
    public record Dialog(
            long chatId,
            @Nullable String userCode,
            @Nullable Long sessionId,
            CrmLinks crm,
            JsonObject raw) {

        @Override
        public String toString() {
            return "chat " + chatId;
        }
    }

    /**
     * Settings of an open line.
     *
     * @param id wire field {@code ID}
     * @param name wire field {@code LINE_NAME}, null if not sent
     * @param active wire field {@code ACTIVE}
     * @param raw the result as it came
     */
    public record Line(long id, @Nullable String name, boolean active, JsonObject raw) {

        @Override
        public String toString() {
            return "line " + id;
        }
    }

    /**
     * The user whom the token belongs to.
     *
     * @param id wire field {@code ID}
     * @param administrator wire field {@code ADMIN}
     * @param raw the result as it came
     */
    public record Profile(long id, boolean administrator, JsonObject raw) {

        /** Leaves the name out. */
        @Override
        public String toString() {
            return "user " + id + (administrator ? ", administrator" : "");
        }
    }

    /**
     * The application as installed on the portal.
     *
     * @param installed whether the installation is finished; events come only then; wire field {@code
     *     INSTALLED}
     * @param paymentExpired whether its paid time is over; no events come then; wire field {@code
     *     PAYMENT_EXPIRED}
     * @param version wire field {@code VERSION}, null if not sent
     * @param raw the result as it came
     */
    public record App(
            boolean installed,
            boolean paymentExpired,
            @Nullable Long version,
            JsonObject raw) {

        @Override
        public String toString() {
            return "application, version " + version + (installed ? "" : ", not installed")
                    + (paymentExpired ? ", payment expired" : "");
        }
    }

    private static final String HISTORY = "imopenlines.session.history.get";
    private static final String DIALOG = "imopenlines.dialog.get";
    private static final String CONFIG = "imopenlines.config.get";
    private static final String CONFIGS = "imopenlines.config.list.get";
    static final String SESSIONS = "imopenlines.v2.Session.list";
    private static final String PROFILE = "profile";
    private static final String APP = "app.info";

    private final PortalClient portal;

    OpenLines(PortalClient portal) {
        this.portal = portal;
    }

    /**
     * Reads a session.
     *
     * @param sessionId such as {@code OnImConnectorDialogFinish} carries
     * @return the session
     * @throws RestException with {@link ErrorCode#ACCESS_DENIED} if there is none, it has no messages,
     *     or the token's user may not read it: the platform does not tell which
     */
    public History history(long sessionId) {
        return Async.await(HISTORY, historyAsync(sessionId));
    }

    /**
     * Reads a session.
     *
     * @param sessionId as {@link #history} takes it
     * @return completes with the session
     */
    public CompletableFuture<History> historyAsync(long sessionId) {
        return read(HISTORY, Map.of("SESSION_ID", sessionId), OpenLinesReading::history);
    }

    /**
     * Reads the newest session of a chat.
     *
     * @param chatId the portal's chat
     * @return the session
     * @throws RestException as {@link #history}
     */
    public History latestHistory(long chatId) {
        return Async.await(HISTORY, latestHistoryAsync(chatId));
    }

    /**
     * Reads the newest session of a chat.
     *
     * @param chatId the portal's chat
     * @return completes with the session
     */
    public CompletableFuture<History> latestHistoryAsync(long chatId) {
        return read(HISTORY, Map.of("CHAT_ID", chatId), OpenLinesReading::history);
    }

    /**
     * Finds the session that was closed. The event does not name it, and the chat no longer names it. So this reads the
     * chat's newest session, and checks that it did not begin after the close.
     *
     * @param chatId the portal's chat, from the event
     * @param closedAt when the portal queued the event
     * @return empty if the customer has already begun another session
     * @throws RestException as {@link #history}
     */
    public Optional<History> sessionOfClosedChat(long chatId, Instant closedAt) {
        return Async.await(HISTORY, sessionOfClosedChatAsync(chatId, closedAt));
    }

    /**
     * Finds the session that was closed.
     *
     * @param chatId as {@link #sessionOfClosedChat} takes it
     * @param closedAt as {@link #sessionOfClosedChat} takes it
     * @return completes with what {@link #sessionOfClosedChat} returns
     */
    public CompletableFuture<Optional<History>> sessionOfClosedChatAsync(long chatId, Instant closedAt) {
        return Async.then(latestHistoryAsync(chatId), latest -> unlessBegunAfter(closedAt, latest));
    }

    private static Optional<History> unlessBegunAfter(Instant closedAt, History latest) {
        // The event's time has whole seconds.
        Instant endOfSecond = closedAt.plusSeconds(1);
        boolean begunLater = latest.messages().stream()
                .map(Message::sentAt)
                .filter(time -> time != null)
                .min(Comparator.naturalOrder())
                .filter(first -> !first.isBefore(endOfSecond))
                .isPresent();
        return begunLater ? Optional.empty() : Optional.of(latest);
    }

    /**
     * Streams the sessions that match a filter, one page for each call. If sessions are sorted by the time when they
     * began or were closed, the period is narrowed from page to page, so there may be more than 10,000 sessions. In
     * other orders the platform refuses more than 10,000 with {@link ErrorCode#OFFSET_TOO_LARGE}. A session that is
     * closed again while others are read may come twice, with both its closes.
     *
     * @param filter without an offset
     * @return a stream to read once, on one thread; reading it calls the portal, and fails as {@link #sessionPage} does
     * @throws IllegalArgumentException if the platform would refuse the filter
     */
    public Stream<Session> sessions(SessionFilter filter) {
        Map<String, Object> unused = filter.checked();
        return OffsetPages.stream(new SessionPages(filter, this::sessionPage));
    }

    /**
     * Lists one page of the sessions that match a filter, in one call.
     *
     * @param filter which sessions
     * @return one page
     * @throws IllegalArgumentException if the platform would refuse the filter
     * @throws RestException with {@link ErrorCode#TARIFF_RESTRICTION} if the portal's plan has no reports,
     *     {@link ErrorCode#ACCESS_DENIED} if the token's user may not see them, {@link
     *     ErrorCode#ERROR_METHOD_NOT_FOUND} if the portal is too old
     */
    public SessionPage sessionPage(SessionFilter filter) {
        return Async.await(SESSIONS, sessionPageAsync(filter));
    }

    /**
     * Lists one page of the sessions that match a filter, in one call.
     *
     * @param filter which sessions
     * @return completes with one page
     */
    public CompletableFuture<SessionPage> sessionPageAsync(SessionFilter filter) {
        return Async.then(portal.callAsync(SESSIONS, filter.checked()), SessionPage::of);
    }

    /**
     * Finds the session that an event reported as closed: the latest close of the chat at or before one second
     * after the event was queued. The list has no filter by chat, so this reads the closes of the two minutes before.
     *
     * @param chatId the portal's chat, from the event
     * @param closedAt when the portal queued the event
     * @return the session, or empty if the portal does not list its sessions to the token's user, if the session
     *     has been resumed since, or if more than one session could be meant; then try {@link
     *     #sessionOfClosedChat}
     */
    public Optional<Session> session(long chatId, Instant closedAt) {
        return new LatestClose(this, chatId, closedAt).find();
    }

    /**
     * Returns the portal's reports on its lines.
     *
     * @return a view; it calls the portal only when it is used
     */
    public OpenLineReports reports() {
        return new OpenLineReports(portal);
    }

    /**
     * Reads a chat.
     *
     * @param chatId the portal's chat
     * @return the chat
     * @throws RestException with code {@code ACCESS_ERROR} if there is none or it may not be read
     */
    public Dialog dialog(long chatId) {
        return Async.await(DIALOG, dialogAsync(chatId));
    }

    /**
     * Reads a chat.
     *
     * @param chatId the portal's chat
     * @return completes with the chat
     */
    public CompletableFuture<Dialog> dialogAsync(long chatId) {
        return read(DIALOG, Map.of("CHAT_ID", chatId), OpenLinesReading::dialog);
    }

    /**
     * Reads the content of a file. Asks the portal for the file's address, which needs the scope {@code disk}, and
     * downloads from there in one attempt. Each host on the way is checked like the host of a call.
     *
     * @param file from a session's history
     * @param atMost the most bytes to read, also if {@link ChatFile#size()} names fewer
     * @return the content
     * @throws NoAnswerException also if there are more bytes; its cause says so
     * @throws RestException with code {@code ERROR_NOT_FOUND} if there is no such file, {@link ErrorCode#ACCESS_DENIED}
     *     if the token's user may not read it
     * @throws AddressRefusedException if the address is not https, or of a host that is not public
     */
    public byte[] download(ChatFile file, int atMost) {
        return Async.await(Downloads.METHOD, downloadAsync(file, atMost));
    }

    /**
     * Reads the content of a file.
     *
     * @param file as {@link #download} takes it
     * @param atMost as {@link #download} takes it
     * @return completes with the content; cancelling it breaks the download off
     */
    public CompletableFuture<byte[]> downloadAsync(ChatFile file, int atMost) {
        return new Downloads(portal).content(file.id(), atMost);
    }

    /**
     * Reads the settings of a line.
     *
     * @param lineId from the event
     * @return empty if there is no such line
     */
    public Optional<Line> line(long lineId) {
        return Async.await(CONFIG, lineAsync(lineId));
    }

    /**
     * Reads the settings of a line.
     *
     * @param lineId from the event
     * @return completes with what {@link #line} returns
     */
    public CompletableFuture<Optional<Line>> lineAsync(long lineId) {
        return read(CONFIG, Map.of("CONFIG_ID", lineId), OpenLinesReading::line);
    }

    /**
     * Reads the settings of every line.
     *
     * @return the lines, in the portal's order
     */
    public List<Line> lines() {
        return Async.await(
                CONFIGS,
                read(
                        CONFIGS,
                        Map.of(),
                        all -> all.elementsOrNone().stream()
                                .map(OpenLinesReading::settings)
                                .toList()));
    }

    /**
     * Reads the user whom the token belongs to.
     *
     * @return empty if the user is no longer active
     */
    public Optional<Profile> profile() {
        return Async.await(PROFILE, profileAsync());
    }

    /**
     * Reads the user whom the token belongs to.
     *
     * @return completes with what {@link #profile} returns
     */
    public CompletableFuture<Optional<Profile>> profileAsync() {
        return read(PROFILE, Map.of(), OpenLinesReading::profile);
    }

    /**
     * Reads the application's own state on the portal.
     *
     * @return the state
     */
    public App app() {
        return Async.await(APP, appAsync());
    }

    /**
     * Reads the application's own state on the portal.
     *
     * @return completes with the state
     */
    public CompletableFuture<App> appAsync() {
        return read(APP, Map.of(), OpenLinesReading::app);
    }

    private <T> CompletableFuture<T> read(String method, Map<String, ?> params, Function<Fields, T> reading) {
        return Async.then(portal.callAsync(method, params), reply -> reading.apply(reply.fields()));
    }
}
