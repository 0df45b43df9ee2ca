// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The calls on the portal's CRM that handlers of closed chats make. They need the scope {@code crm}. Each method fails
 * as {@link PortalClient#call(String, Map)} does; one with {@code Async} completes as {@link
 * PortalClient#callAsync(String, Map)} does.
 *
 * @see <a href="https://apidocs.bitrix24.com/api-reference/crm/index.html">CRM</a>
 */
public final class Crm {

    private static final String COMMENT = "crm.timeline.comment.add";

    private final PortalClient portal;

    Crm(PortalClient portal) {
        this.portal = portal;
    }

    /**
     * Reads the name of an object as people see it.
     *
     * @param object a lead, deal, contact or company
     * @return a contact's names or the others' title, perhaps empty text; empty if there is no such object
     * @throws IllegalArgumentException if the object is of another type
     * @throws RestException also without a code and with the description {@code Access denied}, if the token's user may
     *     not read it
     */
    public Optional<String> title(CrmObject object) {
        return Async.await(method(object), titleAsync(object));
    }

    /**
     * Reads the name of an object as people see it.
     *
     * @param object as {@link #title} takes it
     * @return completes with what {@link #title} returns
     * @throws IllegalArgumentException as {@link #title}
     */
    public CompletableFuture<Optional<String>> titleAsync(CrmObject object) {
        return Async.handle(portal.callAsync(method(object), Map.of("id", object.id())), (reply, failure) -> {
            if (failure instanceof RestException refusal && notFound(refusal)) {
                return Optional.empty();
            }
            if (failure != null) {
                throw failure;
            }
            Fields fields = reply.fields();
            return Optional.of(
                    object.type().equals(CrmObject.CONTACT)
                            ? (fields.member("NAME").textOrEmpty() + " "
                                            + fields.member("LAST_NAME").textOrEmpty())
                                    .strip()
                            : fields.member("TITLE").textOrEmpty());
        });
    }

    /** Returns whether the platform found nothing. It gives no code here, and this text in English on every portal. */
    private static boolean notFound(RestException refusal) {
        return refusal.code().isEmpty()
                && refusal.description().replace(".", "").strip().equalsIgnoreCase("not found");
    }

    private static String method(CrmObject object) {
        return "crm." + known(object).type() + ".get";
    }

    private static CrmObject known(CrmObject object) {
        if (!object.known()) {
            throw new IllegalArgumentException("expected a lead, deal, contact or company but found another type");
        }
        return object;
    }

    /**
     * Returns the page that shows an object to people who are signed in to the portal. Does not call the portal.
     *
     * @param object a lead, deal, contact or company
     * @return such as {@code https://example.bitrix24.com/crm/deal/details/7/}
     * @throws IllegalArgumentException if the object is of another type
     */
    public URI page(CrmObject object) {
        return Async.await(
                "crm",
                Async.then(
                        portal.endpoint(),
                        rest -> rest.resolve("../crm/" + known(object).type() + "/details/" + object.id() + "/")));
    }

    /**
     * Adds a comment to an object's timeline, on behalf of the token's user. It is sent once: if no answer comes,
     * {@link NoAnswerException#mayHaveRun()} says whether the comment may be there.
     *
     * @param object of any type that has a timeline
     * @param text the comment, with the platform's markup
     * @return the comment's id
     * @throws IllegalArgumentException if the text is blank, which the platform refuses
     */
    public long addComment(CrmObject object, String text) {
        return Async.await(COMMENT, addCommentAsync(object, text));
    }

    /**
     * Adds a comment to an object's timeline.
     *
     * @param object as {@link #addComment} takes it
     * @param text the comment, as {@link #addComment} takes it
     * @return completes with the comment's id
     * @throws IllegalArgumentException as {@link #addComment}
     */
    public CompletableFuture<Long> addCommentAsync(CrmObject object, String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("expected a comment but found blank text");
        }
        Map<String, Object> fields = Map.of("ENTITY_ID", object.id(), "ENTITY_TYPE", object.type(), "COMMENT", text);
        return Async.then(
                portal.callAsync(COMMENT, Map.of("fields", fields)),
                reply -> reply.fields().integer());
    }
}
