// SPDX-License-Identifier: Apache-2.0
/**
 * What a Bitrix24 Open Lines event is: immutable types without dependencies.
 *
 * <p>Bytes become these types, and these types bytes, in {@code dev.openlines.parser}.
 */
module dev.openlines.model {
    // Annotations only: nobody needs the jar.
    requires static org.jspecify;

    exports dev.openlines.model;
}
