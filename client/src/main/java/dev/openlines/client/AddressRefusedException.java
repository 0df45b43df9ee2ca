// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

/**
 * The client would not send a token to an address: not https, not a public host, not on the list of
 * allowed hosts, or a redirect to such a one. Nothing was sent.
 */
public final class AddressRefusedException extends ClientException {

    private static final long serialVersionUID = 1L;

    AddressRefusedException(String method, String objection) {
        super(method, "address refused: " + objection, null);
    }
}
