// SPDX-License-Identifier: Apache-2.0
package dev.openlines.client;

import dev.openlines.model.Secret;
import java.net.URI;

/** Where a call goes and what lets it in. */
record Ticket(URI endpoint, Secret token) {}
