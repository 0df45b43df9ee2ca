// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The platform answered a call with an error. Trying again changes nothing, unless this is a {@link
 * RetriableRestException}.
 */
public class RestException extends ClientException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final @Nullable String code;
    private final String description;
    private final @Nullable String argument;
    private final @Nullable String requestId;

    RestException(String method, RestError error) {
        super(method, error.sentence(), null);
        this.status = error.status();
        this.code = error.code() == null ? null : error.code().code();
        this.description = error.description();
        this.argument = error.argument();
        this.requestId = error.requestId();
    }

    /**
     * Returns the HTTP status. The platform's documents and its source disagree about the status of an error: prefer
     * {@link #is}.
     *
     * @return 100 to 599; 200 is possible
     */
    public int status() {
        return status;
    }

    /**
     * Returns the platform's error code; wire field {@code error}.
     *
     * @return empty if the answer named none, such as a proxy's own page
     */
    public Optional<ErrorCode> code() {
        return Optional.ofNullable(code).map(ErrorCode::new);
    }

    /**
     * Tells whether the platform gave this code.
     *
     * @param expected one of the constants of {@link ErrorCode} or another code
     * @return false for another code and for none
     */
    public boolean is(ErrorCode expected) {
        return expected.code().equals(code);
    }

    /**
     * Returns at most 300 characters of the platform's explanation, without the call's tokens; wire field {@code
     * error_description}. It may be in the portal's language.
     *
     * @return empty text if not sent
     */
    public String description() {
        return description;
    }

    /**
     * Returns which parameter was wrong; wire field {@code argument}.
     *
     * @return empty if not sent
     */
    public Optional<String> argument() {
        return Optional.ofNullable(argument);
    }

    /**
     * Returns the answer's {@code X-Request-Id} header, which lets support find the call.
     *
     * @return empty if not sent
     */
    public Optional<String> requestId() {
        return Optional.ofNullable(requestId);
    }
}
