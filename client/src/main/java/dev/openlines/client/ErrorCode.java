// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.util.Locale;
import java.util.Set;

/**
 * The reason why the platform refused a call; wire field {@code error}.
 *
 * <p>Look at the code, not at the HTTP status: the platform's documentation and its source disagree about the status of
 * one code, and an error may come with status 200. The platform mixes upper and lower case, so two codes are equal
 * whatever their case.
 *
 * <p>An open set: a code without a constant here keeps its text and is not {@link #known()}.
 *
 * @param code the platform's code, in upper case
 * @see <a href="https://apidocs.bitrix24.com/_includes/system-errors.html">System errors</a>
 */
public record ErrorCode(String code) {

    /** {@code NO_AUTH_FOUND}: no access token, or one that the portal does not know. */
    public static final ErrorCode NO_AUTH_FOUND = new ErrorCode("NO_AUTH_FOUND");

    /** {@code expired_token}: the access token was good and has expired. */
    public static final ErrorCode EXPIRED_TOKEN = new ErrorCode("EXPIRED_TOKEN");

    /** {@code invalid_token}: the OAuth host refused the access token. */
    public static final ErrorCode INVALID_TOKEN = new ErrorCode("INVALID_TOKEN");

    /** {@code insufficient_scope}: the application was not granted the method's scope. */
    public static final ErrorCode INSUFFICIENT_SCOPE = new ErrorCode("INSUFFICIENT_SCOPE");

    /** {@code invalid_grant}: the OAuth host refused a code or a refresh token. */
    public static final ErrorCode INVALID_GRANT = new ErrorCode("INVALID_GRANT");

    /** {@code ACCESS_DENIED}: missing rights or a missing plan, sometimes "not found". */
    public static final ErrorCode ACCESS_DENIED = new ErrorCode("ACCESS_DENIED");

    /** {@code INVALID_CREDENTIALS}: the portal does not know the incoming webhook. */
    public static final ErrorCode INVALID_CREDENTIALS = new ErrorCode("INVALID_CREDENTIALS");

    /** {@code WRONG_LICENSE}: the plan does not let applications reserve offline events. */
    public static final ErrorCode WRONG_LICENSE = new ErrorCode("WRONG_LICENSE");

    /** {@code WRONG_AUTH_TYPE}: the method wants an application's token. */
    public static final ErrorCode WRONG_AUTH_TYPE = new ErrorCode("WRONG_AUTH_TYPE");

    /** {@code QUERY_LIMIT_EXCEEDED}: too many calls; this one did not run. */
    public static final ErrorCode QUERY_LIMIT_EXCEEDED = new ErrorCode("QUERY_LIMIT_EXCEEDED");

    /** {@code OPERATION_TIME_LIMIT}: the method used up its time of ten minutes; it did not run. */
    public static final ErrorCode OPERATION_TIME_LIMIT = new ErrorCode("OPERATION_TIME_LIMIT");

    /** {@code OVERLOAD_LIMIT}: the portal's REST API is blocked; this call did not run. */
    public static final ErrorCode OVERLOAD_LIMIT = new ErrorCode("OVERLOAD_LIMIT");

    /** {@code CONNECTION_ERROR}: the portal could not reach the OAuth host; the call did not run. */
    public static final ErrorCode CONNECTION_ERROR = new ErrorCode("CONNECTION_ERROR");

    /** {@code INTERNAL_SERVER_ERROR}: the portal broke, perhaps in the middle of the call. */
    public static final ErrorCode INTERNAL_SERVER_ERROR = new ErrorCode("INTERNAL_SERVER_ERROR");

    /** {@code ERROR_METHOD_NOT_FOUND}: no such method on this portal. */
    public static final ErrorCode ERROR_METHOD_NOT_FOUND = new ErrorCode("ERROR_METHOD_NOT_FOUND");

    /** {@code ERROR_ARGUMENT}: a parameter is missing or malformed. */
    public static final ErrorCode ERROR_ARGUMENT = new ErrorCode("ERROR_ARGUMENT");

    /** {@code ERROR_EVENT_NOT_FOUND}: no such event, or not in the token's scope. */
    public static final ErrorCode ERROR_EVENT_NOT_FOUND = new ErrorCode("ERROR_EVENT_NOT_FOUND");

    /** {@code ERROR_WRONG_HANDLER_URL}: the portal cannot reach such an address. */
    public static final ErrorCode ERROR_WRONG_HANDLER_URL = new ErrorCode("ERROR_WRONG_HANDLER_URL");

    /** {@code ERROR_UNSUPPORTED_PROTOCOL}: a handler address is neither http nor https. */
    public static final ErrorCode ERROR_UNSUPPORTED_PROTOCOL = new ErrorCode("ERROR_UNSUPPORTED_PROTOCOL");

    /** {@code ERROR_CORE}: anything else; the description tells. */
    public static final ErrorCode ERROR_CORE = new ErrorCode("ERROR_CORE");

    /** {@code PORTAL_DELETED}: the portal is gone. */
    public static final ErrorCode PORTAL_DELETED = new ErrorCode("PORTAL_DELETED");

    /** {@code TARIFF_RESTRICTION}: the portal's plan has no reports on open lines. */
    public static final ErrorCode TARIFF_RESTRICTION = new ErrorCode("TARIFF_RESTRICTION");

    /** {@code INVALID_FILTER}: a filter of a report is wrong, alone or beside another. */
    public static final ErrorCode INVALID_FILTER = new ErrorCode("INVALID_FILTER");

    /** {@code PERIOD_REQUIRED}: this report needs a period. */
    public static final ErrorCode PERIOD_REQUIRED = new ErrorCode("PERIOD_REQUIRED");

    /** {@code PERIOD_TOO_LARGE}: the period of a report is longer than 366 days. */
    public static final ErrorCode PERIOD_TOO_LARGE = new ErrorCode("PERIOD_TOO_LARGE");

    /** {@code OFFSET_TOO_LARGE}: a report was to begin after its 10,000th entry. */
    public static final ErrorCode OFFSET_TOO_LARGE = new ErrorCode("OFFSET_TOO_LARGE");

    /** {@code BATCH_LIMIT_EXCEEDED}: a report was asked for too many sessions at once. */
    public static final ErrorCode BATCH_LIMIT_EXCEEDED = new ErrorCode("BATCH_LIMIT_EXCEEDED");

    private static final Set<ErrorCode> KNOWN = Set.of(
            NO_AUTH_FOUND,
            EXPIRED_TOKEN,
            INVALID_TOKEN,
            INSUFFICIENT_SCOPE,
            INVALID_GRANT,
            ACCESS_DENIED,
            INVALID_CREDENTIALS,
            WRONG_LICENSE,
            WRONG_AUTH_TYPE,
            QUERY_LIMIT_EXCEEDED,
            OPERATION_TIME_LIMIT,
            OVERLOAD_LIMIT,
            CONNECTION_ERROR,
            INTERNAL_SERVER_ERROR,
            ERROR_METHOD_NOT_FOUND,
            ERROR_ARGUMENT,
            ERROR_EVENT_NOT_FOUND,
            ERROR_WRONG_HANDLER_URL,
            ERROR_UNSUPPORTED_PROTOCOL,
            ERROR_CORE,
            PORTAL_DELETED,
            TARIFF_RESTRICTION,
            INVALID_FILTER,
            PERIOD_REQUIRED,
            PERIOD_TOO_LARGE,
            OFFSET_TOO_LARGE,
            BATCH_LIMIT_EXCEEDED);

    public ErrorCode {
        code = code.toUpperCase(Locale.ROOT);
    }

    /**
     * Tells whether this is one of the constants.
     *
     * @return false for a code that has no constant in this version
     */
    public boolean known() {
        return KNOWN.contains(this);
    }

    @Override
    public String toString() {
        return code;
    }
}
