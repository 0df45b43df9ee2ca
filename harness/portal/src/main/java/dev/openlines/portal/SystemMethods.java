// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import dev.openlines.portal.wire.EventBodies;
import dev.openlines.portal.wire.PhpJson;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.TreeSet;

/** Methods about the application, the caller and the API itself. */
final class SystemMethods {

    private static final String LANGUAGE = "en";
    private static final String LICENSE = "en_ent250";
    /** The documented methods, and those that the Python SDK's own test expects of a portal. */
    private static final List<String> ALL_SCOPES = List.of(
            "ai_admin",
            "appform",
            "baas",
            "basic",
            "biconnector",
            "bizproc",
            "booking",
            "calendar",
            "calendarmobile",
            "call",
            "cashbox",
            "catalog",
            "catalogmobile",
            "configuration.import",
            "contact_center",
            "crm",
            "delivery",
            "department",
            "disk",
            "documentgenerator",
            "entity",
            "forum",
            "humanresources",
            "humanresources.hcmlink",
            "iblock",
            "im",
            "im.import",
            "imbot",
            "imconnector",
            "imopenlines",
            "intranet",
            "landing",
            "landing_cloud",
            "lists",
            "log",
            "mailservice",
            "main",
            "messageservice",
            "mobile",
            "notifications",
            "pay_system",
            "placement",
            "pull",
            "pull_channel",
            "rating",
            "rest",
            "rpa",
            "sale",
            "salescenter",
            "sign.b2e",
            "smile",
            "socialnetwork",
            "sonet_group",
            "task",
            "tasks",
            "tasks_extended",
            "tasksmobile",
            "telephony",
            "timeman",
            "user",
            "user.userfield",
            "user_basic",
            "user_brief",
            "userconsent",
            "userfieldconfig",
            "vote");

    /** On the OAuth host the same method says which portal a token belongs to. */
    static final RestMethod AUTH_HOST_APP_INFO =
            new RestMethod("app.info", "", Provenance.DOCS, SystemMethods::authHostAppInfo);

    private SystemMethods() {}

    static List<RestMethod> all() {
        return List.of(
                new RestMethod("app.info", "", Provenance.SOURCE, SystemMethods::appInfo),
                new RestMethod("profile", "", Provenance.SOURCE, SystemMethods::profile),
                new RestMethod("scope", "", Provenance.SOURCE, SystemMethods::scope),
                new RestMethod("methods", "", Provenance.SOURCE, SystemMethods::methods),
                new RestMethod("method.get", "", Provenance.SOURCE, SystemMethods::methodGet),
                new RestMethod("server.time", "", Provenance.SOURCE, SystemMethods::serverTime),
                new RestMethod("feature.get", "", Provenance.SOURCE, SystemMethods::feature),
                new RestMethod("events", "", Provenance.SOURCE, SystemMethods::events),
                new RestMethod("event.test", "", Provenance.SOURCE, SystemMethods::eventTest));
    }

    private static RestResult appInfo(RestContext call) {
        if (call.webhook()) {
            return RestResult.of(EventBodies.object()
                    .add("SCOPE", texts(call.portal().application().scope()))
                    .add("LICENSE", LICENSE)
                    .build());
        }
        return RestResult.of(application(call.portal()).build());
    }

    /**
     * Answers in a form for the vendor's own SDKs: b24phpsdk compares {@code uri}, and b24pysdk reads all other
     * members.
     */
    private static RestResult authHostAppInfo(RestContext call) {
        Portal portal = call.portal();
        String rest = call.request().portalAsSeen(portal).toString();
        String scope = String.join(",", portal.application().scope());
        Instant expires;
        synchronized (portal) {
            expires = portal.tokens()
                    .access(call.credential())
                    .map(TokenStore.Grant::expires)
                    .orElseThrow();
        }
        return RestResult.of(EventBodies.object()
                .add("client_id", portal.clientId())
                .add("scope", scope)
                .add("expires", RestApi.isoDate(expires))
                .add(
                        "install",
                        EventBodies.object()
                                .add("installed", portal.application().installed())
                                .add(
                                        "version",
                                        Integer.toString(portal.application().version()))
                                .add("status", "L")
                                .add("scope", scope)
                                .add("domain", URI.create(rest).getHost())
                                .add("uri", rest.substring(0, rest.length() - "/rest/".length()))
                                .add("client_endpoint", rest)
                                .add("member_id", portal.memberId())
                                .add("member_type", "bitrix24"))
                .add("user_id", call.user().id())
                .build());
    }

    private static JsonObjectBuilder application(Portal portal) {
        synchronized (portal) {
            Application application = portal.application();
            return EventBodies.object()
                    .add("ID", Integer.toString(Application.ID))
                    .add("CODE", application.clientId())
                    .add("VERSION", application.version())
                    .add("STATUS", "L")
                    .add("INSTALLED", application.installed())
                    .add("PAYMENT_EXPIRED", application.paid() ? "N" : "Y")
                    .add("DAYS", JsonValue.NULL)
                    .add("LANGUAGE_ID", LANGUAGE)
                    .add("LICENSE", LICENSE)
                    .add("LICENSE_TYPE", "ent250")
                    .add("LICENSE_FAMILY", "ent");
        }
    }

    private static RestResult profile(RestContext call) {
        PortalUser user = call.user();
        return RestResult.of(EventBodies.object()
                .add("ID", Long.toString(user.id()))
                .add("ADMIN", user.admin())
                .add("NAME", user.firstName())
                .add("LAST_NAME", user.lastName())
                .add("PERSONAL_GENDER", "")
                .add("TIME_ZONE", "")
                .build());
    }

    private static RestResult scope(RestContext original) {
        RestContext call = original.upperCase();
        return RestResult.of(texts(
                call.truthy("FULL") ? ALL_SCOPES : call.portal().application().scope()));
    }

    private static RestResult methods(RestContext original) {
        RestContext call = original.upperCase();
        String scope = call.text("SCOPE");
        TreeSet<String> names = new TreeSet<>();
        for (RestMethod method : RestMethods.all()) {
            boolean wanted = call.has("SCOPE")
                    ? method.scope().equals(scope)
                    : call.truthy("FULL") || call.portal().application().permits(method.scope());
            if (wanted) {
                names.add(method.name());
            }
        }
        return RestResult.of(texts(names));
    }

    private static RestResult methodGet(RestContext call) {
        String name = call.text("name");
        boolean existing = RestMethods.exists(call.portal(), name);
        boolean available = existing
                && RestMethods.all().stream()
                        .filter(method -> method.name().equals(name))
                        .allMatch(method -> call.portal().application().permits(method.scope()));
        return RestResult.of(EventBodies.object()
                .add("isExisting", existing)
                .add("isAvailable", available)
                .build());
    }

    private static RestResult serverTime(RestContext call) {
        return RestResult.of(RestApi.isoDate(call.portal().clock().instant()));
    }

    private static RestResult feature(RestContext original) {
        String code = original.upperCase().text("CODE");
        if (code.isEmpty()) {
            throw new RestError(400, "CODE_EMPTY", "CODE can't be empty");
        }
        boolean known = (code.equals("rest_offline_extended")
                        && original.portal().application().extendedOffline())
                || code.equals("rest_auth_connector");
        return RestResult.of(
                EventBodies.object().add("value", known ? "Y" : "N").build());
    }

    private static RestResult events(RestContext original) {
        if (original.webhook()) {
            throw RestError.wrongAuthType();
        }
        RestContext call = original.upperCase();
        String scope = call.text("SCOPE");
        TreeSet<String> names = new TreeSet<>();
        EventMethods.EVENTS.forEach((event, needed) -> {
            boolean wanted = call.has("SCOPE")
                    ? needed.equals(scope)
                    : call.truthy("FULL") || call.portal().application().permits(needed);
            if (wanted) {
                names.add(event);
            }
        });
        return RestResult.of(texts(names));
    }

    private static RestResult eventTest(RestContext call) {
        if (call.webhook()) {
            throw RestError.wrongAuthType();
        }
        JsonObjectBuilder query = EventBodies.object();
        call.parameters().forEach(query::add);
        JsonObject data = EventBodies.object()
                .add("QUERY", query)
                .add("LANGUAGE_ID", LANGUAGE)
                .build();
        call.portal()
                .outbox()
                .raiseLater(
                        "ONAPPTEST",
                        shape -> data,
                        Cause.lifecycle(call.user().id()).through(call.connector()));
        return RestResult.of(1);
    }

    /** Returns {@code data} of the events about the application's own life. */
    static JsonObject lifecycle(String... namesAndValues) {
        JsonObjectBuilder data = EventBodies.object();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            data.add(namesAndValues[i], namesAndValues[i + 1]);
        }
        return data.add("LANGUAGE_ID", LANGUAGE).build();
    }

    private static JsonValue texts(Iterable<String> texts) {
        JsonArrayBuilder array = PhpJson.PROVIDER.createArrayBuilder();
        texts.forEach(array::add);
        return array.build();
    }
}
