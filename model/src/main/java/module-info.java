// SPDX-License-Identifier: Apache-2.0
/**
 * The events of Bitrix24 Open Lines, as immutable types without dependencies.
 *
 * <p>{@code dev.openlines.parser} reads them from bytes and writes them.
 */
module dev.openlines.model {
    // Annotations only: the jar is not needed at run time.
    requires static org.jspecify;

    exports dev.openlines.model;
}
