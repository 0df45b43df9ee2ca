// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

/**
 * Thrown if the platform reported success in a shape that this version cannot read. The message says what was expected,
 * which kind of value was found, and where. It never contains the value.
 */
public final class UnexpectedReplyException extends ClientException {

    private static final long serialVersionUID = 1L;

    private final String path;

    UnexpectedReplyException(String method, String expected, String found, String path) {
        super(method, "expected " + expected + " but found " + found + " at " + path, null);
        this.path = path;
    }

    /**
     * Returns the place in the reply.
     *
     * @return such as {@code $.result[0].event}
     */
    public String path() {
        return path;
    }
}
