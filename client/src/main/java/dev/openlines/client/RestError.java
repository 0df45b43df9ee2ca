// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.model.Printed;
import dev.openlines.model.Secret;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The contents of an error answer, ready to be shown: short, on one line, without tokens.
 *
 * @param found type and length of a body that is no JSON, or null
 */
record RestError(
        int status,
        @Nullable ErrorCode code,
        String description,
        @Nullable String argument,
        @Nullable String requestId,
        @Nullable String found) {

    private static final int SHOWN = 300;

    /** Codes of checks that come before the method, so the call did not run and may be sent again. */
    private static final Map<ErrorCode, Duration> NOT_RUN = Map.of(
            ErrorCode.QUERY_LIMIT_EXCEEDED, Duration.ofSeconds(1),
            ErrorCode.OPERATION_TIME_LIMIT, Duration.ofSeconds(60),
            ErrorCode.OVERLOAD_LIMIT, Duration.ofSeconds(60),
            ErrorCode.CONNECTION_ERROR, Duration.ofSeconds(2));

    private static final Duration AFTER_BREAKAGE = Duration.ofSeconds(2);

    RestError {
        description = shown(description);
        argument = argument == null ? null : shown(argument);
        requestId = requestId == null ? null : shown(requestId);
    }

    /** The form of the platform's tokens, also those of other portals. */
    private static final Pattern TOKEN = Pattern.compile("[0-9a-f]{64,}");

    /** Replaces secrets before the text is cut, so that no half of a secret remains. */
    static String withoutSecrets(String text, List<Secret> secrets) {
        String clean = text;
        for (Secret secret : secrets) {
            String token = secret.reveal();
            if (!token.isEmpty()) {
                clean = clean.replace(token, secret.toString());
            }
        }
        return TOKEN.matcher(clean).replaceAll("***");
    }

    String sentence() {
        StringBuilder text = new StringBuilder("HTTP ").append(status).append(' ');
        text.append(code == null ? "without an error code" : code.code());
        if (!description.isEmpty()) {
            text.append(": ").append(description);
        }
        if (argument != null) {
            text.append(" (argument ").append(argument).append(')');
        }
        if (found != null) {
            text.append(" (").append(found).append("; JSON expected)");
        }
        if (requestId != null) {
            text.append(" (request ").append(requestId).append(')');
        }
        return text.toString();
    }

    /** Returns the exception. Its type depends on the code, and on the status only if there is no known code. */
    RestException exception(String method, @Nullable Duration askedFor) {
        Duration notRun = code == null ? null : NOT_RUN.get(code);
        if (notRun != null) {
            return new RetriableRestException(method, this, askedFor == null ? notRun : askedFor, false);
        }
        boolean broken = ErrorCode.INTERNAL_SERVER_ERROR.equals(code) || (code == null && status >= 500);
        if (broken) {
            return new RetriableRestException(method, this, askedFor == null ? AFTER_BREAKAGE : askedFor, true);
        }
        if (code == null && status == 429) {
            return new RetriableRestException(method, this, askedFor == null ? AFTER_BREAKAGE : askedFor, false);
        }
        return new RestException(method, this);
    }

    static String shown(String text) {
        StringBuilder line = new StringBuilder(Math.min(text.length(), SHOWN));
        text.codePoints()
                .limit(SHOWN)
                .map(point -> Printed.steers(point) ? ' ' : point)
                .forEach(line::appendCodePoint);
        return line.toString().strip();
    }
}
