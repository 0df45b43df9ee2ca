// SPDX-License-Identifier: Apache-2.0
package dev.openlines.portal;

/**
 * A REST method of the portal.
 *
 * @param name in lower case
 * @param scope the scope it needs, empty for the methods everyone may call
 * @param provenance where its behaviour is known from
 * @param call answers or throws {@link RestError}
 */
record RestMethod(String name, String scope, Provenance provenance, Call call) {

    /** The method's own work: parameters in, {@code result} out. */
    interface Call {
        RestResult answer(RestContext context);
    }
}
