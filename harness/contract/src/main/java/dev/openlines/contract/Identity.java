// SPDX-License-Identifier: Apache-2.0
package dev.openlines.contract;

import dev.openlines.model.Secret;

/**
 * The portal that the handler trusts, as events name it.
 *
 * @param memberId wire field {@code auth[member_id]}
 * @param proof wire field {@code auth[application_token]}
 * @param domain wire field {@code auth[domain]}
 * @param clientEndpoint the portal's REST address
 * @param serverEndpoint the OAuth host's address
 */
record Identity(String memberId, Secret proof, String domain, String clientEndpoint, String serverEndpoint) {}
