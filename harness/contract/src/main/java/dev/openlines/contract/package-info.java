// SPDX-License-Identifier: Apache-2.0
/**
 * The contract suite: judges a handler of Bitrix24 session-finish events over HTTP, whatever it is
 * written in. Start at {@link dev.openlines.contract.ContractSuite}; in a JUnit test at {@link
 * dev.openlines.contract.ContractTests}; at the command line with {@code openlines verify}.
 *
 * <p>The records of this package are views: their constructors are not API.
 *
 * <pre>{@code
 * return ContractTests.of(ContractSuite.of(app.url(), MEMBER_ID, APPLICATION_TOKEN)
 *         .evidence(() -> app.store().effects())
 *         .exclude("OSF-C-421"));
 * }</pre>
 */
@NullMarked
package dev.openlines.contract;

import org.jspecify.annotations.NullMarked;
