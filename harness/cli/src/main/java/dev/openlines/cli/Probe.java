// SPDX-License-Identifier: Apache-2.0
package dev.openlines.cli;

import jakarta.json.JsonObject;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * One question that is put to both portals.
 *
 * @param area its subject
 * @param method the REST method, as the documentation spells it
 * @param name the question in words
 * @param needs the conditions for asking it
 * @param call the call, made for one of the portals
 * @param fact a fact about an answer, in our own words, that must be equal for both portals
 */
record Probe(Area area, String method, String name, Set<Need> needs, Function<Side, Call> call, Fact fact) {

    /** The subject of a question. */
    enum Area {
        SHAPE("shape"),
        ERRORS("errors"),
        ORDER("order of checks"),
        PAGING("paging"),
        BATCH("batch"),
        THROTTLING("throttling"),
        SUBSCRIPTIONS("subscriptions"),
        QUEUE("offline queue");

        private final String label;

        Area(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    /** A condition for a question. */
    enum Need {
        TOKEN("an access token"),
        WEBHOOK("an incoming webhook"),
        ADMINISTRATOR("an administrator's right"),
        OPEN_LINES("the scope imopenlines"),
        CRM("the scope crm"),
        FILES("the scope disk"),
        NO_OPEN_LINES("an application without the scope imopenlines"),
        LINE("an open line"),
        CHAT("a chat of an open line: --chat names one"),
        SESSION("a session of an open line"),
        REPORTS("a plan with reports on open lines, and the right to see them"),
        NO_REPORTS("a portal without reports on open lines"),
        CHANGES("--reversible"),
        BURST("--throttle");

        private final String label;

        Need(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    /** The credentials that a call is made with. */
    enum Right {
        GOOD,
        NONE,
        WRONG,
        /** A wrong token in the header, and the correct one in the body. */
        WRONG_HEADER
    }

    /** The form of the parameters. */
    enum Form {
        JSON,
        FORM,
        /** In the address, with the token in a header, because addresses are logged. */
        QUERY,
        /** A body that is not JSON although its type says so, with the token in a header. */
        BROKEN_JSON
    }

    /**
     * One call.
     *
     * @param path the method's name and anything else after the REST address
     * @param right the credentials
     * @param form the form of the parameters
     * @param parameters the parameters
     */
    record Call(String path, Right right, Form form, JsonObject parameters) {}

    /**     * Facts about the portal that a call is made for.
     *
     * @param line an open line's id, or 0
     * @param chat a chat's id, or 0
     * @param session a session's id, or 0
     * @param handler the address of a handler that does not exist
     * @param queue the key of the command's own queue
     * @param times the period that reports are asked for, by the names {@code from}, {@code to}, {@code early}
     */
    record Side(long line, long chat, long session, String handler, String queue, Map<String, String> times) {}

    /** States a fact about an answer in our own words. */
    interface Fact {
        String of(PortalAnswer answer, KnownNames names);
    }
}
