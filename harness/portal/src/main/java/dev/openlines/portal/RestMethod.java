// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

/**
 * A REST method of the portal.
 *
 * @param name in lower case
 * @param scope the scope that it needs, empty for methods that everyone may call
 * @param provenance the source of its behavior
 * @param call answers or throws {@link RestError}
 */
record RestMethod(String name, String scope, Provenance provenance, Call call) {

    /** The work of the method: it turns parameters into a {@code result}. */
    interface Call {
        RestResult answer(RestContext context);
    }
}
