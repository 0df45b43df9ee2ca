// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code user.get}, {@code disk.file.get} and the download of a file: who took part in a chat and what they sent. */
final class PeopleMethods {

    private static final int PAGE = 50;

    private PeopleMethods() {}

    static List<RestMethod> all() {
        return List.of(
                new RestMethod("user.get", "user,user_brief,user_basic", Provenance.DOCS, PeopleMethods::users),
                new RestMethod("disk.file.get", "disk", Provenance.DOCS, PeopleMethods::file),
                new RestMethod("download", "", Provenance.SOURCE, PeopleMethods::download));
    }

    /**
     * Bots and customers of open lines are left out, as on the platform. Filters other than that by id are not
     * implemented.
     */
    private static RestResult users(RestContext original) {
        RestContext call = original.upperCase();
        List<Long> wanted = new ArrayList<>();
        JsonValue filter = call.parameters().getOrDefault("FILTER", JsonValue.EMPTY_JSON_OBJECT);
        if (filter instanceof JsonObject given) {
            given.forEach((name, value) -> {
                if (!name.equalsIgnoreCase("ID") && !name.equalsIgnoreCase("@ID")) {
                    throw RestMethods.lacks("user.get with a filter that is not by ID");
                }
                wanted.addAll(ids(value));
            });
        }
        if (call.has("ID")) {
            wanted.addAll(ids(call.parameters().getOrDefault("ID", JsonValue.NULL)));
        }
        List<PortalUser> found = call.portal().openLines().users().stream()
                .filter(PortalUser::staff)
                .filter(user -> wanted.isEmpty() || wanted.contains(user.id()))
                .toList();
        int from = (int) Math.min(Math.max(0, call.integer("START")), found.size());
        int to = Math.min(found.size(), from + PAGE);
        JsonArrayBuilder page = PhpJson.PROVIDER.createArrayBuilder();
        found.subList(from, to)
                .forEach(user -> page.add(EventBodies.object()
                        .add("ID", Long.toString(user.id()))
                        .add("ACTIVE", true)
                        .add("NAME", user.firstName())
                        .add("LAST_NAME", user.lastName())
                        .add("IS_ONLINE", "Y")
                        .add("WORK_POSITION", "")
                        .add(
                                "UF_DEPARTMENT",
                                PhpJson.PROVIDER.createArrayBuilder().add(1))
                        .add("USER_TYPE", "employee")));
        return new RestResult(page.build(), to < found.size() ? to : null, found.size());
    }

    private static List<Long> ids(JsonValue value) {
        Iterable<JsonValue> all = value instanceof JsonArray array
                ? array
                : value instanceof JsonObject object ? object.values() : List.of(value);
        List<Long> ids = new ArrayList<>();
        all.forEach(one -> ids.add(RestContext.intval(RestRequest.scalar(one).orElse(""))));
        return ids;
    }

    private static RestResult file(RestContext original) {
        RestContext call = original.upperCase();
        String id = call.text("ID");
        if (id.isEmpty()) {
            throw new RestError(400, "ERROR_ARGUMENT", "Invalid value of parameter {Parameter #0}");
        }
        PortalFile file = call.portal()
                .openLines()
                .file(one -> Long.toString(one.id()).equals(id))
                .orElseThrow(() -> new RestError(400, "ERROR_NOT_FOUND", "Could not find entity with id `" + id + "`"));
        String rest = call.portal().restUri().toString();
        String token = URLEncoder.encode("disk|" + file.token().reveal(), StandardCharsets.UTF_8);
        String address = call.webhook()
                ? rest + call.user().id() + "/" + call.portal().webhookCode().reveal() + "/download/?token=" + token
                : rest + "download.json?auth=" + call.credential() + "&token=" + token;
        return RestResult.of(EventBodies.object()
                .add("ID", id)
                .add("NAME", file.name())
                .addNull("CODE")
                .add("STORAGE_ID", "1")
                .add("TYPE", "file")
                .add("PARENT_ID", "1")
                .add("DELETED_TYPE", "0")
                .add("SIZE", Integer.toString(file.content().length))
                .add("CREATE_TIME", call.portal().clock().local(file.at()))
                .add("CREATED_BY", Long.toString(file.authorId()))
                .add("DOWNLOAD_URL", address)
                .build());
    }

    private static RestResult download(RestContext call) {
        String token = call.text("token");
        Optional<PortalFile> file = call.portal()
                .openLines()
                .file(one -> token.equals("disk|" + one.token().reveal()));
        PortalFile found =
                file.orElseThrow(() -> new RestError(403, "ACCESS_DENIED", "Access denied! Token is invalid"));
        return RestResult.whole(found.download());
    }
}
