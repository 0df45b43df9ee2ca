// SPDX-License-Identifier: Apache-2.0
package dev.openlines.receiver;

import dev.openlines.parser.BodyFormat;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * A guess at the kind of a body without an event, which helps to find out who sends it and why. The guess comes from
 * the bytes alone.
 */
public enum NotAnEvent {
    /** Nothing at all. */
    EMPTY("empty-body", "; a proxy or a filter may have read the body"),
    /** Begins with a byte order mark. */
    BYTE_ORDER_MARK("byte-order-mark", "; the body begins with a byte order mark, which the platform does not send"),
    /** Begins with white space. */
    LEADING_SPACE("leading-space", "; the body begins with white space, which becomes part of the first name"),
    /** HTML or XML. */
    MARKUP("markup", "; the body is HTML or XML"),
    /** A whole HTTP message as the body. */
    RAW_HTTP("raw-http", "; the body is a whole HTTP message: send only what comes after its empty line"),
    /** The post of a portal to the page of an application when an administrator installs it there. */
    INSTALLER_PAGE(
            "installer-page",
            "; this is the post of a portal to an application's page: set the address of OPENLINES_INSTALLER_PATH there"),
    /** The post of a portal's automation to a robot, activity or rule of the application. */
    ROBOT("robot", "; this is the post of an automation's robot or activity: give it an address of its own"),
    /** JSON whose names have brackets. */
    FLAT_JSON("flat-json", "; names such as auth[member_id] belong into a form; JSON has objects in objects"),
    /** JSON sent as a form. */
    JSON_AS_FORM("json-as-form", "; the body is JSON, but its content type is that of a form"),
    /** A form sent as JSON. */
    FORM_AS_JSON("form-as-json", "; the body is a form, but its content type is JSON"),
    /** Anything else. */
    MALFORMED("malformed", "");

    private static final int BEGINNING = 64;
    private static final Pattern ROBOT_NAMES =
            Pattern.compile("(?:^|&)(?:workflow_id|event_token|document_id(?:\\[|%5B))");
    private static final Pattern EVENT_NAME = Pattern.compile("(?:^|&)event=");

    private final String reason;
    private final String hint;

    NotAnEvent(String reason, String hint) {
        this.reason = reason;
        this.hint = hint;
    }

    /**
     * Returns a stable word for logs and metric labels.
     *
     * @return a word of a closed set, in lower case
     */
    public String reason() {
        return reason;
    }

    String hint() {
        return hint;
    }

    /** Returns the reply to a body that is no event. */
    static Reply reply(byte[] body, BodyFormat format, String message) {
        if (starts(body, 0x1f, 0x8b)
                || starts(body, 0x78, 0x9c)
                || starts(body, 0x78, 0xda)
                || starts(body, 0x28, 0xb5, 0x2f, 0xfd)) {
            return new Reply.Compressed();
        }
        return new Reply.Malformed(kind(body, format), message);
    }

    private static NotAnEvent kind(byte[] body, BodyFormat format) {
        if (body.length == 0) {
            return EMPTY;
        }
        if (starts(body, 0xef, 0xbb, 0xbf) || starts(body, 0xfe, 0xff) || starts(body, 0xff, 0xfe)) {
            return BYTE_ORDER_MARK;
        }
        String raw = new String(body, 0, Math.min(body.length, BEGINNING), StandardCharsets.ISO_8859_1);
        String begin = raw.stripLeading();
        if (begin.startsWith("<")) {
            return MARKUP;
        }
        if (begin.startsWith("POST /") || begin.startsWith("GET /") || begin.startsWith("HTTP/1.")) {
            return RAW_HTTP;
        }
        boolean form = format == BodyFormat.FORM;
        if (form && (begin.startsWith("{") || begin.startsWith("["))) {
            return JSON_AS_FORM;
        }
        String text = new String(body, StandardCharsets.ISO_8859_1);
        if (form && text.contains("AUTH_ID=") && text.contains("REFRESH_ID=")) {
            return INSTALLER_PAGE;
        }
        if (form
                && ROBOT_NAMES.matcher(text).find()
                && !EVENT_NAME.matcher(text).find()) {
            return ROBOT;
        }
        if (form) {
            return begin.length() < raw.length() && text.contains("event=") ? LEADING_SPACE : MALFORMED;
        }
        if (text.contains("\"auth[") || text.contains("\"data[")) {
            return FLAT_JSON;
        }
        return !begin.startsWith("{") && text.contains("event=") ? FORM_AS_JSON : MALFORMED;
    }

    private static boolean starts(byte[] body, int... first) {
        if (body.length < first.length) {
            return false;
        }
        for (int i = 0; i < first.length; i++) {
            if ((body[i] & 0xff) != first[i]) {
                return false;
            }
        }
        return true;
    }
}
