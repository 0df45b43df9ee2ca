// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * {@code crm.lead.get} and similar methods, and comments in timelines, which applications use for the object of a
 * closed chat.
 */
final class CrmMethods {

    private static final String SCOPE = "crm";

    private CrmMethods() {}

    static List<RestMethod> all() {
        List<RestMethod> methods = new ArrayList<>();
        for (String type : PortalCrm.TYPES) {
            methods.add(new RestMethod("crm." + type + ".get", SCOPE, Provenance.DOCS, call -> get(call, type)));
        }
        methods.add(new RestMethod("crm.timeline.comment.add", SCOPE, Provenance.DOCS, CrmMethods::comment));
        return methods;
    }

    private static RestResult get(RestContext original, String type) {
        RestContext call = original.upperCase();
        long id = call.integer("ID");
        if (id <= 0) {
            throw new RestError(400, "", "ID is not defined or invalid.");
        }
        synchronized (call.portal()) {
            PortalCrm.Item item =
                    call.portal().crm().find(type, id).orElseThrow(() -> new RestError(400, "", "Not found"));
            JsonObjectBuilder out = EventBodies.object().add("ID", Long.toString(id));
            if (type.equals("contact")) {
                String[] names = item.title().split(" ", 2);
                out.add("NAME", names[0]).add("LAST_NAME", names.length > 1 ? names[1] : "");
            } else {
                out.add("TITLE", item.title());
            }
            return RestResult.of(out.add("ASSIGNED_BY_ID", Long.toString(Portal.OPERATOR_ID))
                    .add("OPENED", "Y")
                    .build());
        }
    }

    /** Adds a comment. Its parameter is read in lower case only, and its members in upper case only. */
    private static RestResult comment(RestContext call) {
        if (!(call.parameters().get("fields") instanceof JsonObject fields)) {
            throw new RestError(400, "100", "Could not find value for parameter {fields}");
        }
        long id = RestContext.intval(text(fields, "ENTITY_ID"));
        String type = text(fields, "ENTITY_TYPE").toLowerCase(Locale.ROOT);
        if (text(fields, "COMMENT").isBlank()) {
            throw new RestError(400, "INVALID_ARG_VALUE", "Empty comment message");
        }
        synchronized (call.portal()) {
            PortalCrm.Item item = call.portal()
                    .crm()
                    .find(type, id)
                    .orElseThrow(() -> new RestError(400, "OWNER_NOT_FOUND", "Owner was not found"));
            return RestResult.of(call.portal().crm().comment(item, call.user().id(), text(fields, "COMMENT")));
        }
    }

    private static String text(JsonObject fields, String name) {
        return Optional.ofNullable(fields.get(name))
                .flatMap(RestRequest::scalar)
                .orElse("");
    }
}
