// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The REST methods: those of the simulator, those that a user declared, and those that only the platform has. */
final class RestMethods {

    /** The error code of a method that the simulator does not have. No real portal answers with it. */
    static final String LACKS = "SIMULATOR_LACKS_IT";

    static final String NOT_FOUND = "ERROR_METHOD_NOT_FOUND";

    /** The prefix of methods that older versions do not have. */
    private static final String REPORTS = "imopenlines.v2.";

    /** First parts of the platform's method names. A method that begins in this way may exist there. */
    private static final Set<String> FAMILIES = Set.of(
            "access",
            "ai",
            "app",
            "biconnector",
            "bizproc",
            "booking",
            "calendar",
            "call",
            "catalog",
            "crm",
            "department",
            "disk",
            "documentgenerator",
            "entity",
            "event",
            "events",
            "feature",
            "humanresources",
            "im",
            "imbot",
            "imconnector",
            "imopenlines",
            "landing",
            "lists",
            "livefeed",
            "log",
            "mailservice",
            "main",
            "messageservice",
            "method",
            "methods",
            "mobile",
            "note",
            "option",
            "pay_system",
            "paysystem",
            "placement",
            "pull",
            "rpa",
            "sale",
            "salescenter",
            "scope",
            "server",
            "sign",
            "socialnetwork",
            "sonet",
            "sonet_group",
            "task",
            "tasks",
            "telephony",
            "timeman",
            "user",
            "userconsent",
            "userfieldconfig",
            "userfieldtype",
            "vote",
            "voximplant",
            "download",
            "upload");

    private static final Map<String, RestMethod> BUILT = built();

    private RestMethods() {}

    private static Map<String, RestMethod> built() {
        Map<String, RestMethod> methods = new TreeMap<>();
        List.of(
                        ConnectorMethods.all(),
                        CrmMethods.all(),
                        EventMethods.all(),
                        OfflineMethods.all(),
                        OpenLinesMethods.all(),
                        PeopleMethods.all(),
                        SessionMethods.all(),
                        ReportMethods.all(),
                        SystemMethods.all(),
                        BatchMethod.all())
                .forEach(list -> list.forEach(method -> methods.put(method.name(), method)));
        return methods;
    }

    static Collection<RestMethod> all() {
        return BUILT.values();
    }

    /** Returns the method to answer a call with. Throws if there is none. */
    static RestMethod find(Portal portal, String name, boolean authHost) {
        if (authHost) {
            if (name.equals("app.info")) {
                return SystemMethods.AUTH_HOST_APP_INFO;
            }
            throw lacks("the method " + printable(name) + " of the OAuth host");
        }
        @Nullable RestMethod declared = portal.declared(name);
        if (declared != null) {
            return declared;
        }
        RestMethod built = BUILT.get(name);
        if (built != null && exists(portal, name)) {
            return built;
        }
        if (built == null && FAMILIES.contains(name.split("\\.", 2)[0])) {
            throw lacks("the method " + printable(name));
        }
        throw new RestError(404, NOT_FOUND, "Method not found!");
    }

    static boolean exists(Portal portal, String name) {
        boolean built = BUILT.containsKey(name) && (portal.reports().known() || !name.startsWith(REPORTS));
        return built || portal.declared(name) != null;
    }

    /** Returns whether the simulator has such a method, on some version of the portal. */
    static boolean built(String name) {
        return BUILT.containsKey(name);
    }

    static RestError lacks(String what) {
        return new RestError(501, LACKS, "this simulator does not have " + what);
    }

    private static String printable(String method) {
        String clean = method.replaceAll("[^a-z0-9._/-]", "?");
        return clean.length() > 80 ? clean.substring(0, 80) + "…" : clean;
    }
}
